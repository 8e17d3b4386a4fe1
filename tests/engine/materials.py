"""Holds a CycloneDX bill of materials against Cargo.lock: materials.py SBOM LOCK."""

import json
import sys
import tomllib

sbom, lock = sys.argv[1:]
with open(sbom, encoding="utf-8") as file:
    bill = json.load(file)
with open(lock, "rb") as file:
    locked = {(package["name"], package["version"]): package.get("checksum") for package in tomllib.load(file)["package"]}

told = {(part["name"], part["version"]): part for part in bill["components"]}
assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5"), bill["specVersion"]
assert bill["metadata"]["component"]["name"] == "model-lock"
assert set(told) <= set(locked), f"not in Cargo.lock: {set(told) - set(locked)}"
for key, part in told.items():
    hashes = [hash["content"] for hash in part.get("hashes", [])]
    assert hashes == ([locked[key]] if locked[key] else []), f"{key}: another hash"
    assert part.get("licenses"), f"{key}: no licence"
names = {name for name, _ in told}
missing = {"lockpolicy", "observe", "proxy", "shim", "hyper", "rustls", "aws-lc-sys", "tokio", "clap"} - names
assert not missing, f"missing: {missing}"
only_of_tests = {"tempfile", "criterion", "proptest", "fake_provider", "policy_corpus"} & names
assert not only_of_tests, f"not in the program: {only_of_tests}"
