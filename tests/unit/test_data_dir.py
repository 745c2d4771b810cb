"""The data directory: made private, mended where nobody can have been there, refused elsewhere."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from alphasync import data_dir
from alphasync.data_dir import DataDirUnusable, prepare, trouble, words


@pytest.fixture(params=[0o000, 0o002, 0o022, 0o077], ids=oct, autouse=True)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir()
    made.chmod(0o700)
    return made


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_it_is_made_for_its_owner_only_and_what_leads_to_it_too(tmp_path: Path) -> None:
    wanted = tmp_path / "a" / "b" / "data"
    assert prepare(wanted) == wanted.resolve()
    assert {mode(path) for path in (wanted, *wanted.parents[:2])} == {0o700}
    assert prepare(wanted) == wanted.resolve()
    assert not list(wanted.iterdir())


@pytest.mark.parametrize("open_to", [0o770, 0o777, 0o702, 0o720, 0o2775])
@pytest.mark.parametrize("holds", [(), ("jwt-secret", "valkey.lock", "appendonlydir")])
def test_one_of_ours_that_others_can_write_to_is_closed(
    folder: Path, open_to: int, holds: tuple[str, ...]
) -> None:
    for name in holds:
        (folder / name).touch()
    folder.chmod(open_to)
    with structlog.testing.capture_logs() as entries:
        prepare(folder)
        prepare(folder)
    assert mode(folder) == open_to & ~0o022
    assert [entry["log_level"] for entry in entries] == ["warning"], "said once"


@pytest.mark.parametrize("closed", [0o700, 0o750, 0o755])
def test_one_that_others_can_only_look_at_stays_as_it_is(folder: Path, closed: int) -> None:
    (folder / "somebody's notes").touch()
    folder.chmod(closed)
    with structlog.testing.capture_logs() as entries:
        prepare(folder)
    assert mode(folder) == closed
    assert not entries


@pytest.mark.parametrize("left", ["file", "link", "link-with-our-name", "sticky"])
def test_one_where_others_may_have_been_is_refused(folder: Path, tmp_path: Path, left: str) -> None:
    match left:
        case "file":
            (folder / "notes.txt").touch()
        case "link":
            (folder / "elsewhere").symlink_to(tmp_path)
        case "link-with-our-name":
            (folder / "jwt-secret").symlink_to(tmp_path / "known to others")
    folder.chmod(0o1777 if left == "sticky" else 0o777)
    with pytest.raises(DataDirUnusable, match=r"^others can write to [^\n]*chmod go-w[^\n]*$"):
        prepare(folder)
    assert mode(folder) & 0o777 == 0o777, "nothing is changed"


def test_one_of_another_user_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = folder.with_name("link")
    link.symlink_to(folder)
    owner = folder.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    monkeypatch.setattr(data_dir, "ROOT", owner + 2)
    for path in (folder, link):
        with pytest.raises(DataDirUnusable, match=f"another user \\({owner}\\)"):
            prepare(path)


def test_one_of_root_is_taken_unless_others_can_write_to_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a volume that an orchestrator has made writable for a group."""
    owner = folder.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    monkeypatch.setattr(data_dir, "ROOT", owner)
    assert prepare(folder) == folder.resolve()
    folder.chmod(0o2775)
    with pytest.raises(DataDirUnusable, match="others can write to"):
        prepare(folder)


def test_a_link_leads_to_the_directory_that_is_looked_at(folder: Path) -> None:
    link = folder.with_name("link")
    link.symlink_to(folder)
    folder.chmod(0o770)
    assert prepare(link) == folder.resolve()
    assert mode(folder) == 0o750
    folder.chmod(0o770)
    (folder / "notes").touch()
    with pytest.raises(DataDirUnusable):
        prepare(link)


def test_what_lies_in_it_is_closed_to_others(folder: Path, tmp_path: Path) -> None:
    """As earlier versions, a restored backup or ``chmod -R`` leave it."""
    parts = folder / "appendonlydir"
    parts.mkdir()
    files = [folder / "jwt-secret", folder / "valkey.log", parts / "a.incr.aof", folder / "notes"]
    for file in files:
        file.touch()
        file.chmod(0o664)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch()
    elsewhere.chmod(0o644)
    (folder / "valkey.users").symlink_to(elsewhere)
    parts.chmod(0o775)
    prepare(folder)
    assert [mode(file) for file in files] == [0o600, 0o600, 0o600, 0o664]
    assert mode(parts) == 0o700
    assert mode(elsewhere) == 0o644


@pytest.mark.parametrize("in_the_way", ["file", "file above", "dangling link", "loop"])
def test_what_is_no_directory(tmp_path: Path, in_the_way: str) -> None:
    path = tmp_path / "data"
    match in_the_way:
        case "file":
            path.touch()
        case "file above":
            path.touch()
            path = path / "below"
        case "dangling link":
            path.symlink_to(tmp_path / "nothing")
        case "loop":
            path.symlink_to(path)
    with pytest.raises(DataDirUnusable, match=r"^[^\n]+$"):
        prepare(path)


@pytest.mark.parametrize(
    ("number", "to_do"),
    [
        (errno.ENOSPC, "make room"),
        (errno.EDQUOT, "make room"),
        (errno.EFBIG, "ulimit -f"),
        (errno.EROFS, "remount it"),
        (errno.EACCES, "chown"),
        (errno.EPERM, "chown"),
        (errno.ENOENT, "start again"),
        (errno.ENOTDIR, "another directory"),
        (errno.EEXIST, "another directory"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_each_error_says_what_to_do(number: int, to_do: str) -> None:
    said = words(Path("/some/where"), OSError(number, os.strerror(number)))
    assert to_do in said
    assert "/some/where" in said
    assert "\n" not in said


def test_trouble_is_that_of_the_moment(folder: Path) -> None:
    assert trouble(folder) is None
    folder.rmdir()
    assert "is gone" in str(trouble(folder))
