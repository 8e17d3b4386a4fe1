"""HTTP/2, frame by frame."""

import struct

DATA, HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 5, 6, 7, 8, 9
END_STREAM, END_HEADERS = 1, 4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
CODES = (
    "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
    "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
)  # fmt: skip


def frame(kind, flags=0, stream=0, content=b""):
    """Returns a frame."""
    return struct.pack(">I", len(content))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + content


def fields(*pairs):
    """Returns a field block of literals that are not indexed (RFC 7541, section 6.2.2)."""
    return b"".join(b"\0" + _text(name) + _text(value) for name, value in pairs)


def _text(text):
    text = text.encode("latin-1")
    if len(text) < 127:
        return bytes([len(text)]) + text
    rest, length = len(text) - 127, b"\x7f"
    while rest >= 128:
        length, rest = length + bytes([rest % 128 + 128]), rest // 128
    return length + bytes([rest]) + text


def head(status="200", *pairs):
    """Returns the field block of a response."""
    return fields((":status", status), ("content-type", "application/json"), *pairs)


def call(length):
    """Returns the field block of a request with so much content."""
    target = [(":method", "POST"), (":scheme", "http"), (":authority", "localhost"), (":path", "/v1/responses")]
    return fields(*target, ("content-type", "application/json"), ("content-length", str(length)))


class Frames:
    """One side of an HTTP/2 connection, over a peer."""

    def __init__(self, peer):
        self.peer = peer
        self.pings = 0

    def send(self, kind, flags=0, stream=0, content=b""):
        self.peer.send(frame(kind, flags, stream, content))

    def next(self):
        """Returns kind, flags, stream and content of the next frame."""
        first = self.peer.exactly(9)
        content = self.peer.exactly(int.from_bytes(first[:3], "big"))
        return first[3], first[4], int.from_bytes(first[5:], "big"), content

    def greet(self):
        """Reads the preface of a client, and sends the settings."""
        self.peer.exactly(len(PREFACE))
        self.send(SETTINGS)

    def request(self):
        """Waits for the end of the next request, and returns its stream."""
        while True:
            kind, flags, stream, content = self.next()
            if kind == DATA and content:
                self.send(WINDOW_UPDATE, 0, 0, struct.pack(">I", len(content)))
            if kind in (SETTINGS, PING) and not flags & 1:
                self.send(kind, 1, 0, content if kind == PING else b"")
            if kind in (HEADERS, DATA) and flags & END_STREAM:
                return stream

    def respond(self, stream, content=b"{}"):
        self.send(HEADERS, END_HEADERS, stream, head())
        self.send(DATA, END_STREAM, stream, content)

    def reset(self, stream, code):
        self.send(RST_STREAM, 0, stream, struct.pack(">I", code))

    def go_away(self, last, code=0):
        self.send(GOAWAY, 0, 0, struct.pack(">II", last, code))


def serves(play):
    """Returns a script that hands each request, its stream and how many came before to `play`."""

    def script(peer):
        frames, count = Frames(peer), 0
        frames.greet()
        while play(frames, frames.request(), count) is not False:
            count += 1

    return script
