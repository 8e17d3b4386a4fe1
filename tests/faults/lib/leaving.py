"""Clients that leave: whether the call at the provider ends with them."""

from . import http1
from .wire import wait_until

ENDS = "the upstream call ends"


def leaves(stage, content=b"", request=None, leave=lambda peer: peer.close()):
    """Leaves once the provider has sent this, and says whether its call ends."""
    began, ended = [], []

    def script(peer):
        peer.request()
        peer.send(content)
        began.append(1)
        ended.append(peer.ends())

    stage.script = script
    client = stage.connect()
    client.send(request or http1.post())
    wait_until(lambda: began)
    if content:
        client.line(b"\r\n\r\n")
    leave(client)
    wait_until(lambda: ended)
    return ENDS if ended == [True] else "the upstream call goes on"
