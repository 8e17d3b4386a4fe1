"""What is installed to make mutants, and the folders that are used."""

import json
import os
import subprocess
from pathlib import Path

VERSION = "27.1.0"
HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SOURCES = "lockpolicy/src/"
TOOLS = Path(os.environ.get("TEST_TOOLS", ROOT / ".tools"))
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
OUTPUT = TARGET / "mutants"
# The same inputs for every mutant, and fewer of them than a run of all tests takes.
FEW = {"PROPTEST_RNG_SEED": "1", "PROPTEST_CASES": "64"}
# The first test that fails is enough. The test runner has a switch for that, which is not stable yet.
FAIL_FAST = ["-Zunstable-options", "--fail-fast"]


def tree_sitter():
    """Returns the folder of what reads Rust, which is installed where it is missing."""
    program = ROOT / "tests/tools/tree-sitter"
    return subprocess.run([program], check=True, capture_output=True, text=True).stdout.strip()


def cargo_mutants():
    """Returns the program, which is installed where it is missing."""
    root = TOOLS / f"cargo-mutants-{VERSION}"
    program = root / "bin/cargo-mutants"
    if not program.exists():
        # It is built without optimization, since it only starts the compiler.
        command = ["cargo", "install", "cargo-mutants", "--version", VERSION, "--locked", "--profile", "dev"]
        environment = os.environ | {"CARGO_TARGET_DIR": str(TOOLS / "build")}
        subprocess.run([*command, "--root", root, "--quiet"], env=environment, check=True)
    return str(program)


def mutants(place, *arguments):
    """Returns what cargo-mutants lists in a copy of the workspace for these arguments, one object each."""
    command = [cargo_mutants(), "mutants", "--package", "lockpolicy", "--list", "--json", *arguments]
    return json.loads(subprocess.run(command, cwd=place, capture_output=True, check=True).stdout)
