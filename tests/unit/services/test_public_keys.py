"""Tokens that somebody else signs with a key of their own, of which we have the public part."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from alphasync.services.public_keys import (
    PUBLIC_KEYS_MAX,
    NoKeys,
    PublicKey,
    of_jwks,
    of_pem,
)
from alphasync.services.signing import Trust
from alphasync.services.tokens import InvalidToken, Tokens, new_sign_in

SECRET = "a secret that only the tests know and long enough"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ED = ed25519.Ed25519PrivateKey.generate()
DEFAULT = ["RS256", "EdDSA"]


def pem(private: Any) -> str:
    return str(
        private.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def jwk(private: Any, **more: Any) -> dict[str, Any]:
    kinds = {rsa.RSAPrivateKey: RSAAlgorithm, ec.EllipticCurvePrivateKey: ECAlgorithm}
    of: Any = next((of for kind, of in kinds.items() if isinstance(private, kind)), OKPAlgorithm)
    return {**of.to_jwk(private.public_key(), as_dict=True), **more}


def jwks(*found: dict[str, Any]) -> str:
    return json.dumps({"keys": found})


def taking(*public: PublicKey, **trust: tuple[str, ...]) -> Tokens:
    return Tokens((SECRET,), 3600, trust=Trust(tuple(public), **trust))


def claims(**more: Any) -> dict[str, Any]:
    return {"operatorId": "7", "exp": int(time.time()) + 3600, **more}


def refused(tokens: Tokens, token: str) -> None:
    with pytest.raises(InvalidToken):
        tokens.verify(token)


def part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def hmac_signed(header: dict[str, Any], key: bytes) -> str:
    """As PyJWT does not sign, and somebody else's own code does."""
    text = f"{part(header)}.{part(claims())}"
    raw = hmac.digest(key, text.encode(), hashlib.sha256)
    return f"{text}.{base64.urlsafe_b64encode(raw).rstrip(b'=').decode()}"


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS256"), (ED, "EdDSA")])
def test_a_token_by_a_key_of_a_file_is_taken(key: Any, algorithm: str) -> None:
    both = of_pem(f"a comment\n{pem(RSA)}{pem(ED)}", DEFAULT)
    token = jwt.encode(claims(), key, algorithm=algorithm, headers={"kid": "theirs"})
    assert taking(*both).verify(token).operator_id == "7"
    refused(taking(), token)
    refused(taking(*of_pem(pem(OTHER_RSA), DEFAULT)), token)
    own = taking(*both).mint("8").token
    assert taking(*both).verify(own).operator_id == "8"


def test_a_key_set_finds_them_by_name() -> None:
    found = of_jwks(
        jwks(jwk(RSA, kid="a"), jwk(ED, kid="b"), jwk(OTHER_RSA, kid="a")), DEFAULT
    ).keys
    tokens = taking(*found)
    for key in (RSA, OTHER_RSA):
        for kid in ("a", None):
            headers = {"kid": kid} if kid else {}
            token = jwt.encode(claims(), key, algorithm="RS256", headers=headers)
            assert tokens.verify(token).operator_id == "7"
    for kid in ("b", "c", "", "../../dev/null", "x" * 3000):
        refused(tokens, jwt.encode(claims(), RSA, algorithm="RS256", headers={"kid": kid}))


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_a_key_signs_as_the_setting_says_and_no_token(algorithm: str) -> None:
    token = jwt.encode(claims(), RSA, algorithm=algorithm)
    refused(taking(*of_pem(pem(RSA), DEFAULT)), token)
    assert taking(*of_pem(pem(RSA), [algorithm])).verify(token).operator_id == "7"
    narrow = of_jwks(jwks(jwk(RSA, alg="RS256")), ["RS256", algorithm]).keys
    refused(taking(*narrow), token)


def test_what_everybody_may_know_is_no_secret() -> None:
    text = pem(RSA)
    tokens = taking(*of_pem(text, DEFAULT), *of_jwks(jwks(jwk(RSA, kid="a")), DEFAULT).keys)
    known = (text, text.strip(), json.dumps(jwk(RSA)), jwk(RSA)["n"], "")
    for key in known:
        for header in ({"alg": "HS256"}, {"alg": "HS256", "kid": "a"}):
            refused(tokens, hmac_signed(header, key.encode()))
            refused(tokens, hmac_signed({**header, "alg": "RS256"}, key.encode()))
    assert tokens.verify(hmac_signed({"alg": "HS256"}, SECRET.encode())).operator_id == "7"
    refused(tokens, hmac_signed({"alg": "RS256"}, SECRET.encode()))


@pytest.mark.parametrize(
    "header",
    [
        {"jwk": jwk(OTHER_RSA)},
        {"jku": "https://evil.example/jwks.json"},
        {"x5u": "https://evil.example/cert.pem"},
        {"x5c": ["AAAA"]},
    ],
    ids=lambda header: next(iter(header)),
)
def test_a_key_that_the_token_brings_along_is_not_looked_at(header: dict[str, Any]) -> None:
    tokens = taking(*of_pem(pem(RSA), DEFAULT))
    refused(tokens, jwt.encode(claims(), OTHER_RSA, algorithm="RS256", headers=header))
    good = jwt.encode(claims(), RSA, algorithm="RS256", headers=header)
    assert tokens.verify(good).operator_id == "7"


@pytest.mark.parametrize(
    "header",
    [
        {"alg": ["HS256"]},
        {"alg": {"a": 1}},
        {"alg": 1},
        {"alg": None},
        {"alg": "none"},
        {"alg": "hs256"},
        {"alg": "HS256", "crit": ["exp"]},
        {"alg": "HS256", "crit": []},
        {"alg": "HS256", "crit": "b64"},
        {"alg": "HS256", "b64": False},
        {"alg": "HS256", "b64": False, "crit": ["b64"]},
        {"alg": "HS256", "kid": 1},
        {"alg": "HS256", "kid": ["a"]},
        {"alg": "HS256", "kid": {"a": 1}},
        {"alg": "HS256", "kid": None},
    ],
    ids=str,
)
def test_an_odd_header_is_refused_under_a_good_signature(header: dict[str, Any]) -> None:
    tokens = taking(*of_pem(pem(RSA), DEFAULT))
    refused(tokens, hmac_signed(header, SECRET.encode()))


def test_members_that_come_twice_and_numbers_without_end() -> None:
    tokens = taking()
    for header, body in (
        ('{"alg":"HS256","alg":"none"}', json.dumps(claims())),
        ('{"alg":"HS256"}', '{"operatorId":"7","exp":' + "9" * 5000 + "}"),
        ('{"alg":"HS256"}', '{"operatorId":"7","exp":1e999}'),
        ('{"alg":"HS256"}', '{"operatorId":"7","exp":NaN}'),
        ('{"alg":"HS256"}', '{"operatorId":"7","exp":9999999999,"exp":1}'),
        ('{"alg":"HS256"}', '{"operatorId":' + "[" * 3000 + "]" * 3000 + "}"),
    ):
        text = ".".join(
            base64.urlsafe_b64encode(piece.encode()).rstrip(b"=").decode()
            for piece in (header, body)
        )
        raw = hmac.digest(SECRET.encode(), text.encode(), hashlib.sha256)
        refused(tokens, f"{text}.{base64.urlsafe_b64encode(raw).rstrip(b'=').decode()}")


def test_nobody_else_makes_logins_of_ours() -> None:
    sign_in = new_sign_in()
    said = claims(sid=sign_in, sidAt=1, profiles=["1"], profilesKept=True)
    theirs = jwt.encode(said, ED, algorithm="EdDSA")
    who = taking(*of_pem(pem(ED), DEFAULT)).verify(theirs)
    assert (who.sign_in, who.profiles_kept, who.profiles) == ("", False, frozenset({"1"}))
    ours = jwt.encode(said, SECRET, algorithm="HS256")
    assert taking().verify(ours).sign_in == sign_in


def test_a_subject_stands_for_an_operator_that_is_not_named() -> None:
    tokens = taking()

    def token(**said: Any) -> str:
        return jwt.encode({"exp": int(time.time()) + 60, **said}, SECRET, algorithm="HS256")

    assert tokens.verify(token(sub="7")).operator_id == "7"
    assert tokens.verify(token(sub="auth0|x", operatorId=7)).operator_id == "7"
    for said in ({}, {"sub": ""}, {"sub": "7", "operatorId": None}, {"sub": "a\nb"}):
        refused(tokens, token(**said))


@pytest.mark.parametrize(("claim", "setting"), [("aud", "audience"), ("iss", "issuer")])
def test_whom_it_is_for_and_who_it_is_by(claim: str, setting: str) -> None:
    strict = taking(**{setting: ("us", "them")})

    def token(**said: Any) -> str:
        return jwt.encode(claims(**said), SECRET, algorithm="HS256")

    for value in ("us", "them"):
        assert strict.verify(token(**{claim: value})).operator_id == "7"
    for said in ({}, {claim: "else"}, {claim: ""}, {claim: "us,them"}, {claim: "US"}):
        refused(strict, token(**said))
    ours = strict.mint("7")
    assert jwt.decode(ours.token, options={"verify_signature": False})[claim] == "us"
    fresh = strict.refresh(strict.verify(ours.token), None).token
    assert strict.verify(fresh).operator_id == "7"


def test_a_token_for_somebody_is_not_for_whoever_has_no_name() -> None:
    refused(taking(), jwt.encode(claims(aud="them"), SECRET, algorithm="HS256"))
    several = jwt.encode(claims(aud=["them", "us"]), SECRET, algorithm="HS256")
    assert taking(audience=("us",)).verify(several).operator_id == "7"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no key",
        pem(RSA).replace("MII", "MIX"),
        pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)),
        pem(ec.generate_private_key(ec.SECP256K1())),
        pem(RSA) * (PUBLIC_KEYS_MAX + 1),
        "x" * 300_000,
        RSA.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
    ],
    ids=["empty", "text", "broken", "short", "curve", "many", "large", "private"],
)
def test_a_file_that_has_no_public_key(text: str) -> None:
    with pytest.raises(NoKeys):
        of_pem(text, DEFAULT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"keys": []}',
        '{"keys": [5]}',
        '{"keys": ' + "[" * 500 + "]" * 500 + "}",
        jwks({"kty": "oct", "k": "c2VjcmV0", "kid": "a"}),
        jwks(jwk(RSA, use="enc")),
        jwks(jwk(RSA, key_ops=["encrypt"])),
        jwks(jwk(RSA, alg="HS256")),
        jwks(jwk(RSA, alg=["RS256"])),
        jwks(jwk(RSA, kid=5)),
        jwks(jwk(RSA, n=5)),
        jwks({"kty": ["RSA"]}),
        jwks({**jwk(ED), "d": "AAAA"}),
        jwks(*[jwk(RSA)] * (PUBLIC_KEYS_MAX + 1)),
    ],
)
def test_a_set_that_has_no_public_key(text: str) -> None:
    with pytest.raises(NoKeys):
        of_jwks(text, DEFAULT)


def test_what_cannot_be_used_of_a_set_does_not_keep_the_rest_away() -> None:
    odd: list[dict[str, Any]] = [{"kty": "oct", "k": "AA"}, {}, jwk(RSA, use="enc"), {"kty": "RSA"}]
    odd.append(jwk(ec.generate_private_key(ec.SECP256R1()), kid="c\n"))
    found = of_jwks(jwks(*odd, jwk(ED, kid="b")), DEFAULT)
    assert [key.kid for key in found.keys] == ["b"]
    # By their names as they can stand in a line, else by their places.
    assert found.left_out == ("number 1", "number 2", "number 3", "number 4", "'c\\n'")
