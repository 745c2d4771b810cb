"""URLs that name several servers: what is understood, what is refused, what is shown."""

import pytest

from alphasync.store.addresses import UnsupportedUrl, parse, redacted
from alphasync.store.sentinel import OPTIONS, sentinel_pool

SECRET = "hunter2"


def test_everything_that_a_url_can_say() -> None:
    url = "redis+sentinel://me:p%40ss@one:26379,[::1]:2,10.0.0.1:65535/main/3?sentinel_password=pw"
    found = parse(url, OPTIONS)
    assert found.hosts == (("one", 26379), ("::1", 2), ("10.0.0.1", 65535))
    assert (found.username, found.password) == ("me", "p@ss")
    assert found.path == ("main", "3")
    assert found.options == {"sentinel_password": "pw"}
    assert found.tls is None


def test_what_a_url_need_not_say() -> None:
    found = parse("redis+sentinel://one:1/main")
    assert (found.username, found.password, found.options) == (None, None, {})
    only_a_password = parse("redis+sentinel://:pw@one:1/main")
    assert (only_a_password.username, only_a_password.password) == (None, "pw")


def test_tls() -> None:
    assert parse("rediss+sentinel://one:1/main").tls == {}
    url = "rediss+sentinel://one:1/main?ssl_ca_certs=/ca.pem&ssl_check_hostname=false"
    found = parse(url, OPTIONS)
    assert found.tls == {"ssl_ca_certs": "/ca.pem", "ssl_check_hostname": False}
    assert found.options == {}


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://",
        "redis+sentinel:///main",
        "redis+sentinel://one/main",
        "redis+sentinel://one:0/main",
        "redis+sentinel://one:65536/main",
        "redis+sentinel://one:x/main",
        "redis+sentinel://one:1,/main",
        "redis+sentinel://one:1,two/main",
        "redis+sentinel://::1:1/main",
        "redis+sentinel://one:1#two:2/main",
        f"redis+sentinel://me:{SECRET}@@one:1:1/main",
        "redis+sentinel://me@one:1/main",
        "redis+sentinel://@one:1/main",
        "redis+sentinel://one:1",
        "redis+sentinel://one:1/",
        "redis+sentinel://one:1/main/zero",
        "redis+sentinel://one:1/main/-1",
        "redis+sentinel://one:1/main/0/more",
        f"redis+sentinel://:{SECRET}@one:1/main/zero",
        "redis+sentinel://one:1/main?unknown=1",
        "redis+sentinel://one:1/main?ssl_ca_certs=/ca.pem",  # it is no rediss
        "redis+sentinel://one:1/main?sentinel_password=",
        "redis+sentinel://one:1/main?sentinel_password=a&sentinel_password=b",
        f"redis+sentinel://one:1/main?sentinel_password={SECRET}&x",
        "rediss+sentinel://one:1/main?ssl_cert_reqs=maybe",
        "rediss+sentinel://one:1/main?ssl_check_hostname=1",
    ],
)
def test_whatever_is_not_understood_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(UnsupportedUrl) as refused:
        sentinel_pool(url)
    assert "\n" not in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://h:1/0", "redis://h:1/0"),
        ("redis://:pw@h:1/0", "redis://***@h:1/0"),
        ("redis://me:a/b@h:1/0", "redis://***@h:1/0"),
        ("redis://h:1/0?password=pw&db=1", "redis://h:1/0?password=***&db=1"),
        ("unix:///tmp/a@b.sock", "unix:///tmp/a@b.sock"),
        (
            "redis+sentinel://me:pw@one:1,two:2/main?sentinel_username=u&sentinel_password=pw",
            "redis+sentinel://***@one:1,two:2/main?sentinel_username=u&sentinel_password=***",
        ),
        ("memory://", "memory://"),
    ],
)
def test_passwords_are_not_shown(url: str, shown: str) -> None:
    assert redacted(url) == shown
