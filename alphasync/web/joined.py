"""The console's modules as one file, and its styles as one.

They are more than a hundred small files, and over HTTP/1.1 a browser that begins anew asks for six
of them at a time: on a slow network that is most of what its first page waits for. So they are
joined as the console is read. Nothing is left out and nothing is shortened: what a browser's tools
show can be read. Only plain ways to import and to export are known, and any other one is refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from posixpath import normpath

INDEX = "index.html"
ENTRY = "app.js"
"""The module that the page begins with: all that it imports from, however far, becomes part of
it."""
STYLES = "css/console.css"

STYLE_LINK = re.compile(r' *<link rel="stylesheet" href="/static/(css/[\w-]+\.css)">\n')
IMPORT = re.compile(r"^import \{ ([\w$, ]+) \} from '(\.[^'\n]*)';$", re.MULTILINE)
EXPORT = re.compile(
    r"^export (?=(?:async function|function|class|const) (?:([\w$]+)|\{ ([\w$, ]+) \} =))",
    re.MULTILINE,
)
UNKNOWN = re.compile(r"^(?:import|export)\b.*|\bimport\s*\(\s*['\"`].*", re.MULTILINE)
"""What is loaded later has an address beside a file, which is no more: it asks for its own."""
MODULES = "$modules"
BEGINS_A_FILE = re.compile(rb"@import\b|@charset\b|\xef\xbb\xbf")
"""Of styles what means something else, or nothing, where others stand before it."""


def joined(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a console, by path, with one module and one file of styles in place of many.

    Raises ``ValueError`` for what cannot be joined, and says why.
    """
    return _with_one_module(_with_one_style(dict(files)))


def _with_one_style(files: dict[str, bytes]) -> dict[str, bytes]:
    page = files.get(INDEX, b"").decode()
    names = STYLE_LINK.findall(page)
    if not names:
        return files
    if missing := set(names) - set(files):
        raise ValueError(f"{INDEX} names {min(missing)}, which is nowhere")
    if page.count('rel="stylesheet"') != len(names):
        raise ValueError(f"{INDEX} names styles in another way than the others")
    for name in names:
        if found := BEGINS_A_FILE.search(files[name]):
            raise ValueError(f"{name}: {found[0]!r} is for the beginning of a file")
    link = iter([f'  <link rel="stylesheet" href="/static/{STYLES}">\n'])
    page = STYLE_LINK.sub(lambda _: next(link, ""), page)  # in the place of the first
    left = {name: files[name] for name in files.keys() - set(names)}
    return {**left, INDEX: page.encode(), STYLES: b"\n".join(files[name] for name in names)}


def _with_one_module(files: dict[str, bytes]) -> dict[str, bytes]:
    if ENTRY not in files:
        return files
    modules = _in_order(files)
    text = "".join([f"const {MODULES} = {{}};\n", *(module.as_part() for module in modules)])
    left = {name: files[name] for name in files.keys() - {module.name for module in modules}}
    return {**left, ENTRY: text.encode()}


@dataclass(frozen=True)
class Module:
    name: str
    imports: tuple[tuple[str, str], ...]
    """Names, and the module that they are of."""
    exports: frozenset[str]
    body: str

    @classmethod
    def read(cls, name: str, text: str) -> "Module":
        def target(address: str) -> str:
            return normpath(str(PurePosixPath(name).parent / address))

        def from_part(found: re.Match[str]) -> str:
            names = found[1].replace(" as ", ": ")
            return f"const {{ {names} }} = {MODULES}['{target(found[2])}'];"

        body = EXPORT.sub("", IMPORT.sub(from_part, text))
        if unknown := UNKNOWN.search(body):
            raise ValueError(f"{name}: this way to import or export is not known: {unknown[0]}")
        if MODULES in text:
            raise ValueError(f"{name}: {MODULES} is the name of what joins modules")
        if "/" in name and "import.meta" in text:
            raise ValueError(f"{name}: it has no address of its own, but that of {ENTRY}")
        return cls(
            name,
            tuple((found[1], target(found[2])) for found in IMPORT.finditer(text)),
            frozenset(
                own.strip()
                for found in EXPORT.finditer(text)
                for own in (found[1] or found[2]).split(",")
            ),
            body,
        )

    def as_part(self) -> str:
        """With names of its own, of which it gives those that it exports. The one that the page
        begins with gives none, and may wait for something before it goes on: it alone."""
        if self.name == ENTRY:
            return f"\n// {self.name}\n{{\n{self.body}\n}}\n"
        given = ", ".join(sorted(self.exports))
        return (
            f"\n// {self.name}\n{MODULES}['{self.name}'] = (() => {{\n{self.body}\n"
            f"return {{ {given} }};\n}})();\n"
        )


def _in_order(files: Mapping[str, bytes]) -> list[Module]:
    """Each behind all that it imports from, as a browser runs them; the entry is the last."""
    found: dict[str, Module] = {}

    def visit(name: str, above: tuple[str, ...]) -> Module:
        if name in above:
            raise ValueError(f"modules in a circle: {' > '.join((*above, name))}")
        if name in found:
            return found[name]
        if name not in files:
            raise ValueError(f"{above[-1]} imports from {name}, which is nowhere")
        module = Module.read(name, files[name].decode())
        for names, target in module.imports:
            exports = visit(target, (*above, name)).exports
            wanted = {own.partition(" as ")[0].strip() for own in names.split(",")}
            if missing := wanted - exports:
                raise ValueError(f"{name}: {target} exports no {min(missing)}")
        found[name] = module
        return module

    visit(ENTRY, ())
    return list(found.values())
