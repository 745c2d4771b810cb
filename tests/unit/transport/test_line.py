"""Frames between two servers: none is made up, changed, left out, or comes in another place."""

import pytest

from alphasync.transport.line import PROOF_SIZE, SIZE_SIZE, Broken, Opener, Sealer
from alphasync.transport.peers import Peers

KEY, NEXT_KEY = b"k" * 32, b"n" * 32
FIRST, SECOND = b"the first", b"the second"
HELLO = b"h" * 16


def frames() -> list[bytes]:
    sealer = Sealer(KEY)
    return [sealer.seal(FIRST), sealer.seal(SECOND)]


def opener(*keys: bytes, size_max: int = 100) -> Opener:
    return Opener(list(keys or (KEY,)), size_max)


@pytest.mark.parametrize("step", [1, 3, 29, 1000])
def test_they_come_in_any_pieces(step: int) -> None:
    data, opened, found = b"".join(frames()), opener(), list[bytes]()
    for at in range(0, len(data), step):
        found += opened.feed(data[at : at + step])
    assert found == [FIRST, SECOND]


@pytest.mark.parametrize("place", [SIZE_SIZE, SIZE_SIZE + PROOF_SIZE - 1, SIZE_SIZE + PROOF_SIZE])
def test_a_changed_byte_breaks_the_line(place: int) -> None:
    frame = bytearray(frames()[0])
    frame[place] ^= 1
    with pytest.raises(Broken):
        opener().feed(bytes(frame))


@pytest.mark.parametrize("order", [(0, 0), (1,), (1, 0), (0, 1, 1)])
def test_each_comes_once_and_in_its_place(order: tuple[int, ...]) -> None:
    made, opened = frames(), opener()
    data = b"".join(made[number] for number in order)
    with pytest.raises(Broken):
        opened.feed(data)


def test_what_is_too_long_is_not_waited_for() -> None:
    opened = opener(size_max=8)
    with pytest.raises(Broken):
        opened.feed(frames()[0][:SIZE_SIZE])


def test_the_first_frame_says_which_key_and_the_others_have_the_same() -> None:
    opened = opener(NEXT_KEY, KEY)
    first, _ = frames()
    assert opened.feed(first) == [FIRST]
    assert opened.chosen == 1
    other = Sealer(NEXT_KEY)
    other.seal(b"")
    with pytest.raises(Broken):
        opened.feed(other.seal(SECOND))


async def nobody(_: str) -> None:
    return None


def test_a_line_has_keys_of_its_own() -> None:
    peers, stranger = Peers(("secret",), nobody), Peers(("another",), nobody)
    keys = peers.line_keys("owner", "nonce", HELLO)
    assert keys == Peers(("secret",), nobody).line_keys("owner", "nonce", HELLO)
    others = [
        stranger.line_keys("owner", "nonce", HELLO),
        peers.line_keys("another", "nonce", HELLO),
        peers.line_keys("owner", "another", HELLO),
        peers.line_keys("owner", "nonce", b"H" * 16),
    ]
    assert len({*keys[0], *(key for line in others for key in line[0])}) == 10


def test_servers_between_two_keys_have_a_line() -> None:
    before, after = Peers(("old", "new"), nobody), Peers(("new", "old"), nobody)
    one, other = (peers.line_keys("owner", "nonce", HELLO) for peers in (before, after))
    assert one == other[::-1]
