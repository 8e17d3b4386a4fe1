"""Networks that lose packets without a word, and the GOAWAY of a real nginx."""

import subprocess
import threading
import time

from lib import http1, http2
from lib.fault import OWN, fault
from lib.others import Other, free_port
from lib.processes import in_own_network
from lib.provider import keeps
from lib.relay import Relay
from lib.wire import connect

GROUP = "A network"
QUICK = ("--upstream-timeout", "2s")
SOON = 8


@fault(
    GROUP,
    "forgets the one connection of HTTP/2 (--upstream-timeout 2s)",
    f"calls are answered again within {SOON} s",
    times=10,
    sample=1,
    **OWN,
)
def forgets_http2(stage):
    with stage.providing(http2.serves(lambda frames, stream, _: frames.respond(stream))) as provider:
        provider.tls = stage.certificates.server(protocol="h2")
        relay = Relay(provider.port)
        with stage.serving(f"https://localhost:{relay.port}", *QUICK) as lock:
            http1.call(lock.address)
            relay.swallow()
            seen = recovers(lock)
            provider.drop()
            relay.close()
        return seen


def recovers(lock):
    """Says how soon calls are answered again: the first may be lost."""
    began = time.monotonic()
    first = http1.call(lock.address).seen()
    second = http1.call(lock.address).seen()
    late = time.monotonic() - began > SOON
    if second == "200" and first in ("200", "502") and not late:
        return f"calls are answered again within {SOON} s"
    return f"{first}, then {second}{', too late' if late else ''}"


def drops(port):
    """Drops every packet of the open connections to a port: new ones are let through."""
    rules = [
        "add table inet t",
        "add set inet t old { type inet_service; }",
        "add chain inet t c { type filter hook output priority 0; }",
        f"add rule inet t c tcp sport {port} tcp dport @old drop",
        f"add rule inet t c tcp dport {port} tcp sport @old drop",
    ]
    subprocess.run(["nft", "; ".join(rules)], check=True)
    found = subprocess.run(["ss", "-Htn", "sport", "=", f":{port}"], check=True, capture_output=True, text=True).stdout
    ports = [line.split()[4].rsplit(":", 1)[1] for line in found.splitlines()]
    for old in ports:
        subprocess.run(["nft", f"add element inet t old {{ {old} }}"], check=True)
    return ports


@fault(
    GROUP,
    "drops the packets of a kept connection of HTTP/1.1 (--upstream-timeout 2s)",
    f"calls are answered again within {SOON} s",
    times=10,
    sample=0,
    **OWN,
    needs="nft ss ip",
)
def drops_http1(stage):
    return in_own_network(lambda: dropped(stage, "plain", keeps(http1.ok())))


@fault(
    GROUP,
    "drops the packets of the one connection of HTTP/2 (--upstream-timeout 2s)",
    f"calls are answered again within {SOON} s",
    times=10,
    sample=0,
    **OWN,
    needs="nft ss ip",
)
def drops_http2(stage):
    return in_own_network(lambda: dropped(stage, "tls", http2.serves(lambda frames, stream, _: frames.respond(stream))))


def dropped(stage, kind, script):
    """Drops the packets of the connection that is there, and says whether calls are answered again."""
    with stage.providing(script) as provider:
        provider.tls = stage.certificates.server(protocol="h2") if kind == "tls" else None
        url = f"https://localhost:{provider.port}" if kind == "tls" else f"http://127.0.0.1:{provider.port}"
        with stage.serving(url, *QUICK) as lock:
            http1.call(lock.address)
            if not drops(provider.port):
                return "no connection was kept"
            seen = recovers(lock)
            subprocess.run(["nft", "delete table inet t"], check=True)
            provider.drop()
        return seen


NGINX = """
worker_processes 1; daemon off; master_process off; pid {folder}/provider.pid; error_log {folder}/provider.log;
events {{ worker_connections 512; }}
http {{
  access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} ssl http2; keepalive_requests 50; default_type application/json;
    ssl_certificate {cert}; ssl_certificate_key {key};
    location / {{ return 200 '{{}}'; }}
  }}
}}
"""


class NginxProvider(Other):
    """An nginx that ends a connection of HTTP/2 after 50 requests."""

    def __init__(self, stage):
        self.address = "127.0.0.1", free_port()
        cert, key = stage.certificates.files["trusted"]
        text = stage.folder / "provider.conf"
        text.write_text(NGINX.format(folder=stage.folder, port=self.address[1], cert=cert, key=key))
        super().__init__(["nginx", "-e", stage.folder / "provider.log", "-c", text])


def at_once(address, clients, calls):
    """Lets so many clients make so many calls each, and returns how many were answered with 200."""
    good = []

    def client():
        peer = connect(address)
        for _ in range(calls):
            if http1.exchange(peer).seen() == "200":
                good.append(1)
        peer.close()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(good)


@fault(
    GROUP,
    "has an nginx that sends GOAWAY every 50 requests, 16 clients make 50 calls each",
    "800 of 800 answered",
    known="800 of 800 answered or a call hangs",
    times=20,
    sample=1,
    **OWN,
    needs="nginx",
)
def goes_away(stage):
    nginx = NginxProvider(stage)
    try:
        with stage.serving(f"https://localhost:{nginx.address[1]}", "--idle-timeout", "1s") as lock:
            answered = at_once(lock.address, 16, 50)
            # The client of a call that hangs makes none of its other calls.
            return "a call hangs" if 750 <= answered < 800 else f"{answered} of 800 answered"
    finally:
        nginx.close()
