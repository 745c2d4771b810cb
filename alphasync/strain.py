"""Whether a server has more to do than it can."""

LATE = 0.15
"""Seconds that a timer of a server is late that has too much to do. One that does all it can and no
more is some milliseconds late."""
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

    def note(self, late: float) -> None:
        """How late the loop is, in seconds, as is looked at twice a second."""
        self._against = self._against + 1 if (late >= LATE) != self.overloaded else 0
        if self._against >= (CALM_LOOKS if self.overloaded else LATE_LOOKS):
            self.overloaded, self._against = not self.overloaded, 0
