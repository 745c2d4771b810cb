"""Which trace a call to the gateway is part of: https://www.w3.org/TR/trace-context/, level 1.

What is asked on behalf of a run is one trace, whichever server carries it out; what a client asks
for is part of its own, where it says so. We keep no spans: the gateway's tracing shows its own.
"""

import hashlib
import re
import secrets
from contextvars import ContextVar

HEADER = "traceparent"
_FORM = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_run: ContextVar[str] = ContextVar("trace of a run", default="")
_client: ContextVar[str] = ContextVar("traceparent of a client", default="")


def trace_of(run_id: str) -> str:
    """The id of a run's trace: the same on every server."""
    return hashlib.sha256(f"run {run_id}".encode()).hexdigest()[:32]


def begin_run(run_id: str) -> str:
    """All that this task asks for from here on is on behalf of a run; returns its trace's id."""
    trace = trace_of(run_id)
    _run.set(trace)
    return trace


def begin_request(traceparent: str | None) -> None:
    """All that this task asks for from here on is part of a client's own trace, if it has one."""
    _client.set(traceparent if traceparent and _FORM.fullmatch(traceparent) else "")


def traceparent() -> str:
    """The header of the next call. A client's is passed on as it came: in between is no span."""
    if not _run.get() and (given := _client.get()):
        return given
    # Sampled: whoever asks its backend for traces of runs wants all of one.
    return f"00-{_run.get() or secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
