"""The secret that signs the tokens, and what production refuses."""

import os
import stat
import threading
from pathlib import Path

import pytest

from alphasync.config import WrongSetting, signing_key
from alphasync.config.signing_key import SECRET_FILE
from tests.unit.config.values import settings

GOOD_SECRET = "j8Yt0q2VvX5bnPz7sRkw3LmdHcFgTaEu"


def test_a_given_secret_is_used_and_nothing_is_written(tmp_path: Path) -> None:
    made = settings(jwt_secret="given", data_dir=tmp_path)
    assert made.secrets() == ("given",)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("given", [None, "", "  "])
def test_production_without_a_secret_is_refused(tmp_path: Path, given: str | None) -> None:
    made = settings(jwt_secret=given, env="production", data_dir=tmp_path)
    with pytest.raises(WrongSetting, match=r"^JWT_SECRET: .*production"):
        made.secrets()
    assert list(tmp_path.iterdir()) == []
    assert settings(jwt_secret=GOOD_SECRET, env="production").secrets() == (GOOD_SECRET,)


@pytest.mark.parametrize(
    "given",
    ["x", "a" * 31, "é" * 15, "a" * 64, "secret" * 12, "changeme" * 4 + "chang", "0123456789" * 5],
)
def test_production_refuses_a_secret_that_can_be_guessed(tmp_path: Path, given: str) -> None:
    made = settings(jwt_secret=given, env="production", data_dir=tmp_path)
    with pytest.raises(WrongSetting, match=r"^JWT_SECRET: ") as caught:
        made.secrets()
    assert given not in str(caught.value)
    assert settings(jwt_secret=given).secrets() == (given,), "elsewhere doctor says so"


@pytest.mark.parametrize("given", ["a1b2c3d4" * 2 + "0" * 16, "é" * 8 + "ab" * 8, GOOD_SECRET])
def test_production_takes_any_other_secret_of_32_bytes(given: str) -> None:
    assert settings(jwt_secret=given, env="production").secrets() == (given,)


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
        secrets = settings(data_dir=folder).secrets()
    finally:
        os.umask(before)
    file = folder / SECRET_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(secrets[0]) >= 43, "32 bytes or more"
    assert settings(data_dir=folder).secrets() == secrets
    assert [path.name for path in folder.iterdir()] == [SECRET_FILE]
    assert settings(data_dir=tmp_path / "b").secrets() != secrets


def test_servers_that_start_at_once_on_one_directory_agree(tmp_path: Path) -> None:
    together = threading.Barrier(8)
    found: list[tuple[str, ...]] = []

    def start() -> None:
        together.wait()
        found.append(settings(data_dir=tmp_path).secrets())

    servers = [threading.Thread(target=start) for _ in range(8)]
    for server in servers:
        server.start()
    for server in servers:
        server.join()
    assert len(found) == 8
    assert len(set(found)) == 1
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
    assert settings(data_dir=tmp_path).secrets() == ("the first one's",)
    assert [path.name for path in tmp_path.iterdir()] == [SECRET_FILE]


def test_an_empty_secret_is_never_used(tmp_path: Path) -> None:
    (tmp_path / SECRET_FILE).write_text(" \n")
    with pytest.raises(WrongSetting, match=r"^JWT_SECRET: .*empty"):
        settings(data_dir=tmp_path).secrets()


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WrongSetting, match=r"^ALPHASYNC_DATA_DIR: [^\n]*$"):
        settings(data_dir=tmp_path / "file" / "data").secrets()


ONE, TWO = GOOD_SECRET, "pQ7mZs4xKc9LwTgN1hYrVd6bJf3EuAo8"


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        (f"{ONE},{TWO}", (ONE, TWO)),
        (f" {ONE} , {TWO},\n", (ONE, TWO)),
        (f"{ONE},", (ONE,)),
        (f"{ONE},{TWO},{ONE}", (ONE, TWO)),
        (f'"{ONE},x",{TWO}', (ONE + ",x", TWO)),
        (f'"{ONE},x"', (ONE + ",x",)),
        ("words and\nlines", ("words and\nlines",)),
        ('a "quoted" word', ('a "quoted" word',)),
    ],
)
def test_several_keys_and_one_that_looks_like_them(given: str, keys: tuple[str, ...]) -> None:
    assert settings(jwt_secret=given).secrets() == keys


@pytest.mark.parametrize(
    "given",
    [
        f"{ONE},short",
        f"short,{ONE}",
        "a secret, of before, commas, meant, anything",
        f"{ONE},\n{TWO},",
        f'"{ONE},{TWO}',
        ",",
        '""," "',
        ",".join(f"{number}{ONE}" for number in range(signing_key.KEYS_MAX + 1)),
    ],
)
def test_a_list_that_is_none_is_refused_and_nothing_of_it_is_said(given: str) -> None:
    with pytest.raises(WrongSetting, match=r"^JWT_SECRET: [^\n]*$") as caught:
        settings(jwt_secret=given).secrets()
    assert ONE not in str(caught.value)
    assert TWO not in str(caught.value)


def test_an_older_key_that_can_be_guessed_is_refused_as_well() -> None:
    weak = "secret" * 12
    with pytest.raises(WrongSetting, match=r"key 2 of 2") as caught:
        settings(jwt_secret=f"{ONE},{weak}", env="production").secrets()
    assert weak not in str(caught.value)


def test_the_file_of_the_key_may_have_several_one_a_line(tmp_path: Path) -> None:
    old = settings(data_dir=tmp_path).secrets()
    (tmp_path / SECRET_FILE).write_text(f"{ONE}\n\n{old[0]}\n")
    assert settings(data_dir=tmp_path).secrets() == (ONE, *old)
