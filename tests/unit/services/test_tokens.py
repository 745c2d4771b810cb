"""Tokens: what is refused, and what a good one proves."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from alphasync.domain.identity import Identity
from alphasync.domain.roles import Role
from alphasync.services.signing import ALGORITHM
from alphasync.services.tokens import ID_MAX, InvalidToken, Tokens, new_sign_in

SECRET = "a secret that only the tests know, long enough for each of the algorithms"
HOUR = 3600
NEW, OLD = "the key that came next, of a fair length", "the key that was there before it came"
ABSENT = object()


@pytest.fixture
def tokens() -> Tokens:
    return Tokens((SECRET,), HOUR)


def signed(key: Any = SECRET, algorithm: str = ALGORITHM, **claims: Any) -> str:
    payload = {"operatorId": "7", "exp": int(time.time()) + HOUR, **claims}
    kept = {name: value for name, value in payload.items() if value is not ABSENT}
    return jwt.encode(kept, key, algorithm=algorithm)


def part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def refused(tokens: Tokens, token: str) -> None:
    with pytest.raises(InvalidToken) as caught:
        tokens.verify(token)
    assert caught.value.message == "Invalid authentication token"


def test_a_minted_token_proves_what_it_was_minted_for(tokens: Tokens) -> None:
    before = int(time.time())
    token = tokens.mint(
        "7", email="a@b.example", profiles=["2", "1"], role=Role.MANAGER, team="red"
    ).token
    who = tokens.verify(token)
    assert (who.operator_id, who.account, who.team) == ("7", "t:red", "red")
    assert (who.email, who.role) == ("a@b.example", Role.MANAGER)
    assert who.profiles == frozenset({"1", "2"})
    assert before + HOUR <= who.expires_at <= int(time.time()) + HOUR
    assert token not in who.token_hash


def test_two_tokens_of_one_moment_are_two(tokens: Tokens) -> None:
    one, other = tokens.mint("7").token, tokens.mint("7").token
    assert one != other
    assert tokens.verify(one).token_hash != tokens.verify(other).token_hash
    assert tokens.verify(one).token_hash == tokens.verify(one).token_hash


def test_a_token_of_somebody_else_with_the_same_secret_is_taken(tokens: Tokens) -> None:
    """The least that the contract asks for: an operator, a number or text, and an end."""
    assert tokens.verify(signed(operatorId=7)).account == "o:7"
    who = tokens.verify(signed(iss="login", sub="7", nbf=1, iat=1, anything={"a": [1]}))
    assert (who.account, who.email, who.profiles) == ("o:7", None, None)
    assert tokens.verify(signed(exp=time.time() + 60.5)).expires_at > time.time()


@pytest.mark.parametrize("part_of_second", [0.001, 0.5, 0.999])
def test_no_session_begins_in_the_second_in_which_sessions_are_cut(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch, part_of_second: float
) -> None:
    end = int(time.time()) + 60
    token = signed(exp=end + 0.9995)
    assert tokens.verify(token).expires_at == end
    monkeypatch.setattr(time, "time", lambda: end + part_of_second)
    refused(tokens, token)


# Refused before anything else.


def test_the_none_algorithm(tokens: Tokens) -> None:
    refused(tokens, signed(key=None, algorithm="none"))
    payload = part({"operatorId": "7", "exp": int(time.time()) + HOUR})
    for name in ("none", "None", "NONE", "nOnE", "", None):
        header = part({"alg": name, "typ": "JWT"})
        refused(tokens, f"{header}.{payload}.")
        signature = signed().rpartition(".")[2]
        refused(tokens, f"{header}.{payload}.{signature}")


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_with_the_right_key(tokens: Tokens, algorithm: str) -> None:
    refused(tokens, signed(algorithm=algorithm))


def test_a_public_key_is_not_a_secret() -> None:
    """A server that holds a public key must not take it for the key of an HMAC, nor the reverse."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    holder = Tokens((pem.decode(),), HOUR)
    refused(holder, signed(key=private, algorithm="RS256"))
    refused(Tokens((SECRET,), HOUR), signed(key=private, algorithm="RS256"))
    # PyJWT will not sign so; an attacker's own code would.
    header, payload = part({"alg": "HS256", "typ": "JWT"}), part({"operatorId": "7", "exp": 2**33})
    signature = hmac.digest(pem, f"{header}.{payload}".encode(), hashlib.sha256)
    forged = base64.urlsafe_b64encode(signature).rstrip(b"=").decode()
    refused(holder, f"{header}.{payload}.{forged}")


def test_a_wrong_key(tokens: Tokens) -> None:
    refused(tokens, signed(key=SECRET + "x"))
    refused(Tokens(("another secret of a fair length..",), HOUR), signed())


def test_a_key_is_changed_and_nobody_is_signed_out() -> None:
    old, both, new = (Tokens(keys, HOUR) for keys in ((OLD,), (NEW, OLD), (NEW,)))
    before = old.mint("7").token
    after = both.refresh(both.verify(before), None).token
    assert new.verify(after).operator_id == both.verify(after).operator_id == "7"
    refused(old, after)
    refused(new, before)


@pytest.mark.parametrize(
    "kid", [None, "", "login-2026", "../../etc/passwd", "' OR 1=1", "x" * 4000, "\u00e9\x00"]
)
@pytest.mark.parametrize("key", [NEW, OLD])
def test_a_key_is_found_by_whatever_name_another_service_has_for_it(
    kid: str | None, key: str
) -> None:
    headers = {} if kid is None else {"kid": kid}
    claims = {"operatorId": "7", "exp": int(time.time()) + HOUR}
    token = jwt.encode(claims, key, algorithm=ALGORITHM, headers=headers)
    assert Tokens((NEW, OLD), HOUR).verify(token).operator_id == "7"
    refused(Tokens((SECRET, OLD[1:]), HOUR), token)


def test_a_name_of_a_key_does_not_make_another_one_good() -> None:
    both = Tokens((NEW, OLD), HOUR)
    kid = jwt.get_unverified_header(both.mint("7").token)["kid"]
    assert kid == jwt.get_unverified_header(Tokens((NEW,), HOUR).mint("8").token)["kid"]
    claims = {"operatorId": "7", "exp": int(time.time()) + HOUR}
    refused(both, jwt.encode(claims, SECRET, algorithm=ALGORITHM, headers={"kid": kid}))


def test_a_changed_token(tokens: Tokens) -> None:
    header, _, signature = signed().split(".")
    forged = part({"operatorId": "8", "exp": int(time.time()) + HOUR})
    refused(tokens, f"{header}.{forged}.{signature}")


@pytest.mark.parametrize(
    "token", ["", ".", "..", "...", "a.b.c", "abc", "null", "ä.ö.ü", "\ud83d.a.b", "a" * 8192]
)
def test_what_is_no_token(tokens: Tokens, token: str) -> None:
    refused(tokens, token)


@given(st.text(st.characters()) | st.from_regex(r"[\w-]*\.[\w-]*\.[\w-]*"))
def test_whatever_comes_is_refused_in_one_way(token: str) -> None:
    refused(Tokens((SECRET,), HOUR), token)


def test_times(tokens: Tokens) -> None:
    now = int(time.time())
    refused(tokens, signed(exp=now - 1))
    refused(tokens, signed(exp=0))
    refused(tokens, signed(exp=-1))
    refused(tokens, signed(exp=ABSENT))
    refused(tokens, signed(nbf=now + HOUR))
    refused(tokens, signed(iat=now + HOUR))
    refused(tokens, tokens.mint("7", lifetime=-1).token)


@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_a_token_of_a_clock_that_is_a_little_ahead_is_good(claim: str) -> None:
    now = int(time.time())

    def ahead(by: int) -> str:
        claims: dict[str, Any] = {claim: now + by}
        return signed(**claims)

    assert Tokens((SECRET,), HOUR).verify(ahead(4)).operator_id == "7"
    refused(Tokens((SECRET,), HOUR), ahead(8))
    assert Tokens((SECRET,), HOUR, leeway=60).verify(ahead(50)).operator_id == "7"
    refused(Tokens((SECRET,), HOUR, leeway=0), ahead(4))


def test_no_leeway_prolongs_a_token() -> None:
    refused(Tokens((SECRET,), HOUR, leeway=60), signed(exp=int(time.time()) - 1))
    refused(Tokens((SECRET,), HOUR, leeway=60), signed(exp=time.time() - 0.01))


WRONG_CLAIMS: dict[str, list[Any]] = {
    "operatorId": [
        ABSENT,
        None,
        "",
        True,
        1.5,
        [],
        {},
        ["7"],
        "x" * (ID_MAX + 1),
        "a\nb",
        "\ud83d",
    ],
    "exp": [
        *(None, "", "soon", "9999999999", True, [], {}, float("inf"), float("nan")),
        *(2**53 + 1, 1e308, 10**400, -(10**400)),
    ],
    "email": [5, True, [], {}],
    "profiles": ["12", 5, True, {}, [None], [True], [1.5], [[]], [""], ["a\nb"], ["\ud83d"]],
    "role": [5, True, [], {}, "", "owner", "Admin"],
    "team": ["", True, 1.5, [], {}, "x" * (ID_MAX + 1), "a\nb", "\x00"],
    "jti": [5, True, [], {}],
    "nbf": ["soon", [], {}, 10**400],
    "iat": ["soon", [], {}, 10**400],
}


@pytest.mark.parametrize(
    ("claim", "value"),
    [(claim, value) for claim, values in WRONG_CLAIMS.items() for value in values],
    ids=lambda value: "absent" if value is ABSENT else ascii(value)[:20],
)
def test_a_claim_of_the_wrong_type(tokens: Tokens, claim: str, value: Any) -> None:
    payload = {"operatorId": "7", "exp": int(time.time()) + HOUR, claim: value}
    kept = {name: v for name, v in payload.items() if v is not ABSENT}
    # Signed by hand: PyJWT itself would not write some of these.
    signing = jwt.api_jws.PyJWS()
    refused(tokens, signing.encode(json.dumps(kept).encode(), SECRET, algorithm=ALGORITHM))


@pytest.mark.parametrize("payload", [b"[]", b"null", b"5", b'"7"', b"", b"\xff", b"{"])
def test_a_payload_that_is_no_object(tokens: Tokens, payload: bytes) -> None:
    refused(tokens, jwt.api_jws.PyJWS().encode(payload, SECRET, algorithm=ALGORITHM))


# Accounts and limits.


def test_a_team_and_an_operator_of_one_name_are_two_accounts(tokens: Tokens) -> None:
    operator = tokens.verify(tokens.mint("7").token)
    team = tokens.verify(tokens.mint("1", team="7").token)
    assert operator.account != team.account
    assert tokens.verify(tokens.mint("2", team="7").token).account == team.account
    assert tokens.verify(tokens.mint("t:7").token).account != team.account
    assert tokens.verify(signed(operatorId=1, team=7)).account == team.account


def test_an_absent_limit_is_none_and_an_empty_one_is_all(tokens: Tokens) -> None:
    assert tokens.verify(tokens.mint("7").token).profiles is None
    assert tokens.verify(tokens.mint("7", profiles=[]).token).profiles == frozenset()
    assert tokens.verify(signed(profiles=[12, "13"])).profiles == frozenset({"12", "13"})


@pytest.mark.parametrize("profiles", [None, [], ["1"], ["2", "1", "3"], list("0123456789" * 200)])
@pytest.mark.parametrize("team", [None, "red"])
@pytest.mark.parametrize("sign_in", ["", new_sign_in()], ids=["none", "one"])
def test_a_refreshed_token_says_the_same(
    tokens: Tokens, profiles: list[str] | None, team: str | None, sign_in: str
) -> None:
    token = tokens.mint(
        "7",
        email="a@b.example",
        profiles=profiles,
        team=team,
        role=Role.VIEWER,
        lifetime=60,
        sign_in=sign_in,
    ).token
    old = tokens.verify(token)
    fresh, meant = tokens.refresh(old, 3000 if sign_in else None)
    new = tokens.verify(fresh)
    assert new == meant
    assert new.token_hash != old.token_hash
    for field in (
        *("operator_id", "account", "email", "profiles", "role", "team"),
        *("sign_in", "profiles_kept"),
    ):
        assert getattr(new, field) == getattr(old, field), field


def test_only_a_login_is_prolonged_and_never_beyond_what_it_has(tokens: Tokens) -> None:
    """A token of thirty seconds that somebody else signed stays one, however often it is asked."""
    now = time.time()
    foreign = tokens.verify(tokens.mint("7", lifetime=30).token)

    def end(who: Identity, lives: float | None) -> float:
        return tokens.refresh(who, lives).identity.expires_at

    assert end(foreign, None) == foreign.expires_at
    login = tokens.verify(tokens.mint("7", lifetime=30, sign_in=new_sign_in()).token)
    assert now + 99 <= end(login, 100) <= time.time() + 100
    assert now + HOUR - 1 <= end(login, 9 * HOUR) <= time.time() + HOUR


MANY = [f"profile-{number}" for number in range(5000)]


def test_a_token_of_a_login_fits_into_a_header_with_any_number_of_profiles(tokens: Tokens) -> None:
    token = tokens.mint("7", email="a" * 300, profiles=MANY, sign_in=new_sign_in()).token
    assert len(token) < 4096
    who = tokens.verify(token)
    assert (who.profiles, who.profiles_kept) == (frozenset(), True)
    few = tokens.verify(tokens.mint("7", profiles=MANY[:10], sign_in=new_sign_in()).token)
    assert (few.profiles, few.profiles_kept) == (frozenset(MANY[:10]), False)


@pytest.mark.parametrize(
    "sid", [None, "", 5, True, [], {}, "08a5019c-17e1-4977-8f42-65a12843ea02", "as1.short"]
)
def test_a_sid_of_another_service_is_none_of_ours(tokens: Tokens, sid: Any) -> None:
    claims: dict[str, Any] = {"sid": sid, "profilesKept": True, "profiles": ["1"]}
    who = tokens.verify(signed(**claims))
    assert (who.sign_in, who.profiles_kept, who.profiles) == ("", False, frozenset({"1"}))
