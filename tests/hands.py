"""A person at a box, without I/O: what the box sends, and what it makes of what it hears."""

from alphasync.domain.merging import Steps, apply, edit_between, move, moved, slid


class Hand:
    """Has one text on its way at a time, which says what it was made from."""

    def __init__(self) -> None:
        self.box = ""
        self.known = ""
        """The text at its revision."""
        self.revision = 0
        self.caret = 0
        self.sent: str | None = None
        self._heard: tuple[str, int] | None = None

    def show(self, text: str, revision: int, caret: int) -> None:
        self.box = self.known = text
        self.revision, self.caret = revision, caret

    @property
    def idle(self) -> bool:
        return self.sent is None and self.box == self.known

    def put(self, letters: str) -> None:
        """Put letters in at the caret."""
        self.box = self.box[: self.caret] + letters + self.box[self.caret :]
        self.caret += len(letters)

    def send(self) -> tuple[str, int] | None:
        """A text that is to be sent now, and its base."""
        if self.sent is not None or self.box == self.known:
            return None
        self.sent = self.box
        return self.box, self.revision

    def hear(self, text: str, revision: int) -> None:
        """Hear of a text of another."""
        if revision <= self.revision:
            return
        if self.sent is not None:
            self._heard = (text, revision)
        else:
            self._adopt(self.known, text, revision)

    def answered(self, text: str, revision: int) -> None:
        """Hear what was stored of what was sent."""
        sent, self.sent = self.sent, None
        if sent is None:
            raise ValueError("nothing was sent")
        if self._heard and self._heard[1] > revision:
            text, revision = self._heard
        self._heard = None
        self._adopt(sent, text, revision)

    def _adopt(self, before: str, text: str, revision: int) -> None:
        """Show a text that was made from ``before``, with what was typed on that meanwhile."""
        over = edit_between(before, text, Steps())
        own = edit_between(before, self.box, Steps())
        # The caret is behind what was typed last: what others put in right there comes after it.
        if own:
            start = self.caret - len(own[0].text)
            own = slid(own, before, start)
            self.box = apply(text, move(own, over, start))
            self.caret = moved(start, over, ahead=True) + self.caret - start
        else:
            self.caret = moved(self.caret, over, ahead=True)
            self.box = text
        self.known, self.revision = text, revision
