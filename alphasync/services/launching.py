"""What a server does around the script that may start a run: no crash leaves one that nobody looks
after."""

from collections.abc import Callable
from typing import Generic, TypeVar

from alphasync.domain.runs import ProcessingType
from alphasync.errors import StoreUnavailable
from alphasync.membership.holdings import Holding, Holdings
from alphasync.store.scripts.calls import Answer, Scripts
from alphasync.store.scripts.declaring import Call

T = TypeVar("T")
"""What the worker needs to know of a run."""


class Launching(Generic[T]):
    """``launch`` hands a started run to the worker of this server, and ``adopt`` a run of which it
    is not known whether it was started."""

    def __init__(
        self,
        scripts: Scripts,
        holdings: Holdings,
        launch: Callable[[T], None],
        adopt: Callable[[Holding], None],
    ) -> None:
        self._scripts = scripts
        self._holdings = holdings
        self._launch = launch
        self._adopt = adopt

    def holding(self, account: str, profile: str, type_: ProcessingType, run_id: str) -> Holding:
        """That of a run that this server is about to start."""
        return Holding("run", self._holdings.owner, account, profile, type_, run_id)

    async def call(self, holding: Holding, call: Call, *, confirmed: bool = False) -> Answer:
        """Note the run as held, and call the script that starts it with ``OK`` or does not.

        ``confirmed``: no failover may lose it. Raises StoreUnavailable: the run is looked after,
        should it have been started all the same.
        """
        noted = self._holdings.hold(holding)
        try:
            if confirmed:
                await noted
                answer = await self._scripts.call(call, confirmed=True)
            else:
                answer = await self._scripts.call(call, after=noted)
        except StoreUnavailable:
            # It may be carried out all the same, and then nobody else looks after the run.
            self._adopt(holding)
            raise
        if answer.outcome != "OK":
            try:
                await self._holdings.drop(holding, noted_for=holding.owner)
            except StoreUnavailable:
                self._adopt(holding)  # finds nothing behind the note, and drops it in its own time
        return answer

    def launch(self, holding: Holding, ticket: T) -> None:
        """Have a run that was started carried out."""
        if holding.owner == self._holdings.owner:
            self._launch(ticket)
        else:
            # The lease that it was started under is lost: under the new one it is taken over.
            self._adopt(holding)
