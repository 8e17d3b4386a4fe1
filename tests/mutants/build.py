"""Builds a copy of the workspace whose `lockpolicy` holds the mutants that the compiler accepts."""

import json
import os
import re
import shutil
import subprocess
import sys

from tools import HERE, OUTPUT, ROOT, SOURCES, TARGET

# The workspace as it was when a run began, and the same with many mutants in it, with one, and with those of the sample.
PLAIN = OUTPUT / "plain"
COPY = OUTPUT / "copy"
ALONE = OUTPUT / "alone"
SAMPLE = OUTPUT / "sample"
# The mutants of a `const fn` are asked for at run time alone, which takes two features of the compiler's own.
HEAD = (b"#![feature(core_intrinsics, const_eval_select)]\n"
        b"#![allow(warnings, internal_features, arithmetic_overflow, unconditional_panic, unconditional_recursion)]\n")
# What the benchmarks alone need takes a quarter of the build.
BENCHES = r"criterion\.workspace = true\n|\[\[bench\]\]\n(?:[a-z].*\n)*"
WRAPPER = '#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec "$@"\n'


# The unit tests, and all tests of the crate.
LIB = ["--package", "lockpolicy", "--lib"]
ALL = ["--package", "lockpolicy", "--package", "policy_corpus", "--tests"]


def environment():
    """The same folder for what is built as everywhere, so that the dependencies are shared."""
    return os.environ | {"CARGO_TARGET_DIR": str(TARGET), "RUSTC_WORKSPACE_WRAPPER": str(OUTPUT / "rustc")}


def copy(place):
    """Copies every file of the repository."""
    shutil.rmtree(place, ignore_errors=True)
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place / name)


def prepare(place):
    """Adds to a copy what says which mutant is active. It needs `std`, and with it more mutants compile."""
    root = place / SOURCES / "lib.rs"
    text = root.read_bytes()
    if text.count(b"#![no_std]\n") != 1:
        sys.exit("mutants: lib.rs has no line `#![no_std]` that the copy could go without")
    root.write_bytes(text.replace(b"#![no_std]\n", HEAD) + b"mod mutant;\n")
    manifest = place / "lockpolicy/Cargo.toml"
    manifest.write_text(re.sub(BENCHES, "", manifest.read_text()))
    shutil.copy(HERE / "mutant.rs", place / SOURCES / "mutant.rs")
    (OUTPUT / "rustc").write_text(WRAPPER)
    (OUTPUT / "rustc").chmod(0o755)


def messages(place, command):
    """Runs cargo in a copy and returns its messages."""
    # Not `--locked`: without the benchmarks the copy needs fewer packages than the file that locks them names.
    command = ["cargo", *command, "--message-format", "json"]
    ran = subprocess.run(command, cwd=place, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return [json.loads(line) for line in ran.stdout.splitlines()], ran


def own(span):
    """Returns the file and the byte where a span begins, which for a macro is where the macro is used."""
    while span["expansion"]:
        span = span["expansion"]["span"]
    return span["file_name"], span["byte_start"]


def errors(place):
    """Returns the errors of the compiler in a copy: the code, the file, the bytes where each begins, and how it reads."""
    found, ran = messages(place, ["check", "--package", "lockpolicy", "--lib"])
    for message in (it["message"] for it in found if it["reason"] == "compiler-message"):
        if message["level"] == "error":
            code = (message["code"] or {"code": None})["code"]
            # Where the compiler points first, then where else it points.
            spans = sorted(message["spans"], key=lambda span: not span["is_primary"])
            yield code, [own(span) for span in spans], message["rendered"]
    if ran.returncode and not found:
        sys.exit(f"mutants: cargo failed:\n{ran.stderr.decode()}")


def built(place, *arguments):
    """Builds the tests of a copy. Returns each program with the folder that it runs in, or nothing and what the compiler
    said."""
    found, ran = messages(place, ["test", "--no-run", *arguments])
    if ran.returncode:
        told = [it["message"] for it in found if it["reason"] == "compiler-message"]
        return None, "".join(it["rendered"] for it in told if it["level"] == "error") + ran.stderr.decode()
    made = [it for it in found if it["reason"] == "compiler-artifact" and it["executable"] and it["profile"]["test"]]
    return [(it["executable"], os.path.dirname(it["manifest_path"])) for it in made], ""


def programs(place, *arguments):
    """Builds the tests of a copy, which have to compile."""
    made, told = built(place, *arguments)
    if made is None:
        sys.exit(f"mutants: the tests do not compile:\n{told}")
    return made
