"""A provider that does what the fault of the moment says."""

import contextlib
import socket
import threading

from .wire import Peer


class Provider:
    """A port on loopback. Each connection is handed to `script`, and closed where that returns."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        self.script, self.tls = None, None
        self.wrong, self.peers = [], set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(sock, self.script, self.tls), daemon=True).start()

    def _serve(self, sock, script, tls):
        peer = Peer(sock)
        self.peers.add(peer)
        try:
            if tls:
                peer.sock = tls.wrap_socket(sock, server_side=True)
            script(peer)
        except (OSError, EOFError):
            # The other side may leave as it likes.
            pass
        except Exception as error:  # noqa: BLE001 - it would vanish with its thread.
            self.wrong.append(repr(error))
        finally:
            peer.close()
            self.peers.discard(peer)

    def drop(self):
        """Ends every connection that is open, with a reset: nobody has to wait whether one follows."""
        for peer in list(self.peers):
            with contextlib.suppress(OSError):
                peer.lingers_not()
                peer.sock.shutdown(socket.SHUT_RDWR)

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.drop()


def answers(content, close=True):
    """Returns a script that reads a request and sends these bytes; to the end, or once."""

    def script(peer):
        peer.request()
        peer.send(content)
        if not close:
            peer.ends()

    return script


def keeps(content):
    """Returns a script that answers every request of a connection with these bytes."""

    def script(peer):
        while True:
            peer.request()
            peer.send(content)

    return script
