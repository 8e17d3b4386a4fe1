"""One call of a client, and what is wrong with what became of it."""

from dataclasses import dataclass, field

from .lock import OTHER, PIN, wait_until

LARGE = (1 << 20, 4 << 20)
# What a client has of an answer without a sentence; elsewhere it is the name of the model that ran.
TEXTS = {"count-tokens": "7", "embeddings": "", "batches": "msgbatch_1", "caches": "cachedContents/1"}


@dataclass
class Trial:
    """What was tried, what it cost, and what is wrong."""

    client: str
    kind: str
    call: str
    calls: int = 0
    wrong: list = field(default_factory=list)

    def line(self):
        return f"{self.client}: {self.call}, {self.kind}: {'; '.join(self.wrong)}"


@dataclass
class Seen:
    """What the provider and the proxy saw of one call."""

    reply: dict
    upstream: list
    attempts: list
    undecidable: list
    requests: float


def play(script, provider, lock, call, model, size=0, attempts=False):
    """Makes one call and returns what was seen of it."""
    called, tried, odd = len(provider.calls), len(lock.attempts()), len(lock.undecidable())
    requests = lock.requests()
    reply = script.ask(call, lock.url, model, size)
    # The log is read by a thread of its own.
    wait_until(lambda: not attempts or len(lock.attempts()) > tried)
    counted = lock.requests() - requests
    wait_until(lambda: len(lock.attempts()) - tried >= (counted if attempts else 0), 0.3)
    return Seen(reply, provider.calls[called:], lock.attempts()[tried:], lock.undecidable()[odd:], counted)


def short(value):
    text = str(value)
    return text if len(text) < 400 else f"{text[:300]} … {text[-90:]}"


def judge_ran(trial, client, seen):
    """The provider saw the approved model, once, and the client has its text."""
    named = [call for call in seen.upstream if call.model]
    trial.calls = len(named)
    if any(call.model != PIN for call in named):
        trial.wrong.append(f"the provider saw {[call.line() for call in named]}")
    if not named or (len(named) != 1 and not client.agent):
        trial.wrong.append(f"{len(named)} calls reached the provider: {[call.line() for call in seen.upstream]}")
    if TEXTS.get(trial.call, PIN) not in seen.reply.get("text", "\0"):
        trial.wrong.append(f"the client says {short(seen.reply)}")


def allowed(trial, client, seen):
    judge_ran(trial, client, seen)
    if seen.attempts or (seen.undecidable and not client.agent):
        trial.wrong.append(f"the proxy logged {short(seen.attempts + seen.undecidable)}")


def forced(trial, client, seen):
    judge_ran(trial, client, seen)
    results = [event.get("result") for event in seen.attempts]
    if set(results) != {"forced"} or (len(results) != 1 and not client.agent):
        trial.wrong.append(f"the attempts logged are {results}")


def rejected(trial, client, seen):
    """Nothing reached the provider, each call is one attempt, and the client has the message of the proxy."""
    trial.calls = len({event.get("request_id") for event in seen.attempts})
    if [call for call in seen.upstream if call.model]:
        trial.wrong.append(f"the provider saw {[call.line() for call in seen.upstream]}")
    expected = client.rejected.get(trial.call, 1)
    if trial.calls != expected:
        trial.wrong.append(f"{trial.calls} calls for one rejection, {expected} expected")
    if len(seen.attempts) != trial.calls:
        trial.wrong.append(f"{trial.calls} calls and {len(seen.attempts)} attempts")
    if seen.requests != trial.calls and not (client.agent or client.socket):
        trial.wrong.append(f"{trial.calls} calls logged, {seen.requests:.0f} counted")
    if {event.get("result") for event in seen.attempts} - {"rejected"}:
        trial.wrong.append(f"an attempt is not rejected: {short(seen.attempts)}")
    told(trial, client, seen)


def told(trial, client, seen):
    """The error of the client carries what the proxy said: its status and its message."""
    if "error" not in seen.reply:
        trial.wrong.append(f"the client reports no error: {short(seen.reply)}")
        return
    statuses = {event.get("status") for event in seen.attempts}
    if "status" not in client.silent and seen.reply["status"] not in statuses:
        trial.wrong.append(f"the status is {seen.reply['status']}, the proxy answered {statuses}: {short(seen.reply)}")
    if "message" not in client.silent and "not permitted here" not in seen.reply["message"]:
        trial.wrong.append(f"the error has not the message: {short(seen.reply)}")


def free(trial, client, seen):
    """The operation passed. What is in `past` went on at the provider, where the proxy does not see it."""
    trial.calls = len(seen.upstream)
    past = [call for call in seen.upstream if call.past]
    if "text" not in seen.reply or not seen.upstream:
        trial.wrong.append(f"the client says {short(seen.reply)}; the proxy logged {short(seen.undecidable)}")
    elif bool(past) != (trial.call in client.past):
        trial.wrong.append(f"{len(past)} of {len(seen.upstream)} calls went past the proxy")
    if seen.attempts or seen.undecidable:
        trial.wrong.append(f"the proxy logged {short(seen.attempts + seen.undecidable)}")


def refused(trial, _client, seen):
    """Nothing reached the provider, the client called once, and has the message."""
    trial.calls = len(seen.undecidable)
    if seen.upstream or seen.attempts or trial.calls != 1:
        trial.wrong.append(f"{len(seen.upstream)} calls at the provider, logged {short(seen.attempts + seen.undecidable)}")
    if "locked by policy" not in seen.reply.get("message", ""):
        trial.wrong.append(f"the client says {short(seen.reply)}")


def plan(client):
    """Returns every trial of a client: its kind, the function that judges it, the mode, the call, the model, the size."""
    for call in client.models:
        yield "allowed", allowed, "reject", call, PIN, 0
        yield "forced", forced, "force", call, OTHER, 0
        yield "rejected", rejected, "reject", call, OTHER, 0
    for call in client.large:
        for size in LARGE:
            yield f"rejected at {size >> 20} MiB", rejected, "reject", call, OTHER, size
    for call in client.free:
        yield "free", free, "reject", call, PIN, 0
    for call in client.refused:
        yield "refused", refused, "reject", call, PIN, 0
