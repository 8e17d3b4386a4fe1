"""TLS with a provider that is not whom it should be, or does not answer."""

from lib import http1
from lib.fault import fault
from lib.provider import answers

GROUP = "TLS with a provider"


def shows(name, certificate, expected="502"):
    """Adds a fault: the provider shows this certificate."""

    @fault(GROUP, name, expected, upstream="tls")
    def made(stage):
        stage.provider.tls = stage.certificates.server(certificate)
        stage.script = answers(http1.ok())
        return stage.call().seen()


shows("has a certificate that is trusted", "trusted", "200")
shows("has a certificate for another name", "other-name")
shows("has a certificate of an unknown authority", "unknown")


def speaks(name, script, **more):
    """Adds a fault: the provider does this instead of TLS."""

    @fault(GROUP, name, "502", upstream="tls", **more)
    def made(stage):
        stage.provider.tls, stage.script = None, script
        return stage.call().seen()


speaks("speaks plain HTTP", lambda peer: (peer.exactly(5), peer.send(http1.ok())))
speaks("closes in the handshake", lambda peer: peer.exactly(5), times=20, sample=1)
speaks("resets in the handshake", lambda peer: (peer.exactly(5), peer.reset()))
speaks(
    "answers the handshake with garbage", lambda peer: (peer.exactly(5), peer.send(b"\x16\x03\x03\x40\0" + b"x" * 99))
)
SHORT = {"flags": ("--connect-timeout", "300ms"), "limit": "300ms", "sample": 1}
speaks("never answers the handshake (--connect-timeout 300ms)", lambda peer: peer.ends(), **SHORT)
