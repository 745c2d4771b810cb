"""Each setting that doctor calls weak: what is, with its remedy, and what is not."""

from pathlib import Path
from typing import Any

import pytest

from alphasync.config import VARIABLES, Settings
from alphasync.doctor.finding import Finding
from alphasync.doctor.weak import ROWS, weaknesses

KEY = "k3Yd" * 4 + "tZ8qPw1x" * 4
OTHER = "x9Qe" * 4 + "mB5rLs7v" * 4
PASSWORD = "hunter2-hunter2-hunter2"
PRODUCTION: dict[str, Any] = {
    "env": "production",
    "jwt_secret": KEY,
    "redis_url": f"rediss://user:{PASSWORD}@redis.example.com:6379/0",
    "gateway_url": "https://gateway.example.com",
    "gateway_token": PASSWORD,
    "allowed_hosts": "app.example.com",
}
"""As it should be."""
DEVELOPMENT: dict[str, Any] = {"env": "development", "gateway_url": "http://127.0.0.1:4000"}
OWN_REDIS = "redis://127.0.0.1:6379"
HOST = "redis.example.com:6379"
SENTINELS = "a.example.com:26379,b.example.com:26379/main"

WEAK: list[tuple[str, dict[str, Any], str]] = [
    ("env", {"env": "development"}, "ALPHASYNC_ENV"),
    ("older_keys", {"jwt_secret": f"{KEY},{OTHER}"}, "JWT_SECRET"),
    ("cors_origins", {"cors_origins": "https://a.example,http://b.example"}, "CORS_ORIGINS"),
    ("cors_origins", {"cors_origins": "http://localhost.example.com"}, "CORS_ORIGINS"),
    ("trusted_proxies", {"trusted_proxies": "0.0.0.0/0"}, "TRUSTED_PROXIES"),
    ("trusted_proxies", {"trusted_proxies": "::/0"}, "TRUSTED_PROXIES"),
    ("trusted_proxies", {"trusted_proxies": "10.0.0.1,128.0.0.0/1"}, "TRUSTED_PROXIES"),
    ("metrics", {"metrics_port": 9090, "metrics_host": "::"}, "METRICS_TOKEN"),
    ("metrics", {"metrics_port": 9090, "metrics_host": "10.0.0.1"}, "METRICS_TOKEN"),
    ("private_addresses", {"webhook_private": True}, "WEBHOOK_PRIVATE"),
    ("private_addresses", {"push_private": True}, "PUSH_PRIVATE"),
    ("log_level", {"log_level": "debug"}, "LOG_LEVEL"),
    ("redis_tls", {"redis_url": f"redis://user:{PASSWORD}@{HOST}"}, "REDIS_URL"),
    ("redis_tls", {"redis_url": f"redis+sentinel://:{PASSWORD}@{SENTINELS}"}, "REDIS_URL"),
    ("redis_tls", {"redis_url": f"redis+cluster://:{PASSWORD}@{HOST}"}, "REDIS_URL"),
    ("redis_password", {"redis_url": f"rediss://{HOST}"}, "REDIS_URL"),
    ("redis_password", {"redis_url": f"rediss+sentinel://{SENTINELS}"}, "REDIS_URL"),
    (
        "redis_password",
        {"redis_url": f"rediss+sentinel://{SENTINELS}?sentinel_password={PASSWORD}"},
        "REDIS_URL",
    ),
    ("redis_verify", {"redis_verify": "false"}, "REDIS_VERIFY"),
    (
        "redis_verify",
        {"redis_url": f"rediss://:{PASSWORD}@{HOST}?ssl_cert_reqs=none"},
        "ssl_cert_reqs",
    ),
    (
        "redis_verify",
        {"redis_url": f"rediss+cluster://:{PASSWORD}@{HOST}?ssl_check_hostname=false"},
        "ssl_check_hostname",
    ),
    ("gateway_tls", {"gateway_url": "http://gateway.internal"}, "GATEWAY_URL"),
    ("gateway_tls", {"gateway_url": "http://10.0.0.1:4000"}, "GATEWAY_URL"),
    ("sandbox", {"gateway_url": "sandbox"}, "GATEWAY_URL"),
    ("token_ttl", {"token_ttl": "3d"}, "TOKEN_TTL"),
    ("session_max", {"session_max": "180d"}, "SESSION_MAX"),
    ("login_limits", {"login_tries": 101}, "LOGIN_TRIES"),
    ("login_limits", {"login_tries_per_account": 501}, "LOGIN_TRIES_PER_ACCOUNT"),
    ("login_limits", {"login_tries_per_address": 1001}, "LOGIN_TRIES_PER_ADDRESS"),
    ("login_limits", {"login_tries_overall": 20_001}, "LOGIN_TRIES_OVERALL"),
    ("login_limits", {"login_window": "20s"}, "LOGIN_WINDOW"),
]
"""What it is called, what differs from PRODUCTION, and a setting that the remedy names."""
GOOD: list[dict[str, Any]] = [
    {},
    {"cors_origins": "https://a.example,capacitor://localhost,http://localhost:3000"},
    {"cors_origins": "http://127.0.0.1:3000,http://[::1]:3000"},
    {"trusted_proxies": "10.0.0.0/8,fc00::/7,192.0.2.1"},
    {"metrics_port": 9090},
    {"metrics_port": 9090, "metrics_host": "::", "metrics_token": PASSWORD},
    {"metrics_token": PASSWORD},
    {**DEVELOPMENT, "webhook_private": True, "push_private": True},
    {"log_level": "warning"},
    {"redis_url": OWN_REDIS},
    {"redis_url": "unix:///run/redis.sock"},
    {"redis_url": f"rediss+sentinel://:{PASSWORD}@{SENTINELS}"},
    {"redis_url": f"rediss+cluster://:{PASSWORD}@{HOST}?ssl_cert_reqs=required"},
    {"redis_url": f"rediss://{HOST}?ssl_certfile=/a.pem&ssl_keyfile=/a.key"},
    {"redis_url": f"rediss://{HOST}?password={PASSWORD}"},
    {"gateway_url": "http://localhost:4000"},
    {"gateway_url": "http://[::1]:4000"},
    {"token_ttl": "2d", "session_max": "90d"},
    {"login_tries": 100, "login_tries_overall": 20_000},
    {"login_tries": 1_000, "login_window": "50m"},
    DEVELOPMENT,
    {**DEVELOPMENT, "log_level": "debug", "cors_origins": "http://b.example"},
    {"env": "development", "gateway_url": "sandbox"},
    {"env": "development", "gateway_url": None},
]
"""What differs from PRODUCTION."""


def made(given: dict[str, Any]) -> Settings:
    return Settings(**{**PRODUCTION, **given})


def found(settings: Settings) -> dict[str, Finding]:
    return {finding.what: finding for finding in weaknesses(settings)}


@pytest.mark.parametrize(("what", "given", "named"), WEAK)
def test_what_is_weak_is_named_with_its_remedy(
    what: str, given: dict[str, Any], named: str
) -> None:
    finding = found(made(given))[what]
    assert (finding.ok, finding.level) == (False, "weak")
    assert named in finding.remedy + finding.text
    assert any(names[0] in finding.remedy for names in VARIABLES.values())
    assert finding.line().startswith("WEAK")
    assert finding.remedy in finding.line()


@pytest.mark.parametrize(("what", "given", "named"), WEAK)
def test_nothing_else_is_said_of_it(what: str, given: dict[str, Any], named: str) -> None:
    also = {"gateway_tls"} if what == "env" else set()
    assert set(found(made(given))) - {what} <= also


@pytest.mark.parametrize("given", GOOD)
def test_of_what_is_good_nothing_is_said(given: dict[str, Any]) -> None:
    assert found(made(given)) == {}


@pytest.mark.parametrize(("what", "given", "named"), WEAK)
def test_no_secret_is_said(what: str, given: dict[str, Any], named: str) -> None:
    said = "".join(finding.line() for finding in weaknesses(made(given)))
    for secret in (KEY, OTHER, PASSWORD):
        assert secret not in said


def test_each_row_has_its_cases() -> None:
    assert {what for what, _, _ in WEAK} | {"data_dir"} == set(ROWS)


@pytest.mark.parametrize(
    ("folder_mode", "key_mode", "said"),
    [(0o700, 0o600, ""), (0o750, 0o600, ""), (0o700, 0o640, "jwt-secret"), (0o755, None, "")],
)
def test_a_data_directory_that_others_may_look_into(
    tmp_path: Path, folder_mode: int, key_mode: int | None, said: str
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    if key_mode is not None:
        (folder / "jwt-secret").write_text(KEY)
        (folder / "jwt-secret").chmod(key_mode)
    folder.chmod(folder_mode)
    given = {"env": "development", "gateway_url": None, "data_dir": folder, "jwt_secret": None}
    is_weak = bool((folder_mode | (key_mode or 0)) & 0o077)
    seen = found(made(given))
    assert set(seen) == ({"data_dir"} if is_weak else set())
    if is_weak:
        assert str(folder / said) in seen["data_dir"].text
        assert "ALPHASYNC_DATA_DIR" in seen["data_dir"].remedy
    assert found(made({"data_dir": folder})) == {}, "where nothing of worth is in it"


def test_a_data_directory_that_is_not_there_yet(tmp_path: Path) -> None:
    given = {"env": "development", "gateway_url": None, "jwt_secret": None}
    assert found(made({**given, "data_dir": tmp_path / "none"})) == {}
