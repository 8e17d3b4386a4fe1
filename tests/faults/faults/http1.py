"""What a provider does wrong over HTTP/1.1."""

import socket
import time

from lib import http1
from lib.fault import fault, upstream
from lib.http1 import chunked, message, ok
from lib.leaving import ENDS, leaves
from lib.provider import answers

GROUP = "A provider over HTTP/1.1"
JSON = "content-type: application/json"
SMALL = "HTTP/1.1 200 OK"


def of_length(told, content):
    return message(SMALL, JSON, f"content-length: {told}", content=content)


# What is sent in answer to a whole request, before the provider closes; and what the client sees of it.
ANSWERS = [
    ("closes instead of a head", b"", "502"),
    ("closes in the status line", b"HTTP/1.1 20", "502"),
    ("closes in a field", b"HTTP/1.1 200 OK\r\ncontent-ty", "502"),
    ("closes before the empty line", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n", "502"),
    ("sends garbage for a head", b"\x16\x03\x01\x02\0\x01garbage\r\n\r\n", "502"),
    ("sends the head of HTTP/9.9", b"HTTP/9.9 200 OK\r\ncontent-length: 2\r\n\r\n{}", "502"),
    ("sends a status of four digits", b"HTTP/1.1 2000 OK\r\ncontent-length: 2\r\n\r\n{}", "502"),
    ("sends a field without a colon", b"HTTP/1.1 200 OK\r\nnonsense\r\ncontent-length: 2\r\n\r\n{}", "502"),
    ("sends a zero byte in a field", b"HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 2\r\n\r\n{}", "502"),
    ("sends a field on two lines", b"HTTP/1.1 200 OK\r\nx: a\r\n b\r\ncontent-length: 2\r\n\r\n{}", "502 or 200"),
    ("tells a longer content than it sends", of_length(100, b'{"a":1'), "200, cut"),
    ("tells a shorter content than it sends", of_length(2, b"{}" + b"x" * 100), "200"),
    ("tells a length of 10^18", of_length(10**18, b"{}"), "200, cut"),
    ("tells a length beyond 64 bits", of_length(10**30, b"{}"), "502"),
    ("tells a negative length", of_length(-1, b"{}"), "502"),
    ("tells a length that is no number", of_length("many", b"{}"), "502"),
    ("tells two lengths that differ", message(SMALL, "content-length: 2", "content-length: 4", content=b"{}{}"), "502"),
    ("tells a length and chunks", chunked(b"{}", fields=(JSON, "content-length: 2")), "502 or 200"),
    ("closes in the content", of_length(1 << 20, b"x" * 1000), "200, cut"),
    ("sends a chunk whose size is no number", chunked(last=b"zz\r\n{}\r\n0\r\n\r\n"), "200, cut"),
    ("sends a chunk whose size is beyond 64 bits", chunked(last=b"f" * 17 + b"\r\n{}\r\n"), "200, cut"),
    ("closes in a chunk", chunked(b"{}", last=b"400\r\nhalf"), "200, cut"),
    ("closes before the last chunk", chunked(b"{}", last=b""), "200, cut"),
    ("sends more after the last chunk", chunked(b"{}") + b"HTTP/1.1 200 OK\r\n", "200"),
    ("sends a second response", ok() + ok(b'{"second":1}'), "200"),
    ("sends trailers", chunked(b"{}", last=b"0\r\nx-checksum: 1\r\n\r\n"), "200"),
    ("sends 150 fields", ok(b"{}", *(f"x-{number}: 1" for number in range(150))), "502 or 200"),
    ("sends a field of 1 MiB", ok(b"{}", "x: " + "a" * (1 << 20)), "502"),
    ("sends 100 and then its response", message("HTTP/1.1 100 Continue") + ok(), "200"),
    ("sends 103 and then its response", message("HTTP/1.1 103 Early Hints", "link: </x>") + ok(), "200"),
    ("sends 1,000 interim responses", message("HTTP/1.1 103 Early Hints") * 1000 + ok(), "200"),
    ("switches protocols unasked", message("HTTP/1.1 101 Switching", "upgrade: x", "connection: upgrade"), "502"),
    ("sends 204 with a content", ok(b"{}", status="204 No Content"), "204"),
    ("sends 304 with a length", ok(b"{}", status="304 Not Modified"), "304"),
    ("responds in HTTP/1.0 without a length", message("HTTP/1.0 200 OK", JSON, content=b"{}"), "200"),
    ("sends half of a gzip content", message(SMALL, JSON, "content-encoding: gzip", "content-length: 40",
                                             content=b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab"), "200, cut"),
    ("names gzip and sends none", ok(b"not gzip", "content-encoding: gzip"), "200"),
]  # fmt: skip

# A second each: where nothing of a response has come, it is waited for the reset that would allow to send again.
SLOW = {"times": 20, "sample": 1}
for name, content, expected in ANSWERS:
    upstream(
        GROUP,
        name,
        answers(content),
        expected,
        **(SLOW if len(content) < 64 and expected == "502" or b"HTTP/1.0" in content else {}),
    )


def resets_at_once(peer):
    peer.request()
    peer.reset()


def resets_in_the_content(peer):
    peer.request()
    peer.send(of_length(1 << 20, b"x" * 1000))
    peer.reset()


def resets_before_the_request(peer):
    peer.exactly(10)
    peer.reset()


def answers_slowly(peer):
    peer.request()
    for byte in of_length(20, b"x" * 20):
        peer.send(bytes([byte]))
        time.sleep(0.0005)


def never_ends_its_head(peer):
    """It goes on until it is cut off."""
    peer.request()
    peer.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        peer.send(b"x-more: and more\r\n" * 100)


def sends_a_line_without_end(peer):
    peer.request()
    while True:
        peer.send(b"HTTP/1.1 200 " + b"x" * 10_000)


upstream(GROUP, "resets the connection instead of a head", resets_at_once, "502")
upstream(GROUP, "resets the connection in the request", resets_before_the_request, "502")
upstream(GROUP, "resets the connection in the content", resets_in_the_content, "200, cut or 200, reset or 502")
upstream(GROUP, "sends its response byte by byte", answers_slowly, "200")
upstream(GROUP, "never ends its head", never_ends_its_head, "502")
upstream(GROUP, "sends a first line without end", sends_a_line_without_end, "502")


@fault(GROUP, "ends a kept connection at the instant of the next call, 50 calls", "50 of 50 answered")
def kept(stage):
    def script(peer):
        peer.request()
        peer.send(ok())
        peer.shut()

    stage.script = script
    statuses, client = [], None
    for _ in range(50):
        client = client or stage.connect()
        statuses.append(http1.exchange(client).seen())
        client = client if statuses[-1] == "200" else None
    return f"{statuses.count('200')} of 50 answered"


@fault(GROUP, "has the next call of a kept connection, and resets it unread", "502, sent once")
def unread(stage):
    taken = []

    def script(peer):
        peer.request()
        taken.append(1)
        peer.send(ok())
        taken.append(len(peer.sock.recv(1, socket.MSG_PEEK)))

    stage.script = script
    client = stage.connect()
    http1.exchange(client)
    seen = http1.exchange(client).seen()
    return f"{seen}, sent {'once' if len(taken) == 2 else 'again'}"


@fault(GROUP, "answers 429 early and closes during an upload of 8 MiB", "429")
def early(stage):
    def script(peer):
        peer.line(b"\r\n\r\n")
        peer.send(ok(b'{"error":{}}', "retry-after: 7", status="429 Too Many Requests"))

    stage.script = script
    return stage.call(http1.post(b"x" * (8 << 20))).seen()


@fault(GROUP, "is silent, and the client leaves", ENDS)
def silent(stage):
    return leaves(stage)


@fault(GROUP, "stops in the content, and the client leaves", ENDS)
def stops(stage):
    return leaves(stage, of_length(100, b"{"))


@fault(GROUP, "refuses the connection", "502", upstream="http://127.0.0.1:1", others="")
@fault(GROUP, "has a name that does not resolve", "502", upstream="http://nowhere.invalid", others="")
def unreachable(stage):
    return stage.call().seen()
