"""URLs that name several servers: what is understood, what is refused, what is shown."""

from collections.abc import Callable
from pathlib import Path

import pytest
from redis.exceptions import MovedError, ResponseError

from alphasync.store.connect import make_client, make_store
from alphasync.store.redis.advice import words
from alphasync.store.redis.sentinel import URL_OPTIONS, sentinel_pool
from alphasync.store.redis.urls import UnsupportedUrl, on_this_machine, parse, redacted, with_tls
from alphasync.store.scripts.limits import Lifetimes

SECRET = "hunter2"


def test_everything_that_a_url_can_say() -> None:
    url = "redis+sentinel://me:p%40ss@one:26379,[::1]:2,10.0.0.1:65535/main/3?sentinel_password=pw"
    found = parse(url, URL_OPTIONS)
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
    found = parse(url, URL_OPTIONS)
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
        ("memory://pw", "memory://***"),
    ],
)
def test_passwords_are_not_shown(url: str, shown: str) -> None:
    assert redacted(url) == shown


UNVERIFIED = "ssl_cert_reqs=none&ssl_check_hostname=false"
LEAKY = [
    f"redis://{SECRET}@h",
    f"redis://{SECRET}@h:6379/0",
    f"redis://:{SECRET}",
    f"redis://:{SECRET}@",
    f"redis://:{SECRET}@h h:1",
    f"redis://me:{SECRET}/x@h:1/0",
    f"redis://me:x/{SECRET}@h:1/0",
    f"redis://:x?{SECRET}@h:1",
    f"redis://:{SECRET}?x@h:1",
    f"redis://:x#{SECRET}@h:1",
    f"redis://:{SECRET}#x@h:1",
    f"redis://:x@{SECRET}@h:1",
    f"redis://:x&password={SECRET}@h:1",
    f"redis://h:{SECRET}",
    f"redis://h:1:{SECRET}",
    f"redis://h:1/0?password={SECRET}",
    f"redis://h:1/0?password=a@{SECRET}",
    f"redis://h:1/0?{SECRET}",
    f"redis://h:1/0?db={SECRET}!",
    f"redis:{SECRET}@h:1",
    f"redis:/{SECRET}@h:1",
    f"redis//:{SECRET}@h:1",
    f"{SECRET}@h:1",
    f"memory://{SECRET}",
    f"memory://{SECRET}.h:1",
    f"memory://?{SECRET}",
    f":{SECRET}@h:1",
    SECRET,
    f"{SECRET}://h:1",
    f"REDIS://me:{SECRET}@h:1",
    f"rediss://:{SECRET}@h:1/x y",
    f"http://me:{SECRET}@h:1",
    f"unix://me:{SECRET}@/tmp/x?password={SECRET}",
    f"redis+sentinel://{SECRET}@h:1/main",
    f"redis+sentinel://:{SECRET}@h:1,/main",
    f"redis+sentinel://h:1,{SECRET}/x@y:2/main",
    f"redis+sentinel://h:1/main?{SECRET}=1",
    f"redis+cluster://:{SECRET}/@h:1",
    f"rediss+cluster://:{SECRET}@h:1?ssl_ca_certs={SECRET}@",
]


def refusal(make: Callable[[str], object], url: str) -> str:
    try:
        make(url)
    except ValueError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("url", LEAKY)
def test_no_part_of_a_password_is_ever_printed(url: str) -> None:
    assert SECRET not in redacted(url)
    for make in (make_client, lambda u: make_store(u, Lifetimes())):
        assert SECRET not in refusal(make, url)


@pytest.mark.parametrize(
    "url",
    [
        f"redis://{SECRET}@h",
        f"redis://:a/{SECRET}@h",
        f"redis://:a?{SECRET}@h",
        f"redis://:a#{SECRET}@h",
        f"redis://:{SECRET}",
        f"rediss://h:{SECRET}",
        f"redis+sentinel://:a/{SECRET}@h:1/main",
        f"redis+cluster://{SECRET}@h:1",
    ],
)
def test_what_may_be_a_password_that_was_not_encoded_gets_a_hint(url: str) -> None:
    with pytest.raises(UnsupportedUrl, match=r"percent-encoded|colon"):
        make_store(url, Lifetimes())


@pytest.mark.parametrize(
    "url",
    [
        "redis://h",
        "redis://h:1/2",
        "redis://:a:b@h:1",
        "redis://me:p%40%2F@[::1]:1/0?socket_timeout=1",
        "redis://me:a@b@h_h.example:1",
        "rediss://:pw@h:1?ssl_cert_reqs=none",
        "unix:///tmp/x.sock?db=1",
    ],
)
def test_addresses_that_are_fine_stay_so(url: str) -> None:
    make_client(url)
    make_store(url, Lifetimes())


def test_a_node_of_a_cluster_says_how_to_use_all_of_it() -> None:
    assert "redis+cluster://" in words(MovedError("1357 10.0.0.1:6379"))
    assert "redis+cluster://" in words(ResponseError("MOVED 1357 10.0.0.1:6379"))


def test_what_redis_quotes_is_left_out() -> None:
    said = f"unknown command `AUTH`, with args beginning with: `{SECRET}` `x`"
    assert words(ResponseError(said), "auth") == "ResponseError: unknown command `AUTH`"


@pytest.mark.parametrize(
    ("url", "verify", "added"),
    [
        ("rediss://h:1", True, "?ssl_ca_certs=%s"),
        ("rediss://h:1?db=1", False, f"&ssl_ca_certs=%s&{UNVERIFIED}"),
        ("rediss+cluster://h:1", True, "?ssl_ca_certs=%s"),
    ],
)
def test_settings_of_a_certificate(url: str, verify: bool, added: str, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.touch()
    made = with_tls(url, file, verify=verify)
    assert made == url + added % file
    make_client(made)
    make_store(made, Lifetimes())


def test_settings_of_a_certificate_where_there_is_none(tmp_path: Path) -> None:
    assert with_tls("redis://h", None, verify=True) == "redis://h"
    for url in ("redis://h", "unix:///x", "redis+cluster://h:1"):
        with pytest.raises(UnsupportedUrl, match="REDIS_VERIFY"):
            with_tls(url, None, verify=False)
    with pytest.raises(UnsupportedUrl, match="REDIS_CA_FILE"):
        with_tls("rediss://h", tmp_path / "none.pem", verify=True)


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("redis://127.0.0.1", True),
        ("redis://:pw@127.3.2.1:6379/0", True),
        ("rediss://localhost:1?db=1", True),
        ("redis://[::1]:6379", True),
        ("redis://", True),
        ("unix:///tmp/x", True),
        ("redis+cluster://127.0.0.1:1,127.0.0.1:2", True),
        ("redis+cluster://127.0.0.1:1,10.0.0.1:2", False),
        ("redis://redis.example:6379/0", False),
        ("redis://10.0.0.1", False),
        ("redis://127.0.0.1.example", False),
    ],
)
def test_which_addresses_are_of_this_machine_only(url: str, here: bool) -> None:
    assert on_this_machine(url) is here
