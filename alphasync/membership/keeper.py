"""Who looks after what a server is responsible for: a keeper of devices, and one of runs."""

from collections.abc import Mapping
from typing import Literal, Protocol

from alphasync.membership.holdings import Holding
from alphasync.membership.lease_table import Adoption


class Keeper(Protocol):
    """None of the calls waits; what is to be done goes on behind them."""

    def adopt(self, holding: Holding, adoption: Adoption) -> None:
        """Look after one of the holdings of a server that is gone."""

    def reclaim(self, former: str) -> None:
        """Others have taken over what this server held under the name ``former``: put what it goes
        on with on record again, under its new name."""

    def note_again(self) -> None:
        """Nothing is noted as this server's: should it hold something, Redis has lost the notes."""


Keepers = Mapping[Literal["device", "run"], Keeper]
"""By the kind of their holdings."""
