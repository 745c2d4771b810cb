"""What a push service is given, by the example of the RFC and as a browser reads it."""

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from alphasync.services.push_message import (
    CURVE,
    NoSubscription,
    PushKeys,
    decode,
    encode,
    encrypt,
    point_of,
)
from tests.pushes import Browser

# RFC 8291, section 5 and appendix A.
TEXT = b"When I grow up, I want to be a watermelon"
RECEIVER = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
MESSAGE = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6T"
    "lzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a"
    "-fN"
)


def test_the_example_of_the_rfc() -> None:
    sender = ec.derive_private_key(int.from_bytes(decode(SENDER, 32), "big"), CURVE)
    assert encode(encrypt(TEXT, RECEIVER, AUTH, sender, decode(SALT, 16))) == MESSAGE


def test_a_browser_reads_it_and_no_two_are_alike() -> None:
    browser = Browser()
    sent = [encrypt(b"Hello", browser.p256dh, browser.auth) for _ in range(2)]
    assert [browser.read(one) for one in sent] == [b"Hello", b"Hello"]
    assert sent[0] != sent[1]


@pytest.mark.parametrize("key", ["", "A", RECEIVER[:-1], RECEIVER + "AA", "B" * 87, "ü" * 87])
def test_a_key_that_is_none(key: str) -> None:
    with pytest.raises(NoSubscription):
        point_of(key)


def test_all_who_have_the_secret_have_the_key_and_go_on_with_the_former_one() -> None:
    before, after = PushKeys(("old",), "mailto:a@b.example"), PushKeys(("new", "old"), "")
    assert before.public == PushKeys(("old",), "").public
    assert before.public in after
    assert after.public not in before
    kind, _, rest = before.proof("https://push.example:8443/x?y", before.public, 1e9).partition(" ")
    token, key = (part.partition("=")[2] for part in rest.split(", "))
    assert (kind, key) == ("vapid", before.public)
    claims = jwt.decode(
        token,
        point_of(key),
        ["ES256"],
        audience="https://push.example:8443",
        options={"verify_exp": False},
    )
    assert claims["sub"] == "mailto:a@b.example"
    assert claims["exp"] - 1e9 <= 24 * 3600
