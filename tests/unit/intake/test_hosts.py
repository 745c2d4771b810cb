"""Which names a server goes by."""

import pytest

from alphasync.intake.hosts import HostRule, pattern

GIVEN = [
    *("app.example.com", "other.example.com:8443", "*.below.example", "[::1]", "10.0.0.7:3001"),
    *("tls.example.com:443", "plain.example.com:80", "*.deep.example:443", "*.odd.example:8443"),
]
ITS_OWN = [
    *("app.example.com", "APP.example.COM", "app.example.com.", "app.example.com:443"),
    *("app.example.com:80", "app.example.com:3001", "other.example.com:8443"),
    *("a.below.example", "a.b.below.example:99", "[::1]", "[0:0::1]:3001", "10.0.0.7:3001"),
    *("tls.example.com", "tls.example.com:443", "TLS.example.com.", "plain.example.com"),
    *("a.deep.example", "a.deep.example:443", "a.odd.example:8443"),
]
OTHERS = [
    *("", "example.com", "evil.example", "app.example.com.evil.example", "notapp.example.com"),
    *("other.example.com", "other.example.com:8444", "below.example", "xbelow.example"),
    *("app.example.com@evil.example", "evil.example/app.example.com", "app.example.com, x"),
    *("tls.example.com:80", "plain.example.com:443", "a.deep.example:80", "a.odd.example"),
    *("127.0.0.1", "10.0.0.7", "[::2]", "app.example.com:x", "app.example.com:99999", "*"),
    *(" app.example.com", "a" * 1000 + ".below.example", "\udcff.below.example", "*.below.example"),
]


@pytest.fixture(scope="module")
def rule() -> HostRule:
    return HostRule([pattern(text) for text in GIVEN])


@pytest.mark.parametrize("host", ITS_OWN)
def test_its_own(rule: HostRule, host: str) -> None:
    assert rule(host)


@pytest.mark.parametrize("host", OTHERS)
def test_others(rule: HostRule, host: str) -> None:
    assert not rule(host)


def test_with_an_asterisk_it_is_any() -> None:
    assert HostRule([pattern("*")])("evil.example")
    assert not HostRule([pattern("*.example")])("example")
