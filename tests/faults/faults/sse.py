"""Streams of events that break off, stall, or are none."""

import gzip

from lib.fault import fault, upstream
from lib.http1 import chunked, message, ok, post
from lib.leaving import ENDS, leaves
from lib.provider import answers
from lib.wire import wait_until

GROUP = "A provider that streams"
STREAM = ("content-type: text/event-stream",)
EVENT = b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"x"}\n\n'
LAST = b'event: response.completed\ndata: {"type":"response.completed","response":{"model":"approved-1"}}\n\n'
OPEN = message("HTTP/1.1 200 OK", *STREAM, "transfer-encoding: chunked")


def stream(*chunks, **more):
    return chunked(*chunks, fields=STREAM, **more)


ANSWERS = [
    ("closes in an event", stream(EVENT, EVENT[:30], last=b""), "200, cut"),
    ("ends the stream in an event", stream(EVENT, EVENT[:30]), "200"),
    ("ends the stream without its last event", stream(EVENT), "200"),
    ("ends the stream with an event of an error", stream(EVENT, b'event: error\ndata: {"type":"error"}\n\n'), "200"),
    ("closes a stream without a length", message("HTTP/1.1 200 OK", *STREAM, content=EVENT), "200"),
    ("sends an event of 4 MiB", stream(b"data: " + b"x" * (4 << 20) + b"\n\n", LAST), "200"),
    ("sends a line that never ends, 4 MiB of it", stream(b"data: " + b"x" * (4 << 20)), "200"),
    ("sends bytes that are no UTF-8", stream(b"data: \xff\xfe\n\n", LAST), "200"),
    ("sends more after the last event", stream(LAST, EVENT), "200"),
    ("sends an error instead of a stream", ok(b'{"error":{}}', status="500 Oops"), "500"),
    ("sends half of a gzip stream", chunked(gzip.compress(EVENT * 9)[:30], last=b"",
                                            fields=(*STREAM, "content-encoding: gzip")), "200, cut"),
]  # fmt: skip

for name, content, expected in ANSWERS:
    upstream(GROUP, name, answers(content), expected)


@fault(GROUP, "sends its events byte by byte", "200")
def bytewise(stage):
    def script(peer):
        peer.request()
        peer.send(OPEN)
        for byte in EVENT + LAST:
            peer.send(b"1\r\n%c\r\n" % byte)
        peer.send(b"0\r\n\r\n")

    stage.script = script
    return stage.call().seen()


def resets_in_an_event(peer):
    peer.request()
    peer.send(stream(EVENT, EVENT[:30], last=b""))
    peer.reset()


upstream(GROUP, "resets the connection in an event", resets_in_an_event, "200, cut or 502")


@fault(GROUP, "goes silent in the stream, and the client leaves", ENDS)
def silent(stage):
    return leaves(stage, OPEN + b"%x\r\n%s\r\n" % (len(EVENT), EVENT))


@fault(GROUP, "goes silent in an event, and the client resets its connection", ENDS)
def silent_in_event(stage):
    return leaves(stage, OPEN + b"5\r\nevent\r\n", leave=lambda peer: peer.reset())


@fault(GROUP, "sends events for ever, and the client leaves", ENDS)
def for_ever(stage):
    ended = []

    def script(peer):
        peer.request()
        peer.send(OPEN)
        try:
            while True:
                peer.send(b"%x\r\n%s\r\n" % (len(EVENT), EVENT))
        except OSError:
            ended.append(True)

    stage.script = script
    client = stage.connect()
    client.send(post())
    client.exactly(2000)
    client.close()
    return ENDS if wait_until(lambda: ended) else "the upstream call goes on"
