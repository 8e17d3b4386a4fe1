"""The WebSocket of Gemini Live, from the provider's side: it answers each message of the client's with one, and closes as
Google does where the first sets nothing up."""

import base64
import hashlib
import json
import struct

FIRST = b"setup must be the first message and only the first"
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def accept(key):
    return base64.b64encode(hashlib.sha1(key.encode() + MAGIC).digest()).decode()


def read_frame(stream):
    """Returns the kind and the content of a frame, or `None` at the end."""
    head = stream.read(2)
    if len(head) < 2:
        return None
    length = head[1] & 0x7F
    if length > 125:
        form = ">H" if length == 126 else ">Q"
        length = struct.unpack(form, stream.read(struct.calcsize(form)))[0]
    mask = stream.read(4) if head[1] & 0x80 else bytes(4)
    content = bytes(byte ^ mask[index % 4] for index, byte in enumerate(stream.read(length)))
    return head[0] & 0x0F, content


def write_frame(stream, value):
    content = json.dumps(value).encode()
    length = struct.pack(">B", len(content)) if len(content) < 126 else struct.pack(">BH", 126, len(content))
    stream.write(b"\x82" + length + content)
    stream.flush()


def talk(reader, writer):
    """Speaks until the client closes. Yields the model of the setup, as it arrives."""
    model = None
    while frame := read_frame(reader):
        kind, content = frame
        if kind == 8:
            writer.write(b"\x88\x00")
            return
        if model is None and b'"setup"' not in content:
            writer.write(b"\x88" + struct.pack(">BH", 2 + len(FIRST), 1007) + FIRST)
            return
        if kind not in (1, 2):
            continue
        message = json.loads(content)
        if "setup" in message:
            model = message["setup"]["model"].removeprefix("models/")
            yield model
            write_frame(writer, {"setupComplete": {}})
        else:
            parts = [{"text": f"The provider ran {model}."}]
            turn = {"modelTurn": {"role": "model", "parts": parts}, "turnComplete": True}
            write_frame(writer, {"serverContent": turn})
