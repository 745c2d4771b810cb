"""What waits for one client: in order, and in bounds."""

from collections.abc import Callable, Hashable

from alphasync.transport.outgoing import Outgoing

KeyOf = Callable[[str], Hashable | None]
"""The key of a message of which only the latest has to arrive; None for one that must arrive."""


class Overflow(Exception):
    """More waits for a client than may."""


class Backlog:
    """What waits for one client, in order and in bounds.

    When it fills up, of the messages with the same key only the latest stays. ``limit``: bytes.
    """

    __slots__ = (
        "_conflate_at",
        "_key_of",
        "_limit",
        "_paid",
        "extra",
        "packets",
        "size",
    )

    def __init__(self, limit: int, key_of: KeyOf | None) -> None:
        self.packets: list[Outgoing] = []
        self.size = 0
        """Bytes."""
        self.extra = 0
        """Bytes that may wait beyond the limit: what a client has asked for itself."""
        self._paid = 0
        self._limit = limit
        self._key_of = key_of
        self._conflate_at = limit // 2

    def extend(self, packets: list[Outgoing], elsewhere: int = 0) -> None:
        """Add packets. ``elsewhere``: bytes that wait for the client in other places.

        Raises Overflow when they do not fit.
        """
        self.packets += packets
        self.size += sum([packet.size for packet in packets])
        if self.size + elsewhere > self._conflate_at + self.extra and self._key_of is not None:
            self._conflate(self._key_of)
            # A look at everything each time something comes would cost more than it saves.
            self._conflate_at = min(self._limit, max(self._limit // 2, 2 * self.size + elsewhere))
        if self.size + elsewhere > self._limit + self.extra:
            raise Overflow

    def drain(self, most: int | None = None) -> list[Outgoing]:
        """Remove and return the first packets, all of them unless there are more than ``most``."""
        if most is None or len(self.packets) <= most:
            drained, self.packets, size = self.packets, [], self.size
        else:
            drained, self.packets = self.packets[:most], self.packets[most:]
            size = sum([packet.size for packet in drained])
        self.size -= size
        self._paid = min(self.extra, size)
        self.extra -= self._paid
        return drained

    def give_back(self, packets: list[Outgoing]) -> None:
        """Put packets that were just drained in front again."""
        size = sum([packet.size for packet in packets])
        self.packets[:0] = packets
        self.size += size
        self.extra += min(self._paid, size)

    def _conflate(self, key_of: KeyOf) -> None:
        kept: list[Outgoing] = []
        seen: set[Hashable] = set()
        for packet in reversed(self.packets):
            said = packet.said
            key = key_of(said) if said else None
            if key is not None:
                if key in seen:
                    continue
                seen.add(key)
            kept.append(packet)
        kept.reverse()
        self.packets = kept
        self.size = sum([packet.size for packet in kept])
