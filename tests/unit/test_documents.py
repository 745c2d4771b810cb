"""The documents: every link leads somewhere, and nothing names a document that is not here."""

import re
from itertools import chain
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
BROUGHT_IN = {"node_modules", "vendor", "build", "dist"}
"""Folders whose content is others'."""
SOURCES = {".py", ".lua", ".js", ".mjs", ".css", ".html", ".toml", ".yaml", ".cfg", ".conf"}
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6} +(.+)$", re.MULTILINE)
NAMED = re.compile(r"[\w./-]*\w\.md\b")


def ours() -> list[Path]:
    """All files of the project, without what a tool or a build left in its folder."""
    tops = (top for top in ROOT.iterdir() if not top.name.startswith(".") and top.name != "data")
    found = chain.from_iterable([top] if top.is_file() else top.rglob("*") for top in tops)
    return [path for path in found if not BROUGHT_IN.intersection(path.parts) and path.is_file()]


DOCUMENTS = [path for path in ours() if path.suffix == ".md"]


def anchors(document: Path) -> set[str]:
    """What a heading is called in a link, as GitHub makes it."""
    headings = HEADING.findall(FENCE.sub("", document.read_text()))
    plain = (re.sub(r"[^\w\- ]", "", LINK.sub("", heading).lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def _place(document: Path) -> Path:
    """Where a document's links start; what is in benchmarks/ is filled in and put into docs/."""
    return ROOT / "docs" if document.parent == ROOT / "benchmarks" else document.parent


def named(document: Path) -> str:
    return str(document.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_each_link_leads_somewhere(document: Path) -> None:
    dead = []
    for link in LINK.findall(FENCE.sub("", document.read_text())):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (_place(document) / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert not dead


def test_no_file_names_a_document_that_is_not_here() -> None:
    known = {path.name for path in DOCUMENTS}
    missing = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in ours()
        if path.suffix in SOURCES and path != Path(__file__)
        for name in NAMED.findall(path.read_text())
        if not (ROOT / name).is_file()
        and (name.startswith("docs/") or Path(name).name not in known)
    ]
    assert not missing


def test_the_readme_fits_on_a_few_screens() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()
    assert len(lines) <= 110
    assert max(map(len, lines)) <= 120
