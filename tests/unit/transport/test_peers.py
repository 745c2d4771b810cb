"""What a peer says of itself may be any text."""

import pytest

from alphasync.transport.peers import ID_SIZE, Peers


async def nobody(_: str) -> None:
    return None


@pytest.mark.parametrize("text", ["\u00e9", "\udcff", "\x00", "\U0001f600"])
def test_a_proof_or_an_id_outside_ascii_is_wrong_and_no_error(text: str) -> None:
    peers = Peers("secret", nobody)
    assert not peers.signed(text, "GET")
    assert not peers.signed("proof", text)
    assert peers.owner_of(text * ID_SIZE) is None
    assert peers.signed(peers.sign(peers.name, text), text)
