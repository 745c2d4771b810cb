"""Settings: each good and bad value, and one line that says what is wrong."""

import os
import stat
import threading
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from alphasync.config import VARIABLES, Settings, WrongSetting, load, signing_key
from alphasync.config.essentials import DEFAULT_ORIGINS
from alphasync.config.signing_key import SECRET_FILE

GOOD_SECRET = "j8Yt0q2VvX5bnPz7sRkw3LmdHcFgTaEu"
NAMES = {field: names[0] for field, names in VARIABLES.items()}
"""Setting to the name of its environment variable."""
LONG = ("run_ttl", "device_ttl")
"""They have to be longer than others, as those are by default."""
DURATIONS = [
    name
    for name in NAMES
    if name.endswith(("_ttl", "_interval", "_timeout", "_grace"))
    and name not in ("send_interval", "worker_timeout", "token_ttl")
]
ACCOUNT_BOUNDS = [f"{what}_per_account" for what in ("drafts", "runs", "running", "devices")]
JOINS_OF = ("", "_per_address")
EVENTS_OF = ("", "_per_account", "_per_address")
LOGIN_LIMITS = [name for name in NAMES if name.startswith("login_tries")]
GOOD: list[tuple[str, str, Any]] = [
    ("host", "127.0.0.1", "127.0.0.1"),
    ("port", "0", 0),
    ("port", "65535", 65535),
    ("workers", "4", 4),
    ("workers", "", None),
    ("env", "production", "production"),
    ("env", "development", "development"),
    ("env", "Production\r", "production"),
    ("data_dir", "/var/lib/alphasync", Path("/var/lib/alphasync")),
    ("log_level", "debug", "debug"),
    ("log_level", "INFO", "info"),
    ("log_level", " Warning\n", "warning"),
    ("redis_url", "redis://localhost:6379", "redis://localhost:6379"),
    ("redis_ca_file", "/etc/ssl/redis.pem", Path("/etc/ssl/redis.pem")),
    ("redis_verify", "no", False),
    ("redis_verify", "true", True),
    ("redis_wait_replicas", "0", 0),
    ("redis_wait_replicas", "2", 2),
    ("redis_wait_replicas", "", None),
    ("gateway_url", "http://gateway.example", "http://gateway.example"),
    ("gateway_url", "https://gateway.example/api", "https://gateway.example/api"),
    ("gateway_token", "abc", "abc"),
    ("gateway_token", "\tabc \r\n", "abc"),
    ("jwt_secret", "a long secret", "a long secret"),
    ("jwt_secret", " a long secret\n", "a long secret"),
    ("jwt_secret", "\ufeffa long secret\u00a0\r\n", "a long secret"),
    ("cors_origins", "https://a.example", ["https://a.example"]),
    ("trusted_proxies", "", []),
    ("trusted_proxies", "10.0.0.1", [ip_network("10.0.0.1")]),
    ("trusted_proxies", "10.0.0.0/8, fd00::/8", [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]),
    ("internal_host", "", None),
    ("internal_host", "10.0.0.1", "10.0.0.1"),
    ("internal_port", "3002", 3002),
    (
        "cors_origins",
        " https://a.example/ , http://localhost:5173,",
        ["https://a.example", "http://localhost:5173"],
    ),
    ("cors_origins", "", list(DEFAULT_ORIGINS)),
    ("cors_origins", ",", []),
    ("send_interval", "0", 0.0),
    ("send_interval", "10m", 600.0),
    ("worker_timeout", "0", 0.0),
    ("worker_timeout", "1h", 3600.0),
    ("connections_per_account", "1", 1),
    ("gateway_answer_max", "65536", 65536),
    ("recipients_max", "10", 10),
    ("connections_per_address", "100000", 100_000),
    ("connections_max", "100000", 100_000),
    *((f"event_rate{of}", "0.5", 0.5) for of in EVENTS_OF),
    ("token_ttl", "2m", 120.0),
    ("token_ttl", "30d", 30 * 86400.0),
    ("token_leeway", "0", 0.0),
    *((name, "1", 1) for name in LOGIN_LIMITS),
    ("login_window", "1h", 3600.0),
    ("session_max", "30d", 30 * 86400.0),
    ("sessions_per_operator", "5", 5),
    ("profiles_max", "8000", 8_000),
    ("token_leeway", "1m", 60.0),
    *((f"event_burst{of}", "3000", 3000) for of in EVENTS_OF),
    ("request_rate_per_address", "0.5", 0.5),
    ("request_burst_per_address", "5000", 5000),
    ("control_rate", "50", 50.0),
    ("control_burst", "500", 500),
    ("byte_rate", "1000000", 1_000_000.0),
    ("byte_burst", "1000000", 1_000_000),
    ("early_bytes_per_account", "2000000", 2_000_000),
    *((name, "10", 10) for name in ACCOUNT_BOUNDS),
    *((f"join_rate{of}", "0.5", 0.5) for of in JOINS_OF),
    *((f"join_burst{of}", "5000", 5000) for of in JOINS_OF),
    *((name, "90m", 5400.0) if name in LONG else (name, "90s", 90.0) for name in DURATIONS),
]
BAD: list[tuple[str, str]] = [
    ("port", "-1"),
    ("port", "65536"),
    ("port", "abc"),
    ("port", "1.5"),
    ("workers", "0"),
    ("workers", "257"),
    ("workers", "auto"),
    ("env", "staging"),
    ("env", "PRODUCTION!"),
    ("log_level", "loud"),
    ("trusted_proxies", "localhost"),
    ("trusted_proxies", "10.0.0.1/8"),
    ("trusted_proxies", "10.0.0.0/8;10.0.0.1"),
    ("internal_port", "65536"),
    ("redis_verify", "maybe"),
    ("redis_wait_replicas", "-1"),
    ("redis_wait_replicas", "10"),
    ("redis_wait_replicas", "all"),
    ("gateway_url", "gateway.example"),
    ("gateway_url", "ftp://gateway.example"),
    ("gateway_url", "https://gate way.example"),
    ("gateway_url", "https://gateway\t.example"),
    ("gateway_url", "https://gateway.example\u200b"),
    *((name, "inf") for name in Settings.model_fields if "_rate" in name),
    ("join_rate_per_address", "1e400"),
    ("event_rate", "nan"),
    ("request_rate_per_address", "0"),
    ("request_burst_per_address", "0"),
    ("gateway_url", "redis://gateway.example"),
    ("gateway_url", "Sandbox"),
    ("cors_origins", "*"),
    ("cors_origins", "a.example"),
    ("cors_origins", "https://"),
    ("cors_origins", "https://a.example/path"),
    ("cors_origins", "https://a.example?x=1"),
    ("cors_origins", "https://a.example,null"),
    ("cors_origins", "file:///tmp"),
    ("token_ttl", "15s"),
    ("token_ttl", "119.9"),
    ("token_ttl", "0"),
    ("token_ttl", "soon"),
    ("token_ttl", "367d"),
    ("token_leeway", "-1"),
    *((name, wrong) for name in LOGIN_LIMITS for wrong in ("0", "-1", "many")),
    ("login_window", "0"),
    ("session_max", "0"),
    ("sessions_per_operator", "0"),
    ("sessions_per_operator", "2001"),
    ("profiles_max", "0"),
    ("profiles_max", "8001"),
    ("token_leeway", "1h"),
    ("token_leeway", "some"),
    ("gateway_token", "a\nb"),
    ("gateway_token", "ä"),
    ("send_interval", "-1"),
    ("send_interval", "601"),
    ("send_interval", "often"),
    ("worker_timeout", "-1"),
    ("worker_timeout", "2h"),
    ("worker_timeout", "never"),
    ("connections_per_account", "0"),
    ("gateway_answer_max", "1"),
    ("gateway_answer_max", "4 MB"),
    ("recipients_max", "0"),
    ("recipients_max", "10000000"),
    ("connections_per_account", "many"),
    ("connections_per_address", "0"),
    ("connections_max", "0"),
    *((f"event_{kind}{of}", "0") for kind in ("rate", "burst") for of in EVENTS_OF),
    ("control_rate", "0"),
    ("control_burst", "99"),
    ("byte_rate", "0"),
    ("byte_burst", "65536"),
    ("early_bytes_per_account", "1000"),
    *((name, text) for name in ACCOUNT_BOUNDS for text in ("0", "1000000", "many")),
    *((f"join_{kind}{of}", "0") for kind in ("rate", "burst") for of in JOINS_OF),
    *((name, wrong) for name in DURATIONS for wrong in ("0", "-5", "soon", "367d")),
]
TEXTS: list[tuple[str, float]] = [
    ("90", 90),
    ("90s", 90),
    ("1.5h", 5400),
    ("30m", 1800),
    ("30min", 1800),
    ("9h", 32400),
    ("30d", 2592000),
    ("500ms", 0.5),
    (" 90 S ", 90),
    ("0.25", 0.25),
]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for names in VARIABLES.values():
        for name in names:
            monkeypatch.delenv(name, raising=False)


def test_the_documented_defaults() -> None:
    settings = load()
    assert settings.port == 3001
    assert tuple(settings.cors_origins) == DEFAULT_ORIGINS
    assert settings.redis_url is settings.gateway_url is settings.jwt_secret is None
    assert settings.lock_ttl == 30 * 60
    assert settings.device_ttl == settings.draft_ttl == 2 * 3600
    assert settings.run_ttl == 3600
    assert settings.heartbeat_interval == 10 * 60
    assert settings.blocklist_ttl == 30 * 86400
    assert settings.token_ttl == 9 * 3600


def test_each_setting_is_tried_here() -> None:
    assert {name for name, *_ in GOOD} == set(NAMES)
    free_text = {
        "host",
        "internal_host",
        "data_dir",
        "redis_ca_file",
        "redis_url",
        "jwt_secret",
    }
    assert {name for name, _ in BAD} == set(NAMES) - free_text


@pytest.mark.parametrize(("name", "text", "value"), GOOD)
def test_a_good_value(name: str, text: str, value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAMES[name], text)
    assert getattr(load(), name) == value


def test_the_number_of_workers_as_platforms_say_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "3")
    assert load().workers == 3
    monkeypatch.setenv("WORKERS", "2")
    assert load().workers == 2
    assert load(workers=5).workers == 5
    monkeypatch.delenv("WORKERS")
    assert load(workers=5).workers == 5
    monkeypatch.setenv("WEB_CONCURRENCY", "many")
    with pytest.raises(WrongSetting, match="WEB_CONCURRENCY"):
        load()


@pytest.mark.parametrize(("name", "text"), BAD)
def test_a_bad_value_gives_one_line_that_names_it(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAMES[name], text)
    with pytest.raises(WrongSetting) as caught:
        load()
    line = str(caught.value)
    assert line.startswith(f"{NAMES[name]}: ")
    assert "\n" not in line
    assert len(line) < 300


def test_a_line_break_in_a_value_does_not_make_two_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "30\n01 x")
    with pytest.raises(WrongSetting, match=r"^PORT: [^\n]*$"):
        load()


def test_the_command_line_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "5000")
    assert load(port=6000).port == 6000
    assert load(port=None).port == 5000
    with pytest.raises(WrongSetting, match=r"^PORT: "):
        load(port=70000)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("blank", ["", " ", "\t\r\n", "\ufeff\n"])
def test_a_blank_value_is_an_absent_one(
    name: str, blank: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAMES[name], blank)
    assert load() == Settings()
    assert Settings(**{name: blank}) == Settings()


def test_a_blank_number_of_workers_leaves_it_to_the_platform(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WORKERS", " ")
    monkeypatch.setenv("WEB_CONCURRENCY", "3")
    assert load().workers == 3


@pytest.mark.parametrize("name", NAMES)
def test_only_the_documented_names_are_read_in_their_very_case(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    documented = set(VARIABLES[name])
    for variable in {name, name.upper(), name.title(), *(v.lower() for v in documented)}:
        if variable not in documented:
            monkeypatch.setenv(variable, "staging")  # nothing takes this, or takes it for a text
    assert load() == Settings()


def test_a_name_that_is_no_setting_is_not_taken_without_a_word() -> None:
    with pytest.raises(ValueError, match="redis_ulr"):
        settings(redis_ulr="redis://localhost")


@pytest.mark.parametrize(("text", "value"), TEXTS)
def test_durations(text: str, value: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAFT_TTL", text)
    assert load().draft_ttl == pytest.approx(value)


@pytest.mark.parametrize(
    "text", ["s", "90x", "1 2", "1h30m", "1e3", "nan", "inf", "0x10", "+5", "-5s"]
)
def test_what_is_no_duration(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCK_TTL", text)
    with pytest.raises(WrongSetting, match=r"^LOCK_TTL: .*such as 90s, 30m, 9h or 30d"):
        load()


# The secret.


def settings(**fields: Any) -> Settings:
    """By the names of the fields, as the command line gives them."""
    return Settings(**fields)


def test_a_given_secret_is_used_and_nothing_is_written(tmp_path: Path) -> None:
    made = settings(jwt_secret="given", data_dir=tmp_path)
    assert made.secret() == "given"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("given", [None, "", "  "])
def test_production_without_a_secret_is_refused(tmp_path: Path, given: str | None) -> None:
    made = settings(jwt_secret=given, env="production", data_dir=tmp_path)
    with pytest.raises(WrongSetting, match=r"^JWT_SECRET: .*production"):
        made.secret()
    assert list(tmp_path.iterdir()) == []
    assert settings(jwt_secret=GOOD_SECRET, env="production").secret() == GOOD_SECRET


@pytest.mark.parametrize(
    "given",
    ["x", "a" * 31, "é" * 15, "a" * 64, "secret" * 12, "changeme" * 4 + "chang", "0123456789" * 5],
)
def test_production_refuses_a_secret_that_can_be_guessed(tmp_path: Path, given: str) -> None:
    made = settings(jwt_secret=given, env="production", data_dir=tmp_path)
    with pytest.raises(WrongSetting, match=r"^JWT_SECRET: ") as caught:
        made.secret()
    assert given not in str(caught.value)
    assert settings(jwt_secret=given).secret() == given, "elsewhere doctor says so"


@pytest.mark.parametrize("given", ["a1b2c3d4" * 2 + "0" * 16, "é" * 8 + "ab" * 8, GOOD_SECRET])
def test_production_takes_any_other_secret_of_32_bytes(given: str) -> None:
    assert settings(jwt_secret=given, env="production").secret() == given


@pytest.mark.parametrize("given", [None, "", "  "])
def test_production_lets_nobody_into_a_sandbox_that_it_was_not_told_of(given: str | None) -> None:
    with pytest.raises(WrongSetting, match=r"^GATEWAY_URL: .*production"):
        _ = settings(gateway_url=given, env="production").uses_sandbox
    assert settings(gateway_url=given).uses_sandbox


def test_a_sandbox_on_purpose() -> None:
    assert settings(gateway_url="sandbox", env="production").uses_sandbox
    assert settings(gateway_url="sandbox").uses_sandbox
    assert not settings(gateway_url="https://gateway.example", env="production").uses_sandbox


def test_a_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "data"
    before = os.umask(0)
    try:
        secret = settings(data_dir=folder).secret()
    finally:
        os.umask(before)
    file = folder / SECRET_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(secret) >= 43, "32 bytes or more"
    assert settings(data_dir=folder).secret() == secret
    assert [path.name for path in folder.iterdir()] == [SECRET_FILE]
    assert settings(data_dir=tmp_path / "b").secret() != secret


def test_replicas_that_start_at_once_on_one_directory_agree(tmp_path: Path) -> None:
    together = threading.Barrier(8)
    secrets: list[str] = []

    def start() -> None:
        together.wait()
        secrets.append(settings(data_dir=tmp_path).secret())

    replicas = [threading.Thread(target=start) for _ in range(8)]
    for replica in replicas:
        replica.start()
    for replica in replicas:
        replica.join()
    assert len(secrets) == 8
    assert len(set(secrets)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [SECRET_FILE]


def test_a_maker_who_comes_second_takes_the_firsts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The very moment between the look and the making."""
    make = signing_key._write_once

    def slow(path: Path, text: str) -> None:
        make(path, "the first one's")
        make(path, text)

    monkeypatch.setattr(signing_key, "_write_once", slow)
    assert settings(data_dir=tmp_path).secret() == "the first one's"
    assert [path.name for path in tmp_path.iterdir()] == [SECRET_FILE]


def test_an_empty_secret_is_never_used(tmp_path: Path) -> None:
    (tmp_path / SECRET_FILE).write_text(" \n")
    with pytest.raises(WrongSetting, match=r"^JWT_SECRET: .*empty"):
        settings(data_dir=tmp_path).secret()


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WrongSetting, match=r"^ALPHASYNC_DATA_DIR: [^\n]*$"):
        settings(data_dir=tmp_path / "file" / "data").secret()


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"LOCK_TTL": "2h"}, "RUN_TTL: must be at least as long as LOCK_TTL"),
        ({"RUN_TTL": "5m"}, "RUN_TTL: must be at least as long as LOCK_TTL"),
        ({"DEVICE_TTL": "5s"}, "DEVICE_TTL: must be longer than DEVICE_GRACE"),
        ({"DEVICE_GRACE": "3h"}, "DEVICE_TTL: must be longer than DEVICE_GRACE"),
        ({"HEARTBEAT_INTERVAL": "3h"}, "HEARTBEAT_INTERVAL: must be shorter than DEVICE_TTL"),
        ({"DEVICE_TTL": "5m"}, "HEARTBEAT_INTERVAL: must be shorter than DEVICE_TTL"),
        ({"LOCK_TTL": "1ms"}, "LOCK_TTL: must be 30s or more"),
        ({"LOCK_TTL": "20s"}, "LOCK_TTL: must be 30s or more"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    given: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in given.items():
        monkeypatch.setenv(name, text)
    with pytest.raises(WrongSetting, match=named):
        load()
