"""HTTP/1.1 as a client: requests, and what came back in a few words."""

import contextlib
from dataclasses import dataclass, field

from .wire import SECONDS, connect

PIN = "approved-1"
PATH = "/v1/responses"


def message(first, *fields, content=b""):
    """Returns a message of these lines and this content."""
    return "\r\n".join([first, *fields, "", ""]).encode() + content


def post(content=b"", *fields):
    """Returns a call for the approved model, with this text in front of its end."""
    body = b'{"model":"%s","input":"%s"}' % (PIN.encode(), content)
    return sending(body, *fields)


def sending(body, *fields):
    """Returns a call with this content."""
    head = ["host: localhost", "content-type: application/json", f"content-length: {len(body)}", *fields]
    return message(f"POST {PATH} HTTP/1.1", *head, content=body)


def ok(content=b"{}", *fields, status="200 OK"):
    """Returns a response with this content."""
    head = ["content-type: application/json", f"content-length: {len(content)}", *fields]
    return message(f"HTTP/1.1 {status}", *head, content=content)


def chunked(*chunks, fields=("content-type: application/json",), last=b"0\r\n\r\n"):
    """Returns a response of these chunks."""
    parts = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return message("HTTP/1.1 200 OK", *fields, "transfer-encoding: chunked", content=parts + last)


@dataclass
class Response:
    """What came back."""

    status: str = ""
    fields: dict = field(default_factory=dict)
    content: bytes = b""
    end: str = ""

    def seen(self):
        """Returns its status, and how it ended where that was not well."""
        return ", ".join(part for part in (self.status, self.end) if part)


def read(peer, response=None):
    """Reads a response to its end."""
    response = response or Response()
    try:
        _head(peer, response)
        _content(peer, response)
    except (IndexError, ValueError):
        response.end = "not HTTP"
    except EOFError:
        response.end = "cut" if response.status else "no answer"
    except TimeoutError:
        response.end = "nothing more came" if response.status else "nothing came"
    except OSError:
        response.end = "reset" if response.status else "no answer (reset)"
    return response


def _head(peer, response):
    """Reads the head; those of interim responses are passed over."""
    while not response.status:
        first, *lines = peer.line(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status = first.split(" ")[1]
        if not status.startswith("1") or status == "101":
            response.status = status
            named = (line.partition(":") for line in lines if line)
            response.fields = {name.lower(): value.strip() for name, _, value in named}


def _content(peer, response):
    fields = response.fields
    if response.status in ("101", "204", "304"):
        return
    if "chunked" in fields.get("transfer-encoding", ""):
        while size := int(peer.line().split(b";")[0], 16):
            response.content += peer.exactly(size)
            peer.line()
        while peer.line() != b"\r\n":
            pass
    elif "content-length" in fields:
        response.content = peer.exactly(int(fields["content-length"]))
    else:
        while more := peer.some():
            response.content += more


def exchange(peer, request=None):
    """Makes a call over a connection."""
    with contextlib.suppress(OSError):
        # Where it cannot be sent whole, the answer may be there all the same.
        peer.send(request or post())
    return read(peer)


def call(address, request=None, seconds=SECONDS):
    """Makes a call over a connection of its own."""
    peer = connect(address)
    peer.sock.settimeout(seconds)
    try:
        return exchange(peer, request)
    finally:
        peer.close()
