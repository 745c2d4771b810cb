"""What a peer says of itself may be any text."""

import pytest

from alphasync.transport.peers import ID_SIZE, Peers


async def nobody(_: str) -> None:
    return None


@pytest.mark.parametrize("text", ["\u00e9", "\udcff", "\x00", "\U0001f600"])
def test_a_proof_or_an_id_outside_ascii_is_wrong_and_no_error(text: str) -> None:
    peers = Peers(("secret",), nobody)
    assert not peers.signed(text, "GET")
    assert not peers.signed("proof", text)
    assert peers.owner_of(text * ID_SIZE) is None
    assert peers.signed(peers.sign(peers.name, text), text)


def test_servers_between_two_keys_know_each_other_and_no_one_else() -> None:
    """As one after the other puts the next key first."""
    before, after = Peers(("old", "new"), nobody), Peers(("new", "old"), nobody)
    for one, other in ((before, after), (after, before)):
        assert one.owner_of(other.new_id()) == other.name
        assert one.signed(other.sign(one.name, "GET"), "GET")
        assert one.answered(other.name, other.sign_answer("200"), "200")
    stranger = Peers(("third",), nobody)
    assert before.owner_of(stranger.new_id()) is None
    assert not before.signed(stranger.sign(before.name, "GET"), "GET")
    assert not before.answered(stranger.name, stranger.sign_answer("200"), "200")
    only = Peers(("old",), nobody)
    assert only.owner_of(before.new_id()) == before.name
    assert only.owner_of(after.new_id()) is None, "it has to be told of a key before one signs"
