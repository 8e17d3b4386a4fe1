"""A relay to a port. What it was told to swallow goes nowhere, and nobody is told."""

import contextlib
import socket
import threading


class Relay:
    def __init__(self, to):
        self.to, self.pairs = to, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.to))
                passes = threading.Event()
                passes.set()
                self.pairs.append((near, far, passes))
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=carry, args=(one, other, passes), daemon=True).start()

    def swallow(self):
        """Swallows from now on what comes over the connections that are open. New ones are served."""
        for _, _, passes in self.pairs:
            passes.clear()

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for near, far, _ in self.pairs:
            for sock in (near, far):
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
                sock.close()


def carry(one, other, passes):
    with contextlib.suppress(OSError):
        while content := one.recv(1 << 14):
            if passes.is_set():
                other.sendall(content)
        if passes.is_set():
            other.shutdown(socket.SHUT_WR)
