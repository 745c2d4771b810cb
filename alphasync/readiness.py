"""Whether a server can serve one more client, and why not."""

from pathlib import Path

from alphasync.data_dir import trouble
from alphasync.intake import Capacity
from alphasync.realtime.subscriber import Subscriber
from alphasync.services.runs import Runs
from alphasync.store.connect import Store
from alphasync.store.redis.advice import words
from alphasync.strain import Strain

TOO_MANY = "too many connections"
"""Why a server is not ready that has no room for one more client."""
OVERLOADED = "overloaded"
"""Why one is not that has more to do than it can."""


class Readiness:
    """``data_dir``: of the embedded Valkey, where that is used."""

    def __init__(
        self,
        runs: Runs,
        capacity: Capacity,
        store: Store,
        subscriber: Subscriber,
        data_dir: Path | None,
        strain: Strain,
    ) -> None:
        self._strain = strain
        self._runs = runs
        self._capacity = capacity
        self._store = store
        self._subscriber = subscriber
        self._data_dir = data_dir

    def objection(self) -> str | None:
        """Why this server is not ready, in words for people; None when it is."""
        if not self._runs.accepting:
            return "shutting down"
        if self._capacity.full:
            return TOO_MANY
        if self._strain.overloaded:
            return OVERLOADED
        if not self._store.pipeline.connected:
            error = self._store.pipeline.trouble
            reason = (self._data_dir and trouble(self._data_dir)) or (error and words(error))
            return f"no connection to Redis{': ' + reason if reason else ''}"
        if not self._subscriber.connected:
            reason = self._subscriber.trouble
            return f"no subscription to Redis{': ' + reason if reason else ''}"
        return None
