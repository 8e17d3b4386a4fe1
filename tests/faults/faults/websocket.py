"""What a provider, or a client, does wrong on a WebSocket."""

from lib import http1, websocket
from lib.fault import fault
from lib.leaving import ENDS
from lib.websocket import CLOSE, COMPLETED, CREATE, HANDSHAKE, PING, TEXT, accepted, frame
from lib.wire import wait_until

GROUP = "A WebSocket"
DECLINED = {"401": "Unauthorized", "403": "Forbidden", "429": "Too Many Requests", "503": "Service Unavailable"}


# A second each: it is waited for the reset that would tell that the provider had closed before.
SLOW = {"times": 20, "sample": 1}


def opened(stage):
    """Opens a WebSocket, and returns the connection and the response."""
    client = stage.connect()
    client.send(HANDSHAKE)
    return client, http1.read(client)


def handshake(name, answer, expected, **more):
    """Adds a fault: the handshake is answered so."""

    @fault(GROUP, name, expected, **more)
    def made(stage):
        def script(peer):
            head = peer.request()
            peer.send(answer(head))

        stage.script = script
        return opened(stage)[1].seen()


def declined(status, words):
    """Adds a fault: the handshake is declined, and status, body and `Retry-After` have to arrive."""

    @fault(GROUP, f"is declined with {status}", f"{status} with body and Retry-After")
    def made(stage):
        def script(peer):
            peer.request()
            peer.send(http1.ok(b'{"error":{"code":"no"}}', "retry-after: 7", status=f"{status} {words}"))

        stage.script = script
        response = opened(stage)[1]
        body = " with body" if response.content == b'{"error":{"code":"no"}}' else ""
        return f"{response.seen()}{body}{' and Retry-After' if response.fields.get('retry-after') == '7' else ''}"


for code, words in DECLINED.items():
    declined(code, words)

handshake("is answered with a wrong key", lambda head: accepted(head, "d3Jvbmc="), "502")
handshake(
    "is answered without a key",
    lambda head: http1.message("HTTP/1.1 101 Switching Protocols", "upgrade: websocket", "connection: upgrade"),
    "502",
)
handshake(
    "is switched to another protocol",
    lambda head: http1.message("HTTP/1.1 101 Switching Protocols", "upgrade: h2c", "connection: upgrade"),
    "502",
)
handshake("is answered with 200", lambda head: http1.ok(), "200 or 502")
handshake("is closed in the head", lambda head: b"HTTP/1.1 101 Swit", "502", **SLOW)
handshake("is closed without a word", lambda head: b"", "502", **SLOW)


def sends(name, content, expected, **more):
    """Adds a fault: the provider sends these bytes after the first message, and shuts its side."""

    @fault(GROUP, f"and the provider sends {name}", expected, **more)
    def made(stage):
        def script(peer):
            peer.send(accepted(peer.request()))
            websocket.read(peer)
            peer.send(content)
            peer.shut()
            peer.ends()

        stage.script = script
        client = opened(stage)[0]
        client.send(frame(TEXT, CREATE, masked=True))
        return words(websocket.rest(client))


def words(found):
    return ", ".join(found)


DONE = frame(TEXT, COMPLETED)
sends("its last message, and ends without a close", DONE, "completed, close 1001")
sends("its last message and a close", DONE + frame(CLOSE, b"\x03\xe8"), "completed, close 1000")
sends("a frame that is cut", DONE[:20], "end", **SLOW)
sends("the head of a frame that is cut", DONE[:1], "close 1001", **SLOW)
sends("a frame of 2^62 bytes", b"\x81\x7f\x40" + bytes(7) + b"{}", "end", **SLOW)
sends("a frame with its length's first bit set", b"\x81\x7f\xff" + bytes(7) + b"{}", "end", **SLOW)
sends("a masked frame", frame(TEXT, COMPLETED, masked=True), "close 1001")
sends("a frame with a reserved bit", frame(TEXT, COMPLETED, first=0xC0), "close 1001")
sends("a frame of a reserved kind", frame(3, COMPLETED), "close 1001")
sends("the rest of a message that never began", frame(0, COMPLETED), "close 1001")
sends("a ping of 126 bytes", frame(PING, b"x" * 126), "close 1001")
sends("a close of one byte", frame(CLOSE, b"x"), "close 1001")
sends("a close with code 999", frame(CLOSE, b"\x03\xe7"), "close 1001")
sends(
    "10,000 pings and its last message",
    frame(PING, b"x") * 10_000 + DONE + frame(CLOSE, b"\x03\xe8"),
    "completed, close 1000",
    times=20,
)
sends(
    "a message of 4 MiB",
    frame(TEXT, b"x" * (4 << 20)) + frame(CLOSE, b"\x03\xe8"),
    "a message of 4194304 bytes, close 1000",
    times=20,
)


def client_sends(name, content, expected, **more):
    """Adds a fault: the client sends these bytes after the handshake."""

    @fault(GROUP, f"and the client sends {name}", expected, **more)
    def made(stage):
        def script(peer):
            peer.send(accepted(peer.request()))
            peer.ends()

        stage.script = script
        client = opened(stage)[0]
        client.send(content)
        return words(websocket.rest(client))


HUGE = bytes.fromhex("0181000000007b") + bytes.fromhex("80ffffffffffffffffff00000000")
client_sends("01 81 00000000 7b, and then a frame of 2^64 bytes", HUGE, "close 1009", others="")
client_sends("a frame of 2^63 bytes", b"\x81\xff\x80" + bytes(11), "close 1009", others="")
client_sends("a frame of 2^40 bytes", b"\x81\xff\0\0\1" + bytes(9), "close 1009", others="")
client_sends("a frame that is not masked", frame(TEXT, CREATE), "close 1002", others="")
client_sends("a frame with a reserved bit", frame(TEXT, CREATE, True, 0xC0), "close 1002", others="")
client_sends("a frame of a reserved kind", frame(5, CREATE, True), "close 1002", others="")
client_sends("a ping of 126 bytes", frame(PING, b"x" * 126, True), "close 1002", others="")
client_sends("a text that is no UTF-8", frame(TEXT, b"\xff\xfe", True), "close 1007", others="")


@fault(GROUP, "and the provider ends behind its last message while the client still pings", "completed")
def pinging(stage):
    def script(peer):
        peer.send(accepted(peer.request()))
        websocket.read(peer)
        peer.send(DONE)
        peer.shut()
        # What still comes is left unread: the kernel answers it with a reset.
        peer.exactly(2)

    stage.script = script
    client = opened(stage)[0]
    client.send(frame(TEXT, CREATE, masked=True))
    for _ in range(50):
        try:
            client.send(frame(PING, b"x", masked=True))
        except OSError:
            break
    found = websocket.rest(client)
    return found[0]


def leaving(name, leave, **more):
    """Adds a fault: the client leaves so."""

    @fault(GROUP, f"and the client {name}", ENDS, **more)
    def made(stage):
        ended = []

        def script(peer):
            peer.send(accepted(peer.request()))
            websocket.read(peer)
            ended.append(peer.ends())

        stage.script = script
        client = opened(stage)[0]
        client.send(frame(TEXT, CREATE, masked=True))
        leave(client)
        return ENDS if wait_until(lambda: ended) and ended[0] else "the upstream call goes on"


leaving("leaves without a close", lambda client: client.close())
leaving("resets its connection", lambda client: client.reset())
leaving("leaves in a frame", lambda client: (client.send(frame(TEXT, CREATE, masked=True)[:9]), client.close()))
leaving(
    "sends a close and leaves", lambda client: (client.send(frame(CLOSE, b"\x03\xe8", True)), client.close()), **SLOW
)
