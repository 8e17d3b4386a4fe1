"""The stand-in provider: it records every call and answers it in the shape of the API."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from . import live
from .answers import answer


class Call:
    """One request, as it arrived."""

    def __init__(self, method, target, headers, content, provider):
        self.method, self.headers, self.content, self.provider = method, headers, content, provider
        self.path, self.query = unquote(urlsplit(target).path), parse_qs(urlsplit(target).query)
        self.body = members(content)
        self.streams = self.body.get("stream") is True
        # The proxy was told the address in numbers; the name is what the provider's own answers have.
        self.past = headers.get("host", "").startswith("localhost")
        self.model = self.named().removeprefix("models/")

    def named(self):
        """Returns the model that the request names: in its content, its path, its query, or a part of its form."""
        in_path = re.search(r"/models?/([^/:]+)", self.path)
        in_form = re.search(rb'name="?model"?\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]*)', self.content)
        in_batch = [one["params"]["model"] for one in self.body.get("requests", []) if "params" in one]
        if isinstance(self.body.get("model"), str):
            return self.body["model"]
        if in_path:
            return in_path[1]
        return in_form[1].decode() if in_form else " ".join(sorted(set(in_batch)))

    def line(self):
        return f"{self.method} {self.path} {self.model}".strip()


def members(content):
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


class Provider:
    """A server on loopback, with what it was called for."""

    def __init__(self):
        self.calls = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"provider": self}))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.own_url = f"http://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_words):
        pass

    def respond(self):
        content = self.content()
        call = Call(self.command, self.path, self.headers, content, self.provider.own_url)
        self.provider.calls.append(call)
        if self.headers.get("upgrade", "").lower() == "websocket":
            self.upgrade(call)
            return
        reply = answer(call)
        self.send_response(200 if reply else 404)
        content = reply.content if reply else b'{"error":{"message":"the stand-in has no such operation"}}'
        fields = reply.fields if reply else {"content-type": "application/json"}
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = do_HEAD = respond

    def content(self):
        """Reads the content, whichever way its length is told."""
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        content = b""
        while length := int(self.rfile.readline().split(b";")[0], 16):
            content += self.rfile.read(length)
            self.rfile.readline()
        self.rfile.readline()
        return content

    def upgrade(self, call):
        self.send_response(101)
        self.send_header("upgrade", "websocket")
        self.send_header("connection", "upgrade")
        self.send_header("sec-websocket-accept", live.accept(self.headers["sec-websocket-key"]))
        self.end_headers()
        for model in live.talk(self.rfile, self.wfile):
            call.model = model
        self.close_connection = True
