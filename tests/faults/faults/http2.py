"""What a provider does wrong over HTTP/2."""

import struct

from lib import http1
from lib.fault import fault
from lib.http2 import CODES, CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, SETTINGS, Frames, head, serves

GROUP = "A provider over HTTP/2"
H2 = {"upstream": "tls", "others": "haproxy"}


def http2(name, play, expected, **more):
    """Adds a fault: `play` gets each request, its stream, and the number of requests before on the connection."""

    @fault(GROUP, name, expected, **H2, **more)
    def made(stage):
        stage.provider.tls = stage.certificates.server(protocol="h2")
        stage.script = serves(play)
        return stage.call().seen()


def raw(name, content, expected, end=True):
    """Adds a fault: these frames answer a request, each with its stream."""

    def play(frames, stream, _):
        for kind, flags, block in content:
            frames.send(kind, flags, stream, block)
        return not end

    http2(name, play, expected)


def with_code(code):
    return lambda frames, stream, _: frames.reset(stream, code)


for number, code in enumerate(CODES):
    if code != "REFUSED_STREAM":
        http2(f"resets the stream with {code}", with_code(number), "502")


def refuses_first(frames, stream, count):
    """Refuses each stream of a connection once."""
    frames.reset(stream, 7) if count == 0 else frames.respond(stream)


def goes_away_first():
    """Returns a play that closes its first connection without the call."""
    connections = []

    def play(frames, stream, _):
        if frames not in connections:
            connections.append(frames)
        if len(connections) % 2:
            frames.go_away(0)
            return False
        return frames.respond(stream)

    return play


def goes_away_with(last, code):
    def play(frames, stream, _):
        frames.go_away(stream if last else 0, code)
        return False

    return play


def goes_away_and_answers(frames, stream, _):
    frames.go_away(stream)
    frames.respond(stream)
    return False


http2("refuses the stream (REFUSED_STREAM), and takes it then", refuses_first, "200")
http2("refuses the stream again and again", with_code(7), "502")
http2("sends GOAWAY in front of the call, and takes it over another connection", goes_away_first(), "200")
http2("sends GOAWAY in front of every call", goes_away_with(False, 0), "502")
http2("sends GOAWAY with an error in front of every call", goes_away_with(False, 2), "502")
http2("sends GOAWAY that includes the call, and closes", goes_away_with(True, 0), "502")
http2("sends GOAWAY that includes the call, and answers it", goes_away_and_answers, "200")

RESPONSE = (HEADERS, END_HEADERS, head())
raw("closes instead of a head", [], "502")
raw("closes after the head", [RESPONSE], "200, cut")
raw("closes in the content", [RESPONSE, (DATA, 0, b"{")], "200, cut")
raw("resets the stream after the head", [RESPONSE, (3, 0, struct.pack(">I", 2))], "200, cut or 502")
raw(
    "resets the stream with NO_ERROR after its whole response",
    [RESPONSE, (DATA, END_STREAM, b"{}"), (3, 0, bytes(4))],
    "200",
)
raw("sends content without a head", [(DATA, END_STREAM, b"{}")], "502")
raw("sends a head without a status", [(HEADERS, END_HEADERS | END_STREAM, head()[10:])], "502")
raw("sends a field block that cannot be decoded", [(HEADERS, END_HEADERS | END_STREAM, b"\xff" * 20)], "502")
raw("sends a field in capitals", [(HEADERS, END_HEADERS | END_STREAM, head("200", ("X-Big", "1")))], "502")
raw(
    "tells a longer content than it sends",
    [(HEADERS, END_HEADERS, head("200", ("content-length", "100"))), (DATA, END_STREAM, b"{}")],
    "200, cut or 502",
)
raw(
    "tells a shorter content than it sends",
    [(HEADERS, END_HEADERS, head("200", ("content-length", "1"))), (DATA, END_STREAM, b"{}")],
    "200, cut or 502",
)
raw("sends 103 and then its response", [(HEADERS, END_HEADERS, head("103")), RESPONSE, (DATA, 1, b"{}")], "200")
raw(
    "sends 1,000 interim responses",
    [(HEADERS, END_HEADERS, head("103"))] * 1000 + [RESPONSE, (DATA, 1, b"{}")],
    "200 or 502",
)
raw("sends trailers", [RESPONSE, (DATA, 0, b"{}"), (HEADERS, 5, head()[10:])], "200 or 200, cut")
raw("sends a frame of an unknown kind", [(0xBE, 0, b"hello"), RESPONSE, (DATA, 1, b"{}")], "200")
raw("sends a frame that is too large", [RESPONSE, (DATA, END_STREAM, b"x" * (1 << 20))], "200, cut or 502")
raw(
    "sends a head of 1 MiB in 64 frames",
    [(HEADERS, 0, head()), *[(CONTINUATION, 0, b"\0\1x\x7f\x81\x7f" + b"y" * 16384)] * 64],
    "502",
)
raw("never ends its head", [(HEADERS, 0, head()), *[(CONTINUATION, 0, b"")] * 10_000], "502")
raw("sends 100,000 empty contents", [RESPONSE, *[(DATA, 0, b"")] * 100_000, (DATA, 1, b"{}")], "200 or 200, cut or 502")
raw("announces a push", [(5, END_HEADERS, b"\0\0\0\2" + head()), RESPONSE, (DATA, 1, b"{}")], "502 or 200, cut")


def floods(kind, content):
    def play(frames, stream, _):
        for _ in range(10_000):
            frames.send(kind, 0, 0, content)
        frames.respond(stream)

    return play


http2("sends 10,000 PINGs and then its response", floods(PING, bytes(8)), "200 or 502")
http2("sends 10,000 SETTINGS and then its response", floods(SETTINGS, b""), "200 or 502")


def connection(name, script, expected, **more):
    """Adds a fault of the connection itself."""

    @fault(GROUP, name, expected, **H2, **more)
    def made(stage):
        stage.provider.tls = stage.certificates.server(protocol="h2")
        stage.script = script
        return stage.call().seen()


connection("speaks HTTP/1.1 where HTTP/2 was agreed", lambda peer: peer.send(http1.ok()), "502")
connection("closes once TLS is there", lambda peer: None, "502")
connection("sends a first frame that is none", lambda peer: peer.send(b"\xff" * 100), "502")


def without_settings(peer):
    frames = Frames(peer)
    peer.exactly(24)
    frames.respond(frames.request())


connection("responds without settings", without_settings, "200 or 502")
