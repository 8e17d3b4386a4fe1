"""The network policies of a manifest as rules for nftables, pod by pod, and the files of its ConfigMaps.

Arguments: the manifest, and a JSON object with the address of each pod: its labels are those that the policies select by.
Prints {"rules": {pod: text}, "files": {name: text}}. Whatever it does not know in a policy ends it.
"""

import json
import sys

import yaml


def selected(selector, labels):
    assert set(selector) <= {"matchLabels"}, selector
    return selector.get("matchLabels", {}).items() <= labels.items()


def addresses(peer, pods):
    """An address, or what stands for many, of who is meant; with what is left out."""
    if "ipBlock" in peer:
        assert set(peer) == {"ipBlock"}, peer
        block = peer["ipBlock"]
        return [(block["cidr"], block.get("except", []))]
    assert set(peer) <= {"podSelector", "namespaceSelector"}, peer
    place = peer.get("namespaceSelector")
    found = [
        pod["address"]
        for pod in pods.values()
        if selected(peer["podSelector"], pod["labels"]) and selected(place or {}, pod["namespace"])
    ]
    return [(address, []) for address in found]


def allowed(rule, peers, side, pods):
    for peer in rule[peers]:
        for address, without in addresses(peer, pods):
            but = f"ip {side} != {{ {', '.join(without)} }} " if without else ""
            for port in rule["ports"]:
                kind = port["protocol"].lower()
                yield f"ip {side} {address} {but}{kind} dport {port['port']} accept"


def chain(hook, device, lines):
    # As with Kubernetes: answers pass, and what a pod says to itself.
    head = f"type filter hook {hook} priority filter; policy drop;"
    own = [head, "ct state established,related accept", f'{device} "lo" accept', *lines, "reject"]
    return "\n".join([f"chain {hook} {{", *own, "}"])


def rules(pod, policies, pods):
    text = ""
    for hook, kind, rule, peers, side, device in [
        ("output", "Egress", "egress", "to", "daddr", "oifname"),
        ("input", "Ingress", "ingress", "from", "saddr", "iifname"),
    ]:
        own = [one["spec"] for one in policies if selected(one["spec"]["podSelector"], pod["labels"])]
        own = [spec for spec in own if kind in spec["policyTypes"]]
        if own:
            lines = [line for spec in own for one in spec.get(rule, []) for line in allowed(one, peers, side, pods)]
            text += chain(hook, device, lines) + "\n"
    return f"table inet pod {{\n{text}}}\n"


with open(sys.argv[1], encoding="utf-8") as file:
    documents = [document for document in yaml.safe_load_all(file) if document]
pods = json.loads(sys.argv[2])
policies = [document for document in documents if document["kind"] == "NetworkPolicy"]
assert policies
files = {}
for document in documents:
    if document["kind"] == "ConfigMap":
        files |= document["data"]
json.dump({"rules": {name: rules(pod, policies, pods) for name, pod in pods.items()}, "files": files}, sys.stdout)
