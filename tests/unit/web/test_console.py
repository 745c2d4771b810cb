"""A build of the console: its name is its content, and all that its page needs is in it."""

import re
import zlib
from pathlib import Path

import msgspec
import pytest

from alphasync.web.console import GUARD, WORKER, Build, console_folder, files_of
from alphasync.web.joined import ENTRY, INDEX, STYLES

CONSOLE = files_of(console_folder())
FILES = {INDEX: b'<script src="/static/a.js">', "a.js": b"1", "b/c.css": b"2"}


def test_the_name_is_the_content() -> None:
    name = Build.of(FILES).name
    assert Build.of(dict(reversed(FILES.items()))).name == name
    assert re.fullmatch("[0-9a-f]{16}", name)
    others = [
        {**FILES, "a.js": b"2"},
        {**FILES, "new.js": b""},
        {INDEX: FILES[INDEX], "a.j": b"s1", "b/c.css": b"2"},
        {INDEX: FILES[INDEX], "a.js": b"1b/c.css2"},
        {},
    ]
    names = {Build.of(files).name for files in others}
    assert len(names) == len(others)
    assert name not in names


def test_what_was_packed_is_unpacked_and_nothing_else_is_taken_for_it() -> None:
    build, other = Build.of(FILES), Build.of({"a.js": b"x"})
    assert Build.unpack(build.name, build.pack()) == build
    odd = [other.pack(), b"", b"x", build.pack()[:-9], zlib.compress(b"x"), zlib.compress(b"\xc1")]
    odd.append(zlib.compress(msgspec.msgpack.encode({"a.js": 5})))
    for packed in odd:
        assert Build.unpack(build.name, packed) is None


def test_a_folder_is_read_as_it_is_served(tmp_path: Path) -> None:
    outside = tmp_path / "secret.js"
    outside.write_text("no")
    folder = tmp_path / "static"
    for name in ("a.js", "b/c.css", "package.json", ".npmrc", "node_modules/x/y.js"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (folder / "link.js").symlink_to(outside)
    assert set(Build.read(folder).files) == {"a.js", "b/c.css"}
    assert Build.read(tmp_path / "nowhere").page is None


def test_the_page_names_the_files_of_its_own_build_only() -> None:
    build = Build.read(console_folder())
    page = build.page
    assert page is not None
    text = page.decode()
    named = re.findall(r'(?:src|href)="(/[^"]*)"', text)
    assert f"/static/{GUARD}" in named
    for address in set(named) - {f"/static/{GUARD}"}:
        prefix, _, name = address.partition(f"/static/{build.name}/")
        assert prefix == ""
        assert name in build.files
    assert text.index(GUARD) < text.index(build.name), "before the first that can be missing"


def test_a_console_is_a_page_with_one_module_and_one_file_of_styles() -> None:
    build = Build.read(console_folder())
    scripts = {name for name in build.files if name.endswith((".js", ".css"))}
    own = {name for name in scripts if not name.startswith("vendor/")}
    assert own == {ENTRY, STYLES, GUARD, WORKER, "theme-early.js"}
    assert build.page is not None
    assert b"modulepreload" not in build.page


def test_the_page_of_a_server_that_joins_nothing_names_every_module_and_no_other_script() -> None:
    build = Build.of({name: CONSOLE[name] for name in CONSOLE if not name.startswith("docs/")})
    page = build.page
    assert page is not None
    found = re.findall(r'"modulepreload" href="/static/[0-9a-f]+/([^"]*)"', page.decode())
    others = {name for name in build.files if name.startswith("vendor/")}
    classic = {GUARD, WORKER, "theme-early.js", *others}
    assert set(found) == {name for name in build.files if name.endswith(".js")} - classic


@pytest.mark.parametrize("name", sorted(CONSOLE))
def test_a_file_names_others_beside_it_only(name: str) -> None:
    if "vendor/" in name or not name.endswith((".js", ".css")):
        return
    text = CONSOLE[name].decode()
    assert set(re.findall(r"fileOf\('([^']+)'\)", text)) <= set(CONSOLE)
    for address in re.findall(r"""(?:from\s+|import\s*\(?|url\()['"]([^'"]+)['"]""", text):
        found = (Path("/") / Path(name).parent / address).as_posix()
        parts: list[str] = []
        for part in found.strip("/").split("/"):
            parts = parts[:-1] if part == ".." else [*parts, part]
        assert address.startswith(".")
        assert "/".join(parts) in CONSOLE
