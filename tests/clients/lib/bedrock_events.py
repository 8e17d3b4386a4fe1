"""The binary stream of Bedrock: a length, headers, a payload and two checksums for each event."""

import json
import struct
import zlib


def text_header(name, value):
    return struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", 7, len(value)) + value.encode()


def encode(kind, members):
    """Returns one event with these members."""
    payload = json.dumps(members).encode()
    headers = text_header(":event-type", kind) + text_header(":content-type", "application/json")
    headers += text_header(":message-type", "event")
    head = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    message = head + struct.pack(">I", zlib.crc32(head)) + headers + payload
    return message + struct.pack(">I", zlib.crc32(message))
