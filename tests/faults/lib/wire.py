"""A socket with the moves of a hostile peer: bytes as they are, half a close, a reset."""

import contextlib
import socket
import struct
import time

# The longest time for what happens at once, on a machine that is busy.
SECONDS = 20


class Peer:
    """One side of a connection."""

    def __init__(self, sock):
        self.sock = sock
        self.rest = b""
        sock.settimeout(SECONDS)

    def send(self, content):
        self.sock.sendall(content)

    def some(self):
        """Returns what comes next; nothing at the end."""
        if self.rest:
            content, self.rest = self.rest, b""
            return content
        return self.sock.recv(1 << 16)

    def exactly(self, length):
        """Returns so many bytes."""
        while len(self.rest) < length:
            self._more()
        content, self.rest = self.rest[:length], self.rest[length:]
        return content

    def line(self, end=b"\r\n"):
        """Returns what comes up to an end, with it."""
        while end not in self.rest:
            self._more()
        content, _, self.rest = self.rest.partition(end)
        return content + end

    def _more(self):
        more = self.sock.recv(1 << 16)
        if not more:
            raise EOFError
        self.rest += more

    def request(self):
        """Reads a request, and returns its head."""
        head = self.line(b"\r\n\r\n")
        for field in head.lower().split(b"\r\n"):
            name, _, value = field.partition(b":")
            if name == b"content-length":
                self.exactly(int(value))
        if b"transfer-encoding: chunked" in head.lower():
            while int(self.line().split(b";")[0], 16):
                self.line()
            self.line()
        return head

    def shut(self):
        """Closes this side, and still reads."""
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        """Ends the connection with a reset."""
        self.lingers_not()
        self.close()

    def lingers_not(self):
        """Lets the close be a reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def close(self):
        with contextlib.suppress(OSError):
            self.sock.close()

    def ends(self, seconds=SECONDS):
        """Reads to the end, and says whether it came in time."""
        until = time.monotonic() + seconds
        try:
            while (left := until - time.monotonic()) > 0:
                self.sock.settimeout(left)
                if not self.sock.recv(1 << 16):
                    return True
        except TimeoutError:
            return False
        except OSError:
            return True
        return False


def connect(address, source=None, receive=None):
    """Connects to a host and a port; with a small window where `receive` says so."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.settimeout(SECONDS)
    if receive:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    if source:
        sock.bind((source, 0))
    sock.connect(address)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Peer(sock)


def wait_until(true, seconds=SECONDS):
    """Waits until a condition holds, and says whether it does."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.003)
    return True


def port_of(address):
    """Returns host and port of `127.0.0.1:80`."""
    host, _, port = address.rpartition(":")
    return host, int(port)
