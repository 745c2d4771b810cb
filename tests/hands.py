"""A person at a box, without I/O: what the box sends, and what it makes of what it hears."""

from alphasync.domain.merging import (
    Edit,
    Steps,
    Stretch,
    apply,
    edit_between,
    edit_to,
    end_of,
    move,
    moved,
)


class Hand:
    """Has one text on its way at a time, which says what it was made from."""

    def __init__(self) -> None:
        self.box = ""
        self.known = ""
        """The text at its revision."""
        self.revision = 0
        self.caret = 0
        self.sent: str | None = None
        self._sent_at = 0
        self._heard: list[tuple[str, int, int | None]] = []

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

    def send(self) -> tuple[str, int, int] | None:
        """A text that is to be sent now, its base, and the caret in it."""
        if self.sent is not None or self.box == self.known:
            return None
        self.sent, self._sent_at = self.box, self.caret
        return self.box, self.revision, self.caret

    def hear(self, text: str, revision: int, caret: int | None = None) -> None:
        """Hear of a text of another, and where in it their change ends."""
        if revision <= self.revision:
            return
        if self.sent is not None:
            self._heard.append((text, revision, caret))
        else:
            self._adopt(edit_to(self.known, text, caret), text, revision)

    def answered(self, text: str, revision: int, caret: int | None = None) -> None:
        """Hear what was stored of what was sent, and where in it that ends."""
        sent, self.sent = self.sent, None
        if sent is None:
            raise ValueError("nothing was sent")
        heard, self._heard = self._heard, []
        own = edit_to(self.known, sent, self._sent_at)
        self.known, at = sent, 0
        if caret is not None and own:
            # What others put in in front of it, and then what they put in behind it.
            at = end_of(own)
            in_front = edit_between(sent[:at], text[:caret], Steps())
            self._adopt(in_front, text[:caret] + sent[at:], self.revision, in_front=True)
            at = caret
        behind = edit_between(self.known[at:], text[at:], Steps())
        self._adopt([Stretch(at + s, at + e, put) for s, e, put in behind], text, revision)
        for later in heard:
            self.hear(*later)

    def _adopt(self, over: Edit, text: str, revision: int, *, in_front: bool = False) -> None:
        """Show a text that was made from the known one, with what was typed on that meanwhile.
        ``in_front``: of what was typed, even where it was put in right there."""
        own = edit_to(self.known, self.box, self.caret)
        # The caret is behind what was typed last: what others put in right there comes after it.
        if own:
            start = self.caret - len(own[0].text)
            self.box = apply(text, move(own, over, -1 if in_front else start))
            self.caret = moved(start, over, ahead=not in_front) + self.caret - start
        else:
            self.caret = moved(self.caret, over, ahead=not in_front)
            self.box = text
        self.known, self.revision = text, revision
