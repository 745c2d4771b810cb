"""What goes to clients that speak MessagePack: encoded once, whatever their number, and not at all
where there is none."""

from alphasync.transport import messagepack
from alphasync.transport.outgoing import MESSAGE, Outgoing


class Packed(Outgoing):
    """A packet for a client that speaks MessagePack; control packets are the same for all."""

    __slots__ = ()

    @property
    def said(self) -> str:
        return messagepack.unpack(self.payload) if self.binary else super().said


class Packing:
    """The latest message is kept, as the same one goes to many clients, one after the other.

    The JSON one does not keep it: what waits for a client would weigh twice as much.
    """

    def __init__(self) -> None:
        self._latest: Outgoing | None = None
        self._packed: Outgoing = Packed(b"")

    def of(self, packet: Outgoing) -> Outgoing:
        """The same message as MessagePack; what is no message, or is that already, as it is."""
        if packet is not self._latest:
            text = "" if packet.binary else packet.text
            if text[:1] != MESSAGE:
                return packet
            self._latest, self._packed = packet, Packed(messagepack.pack(text[1:]))
        return self._packed

    def whole(self, packets: list[Outgoing]) -> Outgoing:
        """The same for a message with binary parts behind it."""
        first, *parts = packets
        if first is not self._latest:
            attachments = [part.payload for part in parts]
            packed = messagepack.pack(first.text[1:], attachments)
            self._latest, self._packed = first, Packed(packed)
        return self._packed
