"""Where faults are played: a provider, a proxy in front of it, and clients."""

import contextlib
import tempfile
from pathlib import Path

from . import http1, wire
from .lock import Lock
from .others import ALL
from .provider import Provider


class Stage:
    """A proxy before a provider. It lives for all faults that want the same."""

    def __init__(self, fault, certificates, proxy="model-lock"):
        self.fault, self.certificates, self.roots = fault, certificates, certificates.roots
        self.stack = contextlib.ExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        self.provider, self.proxy, self.peers, self.base = None, None, [], None
        self.left, self.odd, self.providers, self.patience = (0, 0), [], [], wire.SECONDS
        try:
            if fault.upstream != "own":
                self._start(proxy)
        except BaseException:
            self.close()
            raise

    def _start(self, proxy):
        self.provider = self.keep(Provider())
        self.provider.tls = self.certificates.server() if self.tls else None
        self.proxy = self.keep(self.lock(self.url, *self.fault.flags) if proxy == "model-lock" else ALL[proxy](self))

    @property
    def tls(self):
        return self.fault.upstream == "tls"

    @property
    def port(self):
        return self.provider.port

    @property
    def url(self):
        """Returns the URL of the provider."""
        known = {"plain": f"http://127.0.0.1:{self.port}", "tls": f"https://localhost:{self.port}"}
        return known.get(self.fault.upstream, self.fault.upstream)

    @property
    def script(self):
        return self.provider.script

    @script.setter
    def script(self, script):
        self.provider.script = script

    def keep(self, thing):
        """Closes it at the end."""
        self.stack.callback(thing.close)
        return thing

    def lock(self, upstream, *flags, **more):
        """Starts the program; who calls it closes it."""
        return Lock(upstream, self.folder, flags, roots=self.roots, **more)

    @contextlib.contextmanager
    def serving(self, upstream, *flags, **more):
        """Runs the program for one fault, and looks at what is left behind in the end."""
        lock = self.lock(upstream, *flags, **more)
        try:
            base = lock.base()
            yield lock
            if lock.process.poll() is None:
                self.look(lock, base)
        finally:
            lock.close()
            self.odd += lock.panics

    @contextlib.contextmanager
    def providing(self, script):
        """Runs a provider for one fault."""
        provider = Provider()
        provider.script = script
        self.providers.append(provider)
        try:
            yield provider
        finally:
            self.providers.remove(provider)
            provider.close()

    def look(self, lock, base):
        """Notes what a proxy still holds, once all have left."""
        if lock.process.poll() is not None:
            raise RuntimeError(f"the proxy ended with {lock.process.returncode}: {list(lock.lines)[-3:]}")
        self.left = tuple(map(max, self.left, lock.settles(base, self.drop, self.patience)))

    def drop(self):
        """Ends every connection of a provider."""
        for provider in [*self.providers, *([self.provider] if self.provider else [])]:
            provider.drop()

    def panics(self):
        """Returns the panics so far, once."""
        found, self.odd = self.odd, []
        if self.proxy and self.proxy.panics:
            found, self.proxy.panics = found + self.proxy.panics, []
        return found

    def connect(self, **more):
        """Connects to the proxy."""
        self.peers.append(wire.connect(self.proxy.address, **more))
        return self.peers[-1]

    def call(self, request=None):
        return http1.call(self.proxy.address, request)

    def clear(self):
        """Ends what a fault left open on this side."""
        for peer in self.peers:
            peer.close()
        self.peers.clear()
        self.drop()
        if self.provider:
            wrong, self.provider.wrong = self.provider.wrong, []
            if wrong:
                raise RuntimeError(f"the provider: {wrong}")

    def close(self):
        for peer in self.peers:
            peer.close()
        self.stack.close()
