"""Settings from the environment and the command line."""

import pytest

from alphasync.config import VARIABLES, Settings, WrongSetting, load
from alphasync.config.essentials import DEFAULT_ORIGINS
from tests.unit.config.values import BAD, GOOD, NAMES, settings

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
    beside_another = {"jwt_algorithms"}
    assert {name for name, *_ in GOOD} == set(NAMES) - beside_another
    free_text = {
        "host",
        "internal_host",
        "metrics_host",
        "data_dir",
        "gateway_ca_file",
        "redis_ca_file",
        "redis_url",
        "jwt_secret",
        "jwt_jwks_ca_file",
        "jwt_public_key",
        "jwt_audience",
        "jwt_issuer",
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


def test_algorithms_are_those_of_public_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_ALGORITHMS", "ES256, EdDSA")
    with pytest.raises(WrongSetting, match=r"^JWT_ALGORITHMS: "):
        load()
    for name in ("JWT_PUBLIC_KEY", "JWT_JWKS"):
        monkeypatch.setenv(name, "/some/file")
        assert load().jwt_algorithms == ("ES256", "EdDSA")
        monkeypatch.delenv(name)
