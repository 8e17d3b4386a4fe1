"""Certificates: one that is trusted, one for another name, one of an unknown authority."""

import ssl
import subprocess

MAKE = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split()
# The certificates: their authority, and whom they are for.
NAMES = {
    "trusted": ("known", "localhost"),
    "other-name": ("known", "elsewhere.invalid"),
    "unknown": ("foreign", "localhost"),
}


def make(folder, name, *more):
    """Makes a certificate, and returns the files of it and its key."""
    cert, key = folder / f"{name}.pem", folder / f"{name}-key.pem"
    subprocess.run(
        [*MAKE, "-subj", f"/CN={name}", *more, "-out", cert, "-keyout", key], check=True, capture_output=True
    )
    return cert, key


def signed(folder, name, authority, host):
    """Makes a certificate that an authority vouches for."""
    cert, key = authority
    leaf = ["-addext", "basicConstraints=critical,CA:FALSE", "-addext", f"subjectAltName=DNS:{host}"]
    return make(folder, name, "-CA", cert, "-CAkey", key, *leaf)


class Certificates:
    """What a provider can show. `roots` has the authority that is trusted."""

    def __init__(self, folder):
        authorities = {name: make(folder, name) for name in ("known", "foreign")}
        self.roots = authorities["known"][0]
        self.files = {name: signed(folder, name, authorities[of], host) for name, (of, host) in NAMES.items()}

    def server(self, name="trusted", protocol="http/1.1"):
        """Returns the TLS of a server that shows this certificate and speaks this protocol."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.files[name])
        context.set_alpn_protocols([protocol])
        return context
