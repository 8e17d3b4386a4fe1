"""Installs the newest packages of a client, each client in a folder of its own, so that none pins another's."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent.parent
TOOLS = Path(os.environ.get("TEST_TOOLS") or ROOT / ".tools").resolve() / "clients"
JARS = Path("/usr/share/java")


def said(command, tries=3):
    """Returns what a command prints that asks a registry, which is not always there."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        return done.stdout.strip()
    if tries == 1:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()[-300:]}")
    return said(command, tries - 1)


def newest(registry, package):
    """Returns the newest version of a package that the registry has, or of a range of them as in `undici@7`."""
    if registry == "npm":
        wanted = package if "@" in package[1:] else f"{package}@latest"
        found = json.loads(said(["npm", "view", wanted, "version", "--json"]))
        return found if isinstance(found, str) else found[-1]
    text = said([sys.executable, "-m", "pip", "index", "versions", "--disable-pip-version-check", package])
    return re.search(r"\(([^)]+)\)", text)[1]


def install(registry, packages):
    """Returns the folder with these packages, and the version of each."""
    if registry == "debian":
        return JARS, debian(packages)
    with ThreadPoolExecutor() as threads:
        versions = dict(zip(packages, threads.map(lambda package: newest(registry, package), packages)))
    words = [f"{plain(name).strip('@').replace('/', '+')}-{version}" for name, version in versions.items()]
    folder = TOOLS / f"{registry}-{'-'.join(words[:1])}-{len(words)}"
    if not folder.exists() or (folder / "versions").read_text() != repr(versions):
        shutil.rmtree(folder, ignore_errors=True)
        TOOLS.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix="part.", dir=TOOLS))
        subprocess.run(command(registry, aside, versions), check=True, stdout=subprocess.DEVNULL)
        (aside / "versions").write_text(repr(versions))
        aside.rename(folder)
    return folder, versions


def command(registry, folder, versions):
    """Returns the command that installs these versions into a folder."""
    if registry == "npm":
        quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
        return ["npm", "install", "--prefix", str(folder), *quiet, *(f"{plain(n)}@{v}" for n, v in versions.items())]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-warn-conflicts", "--root-user-action=ignore"]
    wanted = [f"{n}=={v}" for n, v in versions.items()]
    return [sys.executable, "-m", "pip", "install", *quiet, "--target", str(folder), *wanted]


def plain(package):
    """Returns the name of a package without its range."""
    return package[0] + package[1:].partition("@")[0]


def debian(packages):
    """Installs packages of Debian where they are missing and this runs as root. Returns their versions."""
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Abbrev} ${Package} ${Version}\n", *packages]
    found = subprocess.run(query, capture_output=True, text=True).stdout
    rows = [line.split() for line in found.splitlines()]
    versions = {name: version for status, name, version in rows if status == "ii"}
    if set(versions) == set(packages):
        return versions
    if os.getuid() != 0:
        raise RuntimeError(f"not installed (Debian: apt-get install {' '.join(packages)})")
    subprocess.run(["apt-get", "update", "-q"], check=True, stdout=subprocess.DEVNULL)
    quiet = ["-o", "DPkg::Lock::Timeout=300", "-q", "-y", "--no-install-recommends"]
    subprocess.run(["apt-get", *quiet, "install", *packages], check=True, stdout=subprocess.DEVNULL)
    return debian(packages)
