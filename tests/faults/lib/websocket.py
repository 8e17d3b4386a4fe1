"""WebSocket: the handshake of both sides, and frames as they are."""

import base64
import hashlib
import os

from . import http1

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
HANDSHAKE = http1.message(
    f"GET {http1.PATH} HTTP/1.1", "host: localhost", "connection: Upgrade", "upgrade: websocket",
    "sec-websocket-version: 13", f"sec-websocket-key: {KEY}",
)  # fmt: skip
CREATE = b'{"type":"response.create","model":"%s"}' % http1.PIN.encode()
COMPLETED = b'{"type":"response.completed","response":{"model":"%s"}}' % http1.PIN.encode()


def accepted(head, accept=None):
    """Returns the answer to a handshake: that it is accepted."""
    if accept is None:
        key = next(
            line.split(b":")[1].strip() for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key")
        )
        digest = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        accept = base64.b64encode(digest).decode()
    first = "HTTP/1.1 101 Switching Protocols"
    return http1.message(first, "upgrade: websocket", "connection: upgrade", f"sec-websocket-accept: {accept}")


def frame(kind, content=b"", masked=False, first=0x80):
    """Returns a frame; `first` has its bits besides the kind."""
    length = len(content)
    mask = 0x80 if masked else 0
    if length < 126:
        size = bytes([mask | length])
    elif length < 1 << 16:
        size = bytes([mask | 126]) + length.to_bytes(2, "big")
    else:
        size = bytes([mask | 127]) + length.to_bytes(8, "big")
    if masked:
        key = os.urandom(4)
        content = key + bytes(byte ^ key[place % 4] for place, byte in enumerate(content))
    return bytes([first | kind]) + size + content


def read(peer):
    """Returns kind and content of the next frame."""
    first, second = peer.exactly(2)
    length = second & 0x7F
    if length > 125:
        length = int.from_bytes(peer.exactly(2 if length == 126 else 8), "big")
    key = peer.exactly(4) if second & 0x80 else b""
    content = peer.exactly(length)
    if key:
        content = bytes(byte ^ key[place % 4] for place, byte in enumerate(content))
    return first & 0x0F, content


def rest(peer):
    """Returns what comes to the end, in a few words: messages, the code of the close, the end."""
    words = []
    try:
        while True:
            kind, content = read(peer)
            if kind == TEXT:
                words.append("completed" if content == COMPLETED else f"a message of {len(content)} bytes")
            if kind == CLOSE:
                words.append(f"close {int.from_bytes(content[:2], 'big')}" if content else "close")
                return words
    except EOFError:
        return [*words, "end"]
    except TimeoutError:
        return [*words, "nothing more came"]
    except OSError:
        return [*words, "reset"]
