"""Origins, as they are named in the setting, sent by browsers, and told from ``Host``."""

import pytest

from alphasync.config import WrongSetting, load
from alphasync.intake.origins import NoOrigin, OriginRule, normalised

GOOD = [
    ("https://app.example.com", "https://app.example.com"),
    ("HTTPS://App.Example.COM", "https://app.example.com"),
    ("https://app.example.com:443", "https://app.example.com"),
    ("http://app.example.com:80", "http://app.example.com"),
    ("http://app.example.com:443", "http://app.example.com:443"),
    ("https://app.example.com:", "https://app.example.com"),
    ("https://app.example.com:08443", "https://app.example.com:8443"),
    ("https://app.example.com.", "https://app.example.com"),
    ("https://app.example.com.:8443", "https://app.example.com:8443"),
    ("https://bücher.example", "https://xn--bcher-kva.example"),
    ("https://BÜCHER.example", "https://xn--bcher-kva.example"),
    ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ("https://straße.example", "https://xn--strae-oqa.example"),
    ("http://my_box:3000", "http://my_box:3000"),
    ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
    ("http://[::1]:3000", "http://[::1]:3000"),
    ("http://[0:0::0:1]", "http://[::1]"),
    ("http://[2001:DB8::1]:80", "http://[2001:db8::1]"),
    ("capacitor://localhost", "capacitor://localhost"),
    ("Capacitor://LOCALHOST", "capacitor://localhost"),
    ("ionic://localhost", "ionic://localhost"),
    ("tauri://localhost", "tauri://localhost"),
    ("app://-", "app://-"),
    ("chrome-extension://abcdefgh", "chrome-extension://abcdefgh"),
    ("capacitor://localhost:80", "capacitor://localhost:80"),
]
BAD = [
    *("null", "NULL", "*", "https://*", "https://*.example.com", "https://app.example.com:*"),
    *("app.example.com", "localhost:3000", "//app.example.com", "https:app.example.com"),
    *("https://", "capacitor://", "https:///", "https://:443", "https://."),
    *("https://user@app.example.com", "https://user:pass@app.example.com", "https://@a.example"),
    *("https://app.example.com/path", "https://app.example.com//", "https://a.example?x=1"),
    *("https://a.example#x", "https://a.example https://b.example", "https://a b.example"),
    *("https://a..example", "https://.a.example", "https://a.example:65536", "https://a.example:x"),
    *("https://a.example:-1", "https://a.example:1:2", "https://999.1.1.1", "https://127.1"),
    *(
        "https://[::1",
        "https://::1",
        "https://[1.1.1.1]",
        "https://[::1]x",
        "https://[fe80::1%25a]",
    ),
    *("file://", "file:///tmp", "data://x", "wss://a.example", "ws://a.example", "ftp://a.example"),
    *("https://a\x00.example", "https://\u202ea.example", "https://" + "x" * 300 + ".example", "x"),
]


@pytest.mark.parametrize(("text", "origin"), GOOD)
def test_an_origin_is_written_as_browsers_write_it(text: str, origin: str) -> None:
    assert normalised(text) == origin
    assert normalised(origin) == origin


@pytest.mark.parametrize("text", BAD)
def test_what_can_never_match_is_refused_at_the_start_by_name(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NoOrigin):
        normalised(text)
    if "\x00" not in text:
        monkeypatch.setenv("CORS_ORIGINS", f"https://good.example, {text}")
        with pytest.raises(WrongSetting, match="CORS_ORIGINS: ") as refused:
            load()
        assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://app.example.com", True),
        ("https://app.example.com.", True),
        ("capacitor://localhost", True),
        ("https://xn--bcher-kva.example", True),
        *((each, False) for each in ("HTTPS://app.example.com", "https://app.example.com:443")),
        *((each, False) for each in ("https://app.example.com/", "https://app.example.com:8443")),
        *((each, False) for each in ("http://app.example.com", "https://bücher.example", "null")),
        *((each, False) for each in ("", "https://app.example.com..", "ionic://localhost")),
    ],
)
def test_a_request_comes_from_where_it_says_as_browsers_say_it(origin: str, allowed: bool) -> None:
    named = ("https://App.example.com:443", "capacitor://localhost", "https://bücher.example")
    rule = OriginRule(frozenset(map(normalised, named)))
    assert rule(origin, "other.example") is allowed


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        ("http://app.example.com", "app.example.com", True),
        ("https://app.example.com", "app.example.com", True),
        ("http://app.example.com", "app.example.com:80", True),
        ("https://app.example.com", "app.example.com:443", True),
        ("https://app.example.com", "APP.example.COM", True),
        ("https://app.example.com", "app.example.com.", True),
        ("https://app.example.com.", "app.example.com.", True),
        ("https://app.example.com.:8443", "app.example.com.:8443", True),
        ("https://app.example.com:8443", "app.example.com:8443", True),
        ("http://[::1]:3001", "[::1]:3001", True),
        ("https://app.example.com", "app.example.com:8443", False),
        ("https://app.example.com:8443", "app.example.com", False),
        ("https://evil.example", "app.example.com", False),
        ("capacitor://app.example.com", "app.example.com", False),
        ("https://app.example.com", "", False),
        ("https://app.example.com", "evil.example@app.example.com", False),
        ("https://app.example.com", "app.example.com/", False),
        ("null", "null", False),
    ],
)
def test_a_server_knows_its_own_origin_by_host(origin: str, host: str, own: bool) -> None:
    assert OriginRule(frozenset())(origin, host) is own
