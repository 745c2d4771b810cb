"""Whether a server has more to do than it can."""

LATE = 0.25
"""Seconds that a timer is late where there is too much to do in one turn of the loop. Where a
server does all it can and no more it is some milliseconds late."""
UNREAD = 1_000
"""Messages of clients that have come and wait: one client has at most 256 of them."""
LATE_LOOKS = 4
"""Looks in a row, each half a second after the one before, that say so."""
CALM_LOOKS = 2
"""Looks in a row that say that it is over."""


class Strain:
    def __init__(self) -> None:
        self.overloaded = False
        """Whether new clients had better go elsewhere."""
        self._against = 0
        """Looks in a row that say that it is otherwise by now."""

    def note(self, late: float, unread: int) -> None:
        """How late the loop is, in seconds, and how many messages wait, as is looked at twice a
        second."""
        strained = late >= LATE or unread >= UNREAD
        self._against = self._against + 1 if strained != self.overloaded else 0
        if self._against >= (CALM_LOOKS if self.overloaded else LATE_LOOKS):
            self.overloaded, self._against = not self.overloaded, 0
