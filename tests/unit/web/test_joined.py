"""One module and one file of styles in place of many: the same console, asked for at once."""

import subprocess
from pathlib import Path

import pytest

from alphasync.web.console import Build, console_folder
from alphasync.web.joined import ENTRY, INDEX, STYLES, joined
from tests.js.node import node_with_client

MODULES = {
    ENTRY: """\
import { told as heard, Teller } from './tell.js';
import { deep, $ } from './view/deep.js';
import { at, later } from './at.js';

const own = await later('waited for');
heard(own, deep(2), $('dollar'), new Teller().name, at.slice(-6));
""",
    "tell.js": """\
import { first, second } from './pair.js';

const own = 'a name that others have, too';

/** Say it. */
export function told(...words) {
  console.log([first, second(own), ...words].join('|'));
}

export class Teller {
  name = 'Teller';
}
""",
    "view/deep.js": """\
import { second } from '../pair.js';

const own = 3;

// import { nothing } from './nowhere.js';
export const deep = (times) => `${own * times}
exported`.length + second('').length;
export const $ = (text) => `$${text}`;
""",
    "pair.js": """\
console.log('once');
export const { first, second } = { first: 'one', second: (text) => text.length + " it's" };
""",
    "at.js": """\
export const at = import.meta.url;
export async function later(value) {
  return value;
}
""",
}
SAID = "once\none|28 it's|waited for|16|$dollar|Teller|app.js\n"


def run(folder: Path, files: dict[str, bytes]) -> str:
    for name, text in {**files, "package.json": b'{"type": "module"}'}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text)
    return subprocess.run(
        [*node_with_client(), folder / ENTRY], capture_output=True, text=True, check=True
    ).stdout


def encoded(files: dict[str, str]) -> dict[str, bytes]:
    return {name: text.encode() for name, text in files.items()}


def test_what_is_joined_does_what_the_modules_do(tmp_path: Path) -> None:
    files = encoded(MODULES)
    whole = joined(files)
    assert set(whole) == {ENTRY}
    separate = run(tmp_path / "separate", files)
    # The entry's own address is that of each module beside it by then.
    assert separate.replace("/at.js", "app.js") == SAID
    assert run(tmp_path / "joined", whole) == SAID
    assert joined(dict(reversed(files.items()))) == whole, "whatever the order of the folder"


def test_what_the_page_does_not_begin_with_stays_as_it_is() -> None:
    others = encoded({"worker.js": "import x from 'y';", "vendor/a.js": "export default 1;"})
    assert joined(others) == others
    assert joined({}) == {}
    assert joined({**others, ENTRY: b""}).keys() == {*others, ENTRY}


@pytest.mark.parametrize(
    "text",
    [
        "import five from './five.js';",
        "import * as five from './five.js';",
        "import './five.js';",
        "import { five } from 'five';",
        'import { five } from "./five.js";',
        "import { five } from './five.js'",
        "import {five} from './five.js';",
        "import {\n  five,\n} from './five.js';",
        "import { five } from './five.js'; five();",
        "import { six } from './five.js';",
        "import { five, six as seven } from './five.js';",
        "import { five } from './nowhere.js';",
        "import { five } from '../five.js';",
        "import { other } from './other.js';",
        "const six = await import('./five.js');",
        'void import("./five.js");',
        "void import (`./five.js`);",
        "const $modules = 6;",
        "export default 6;",
        "export * from './five.js';",
        "export { five } from './five.js';",
        "const six = 6;\nexport { six };",
        "export let six = 6;",
        "export const { six: seven } = {};",
        "export const [six] = [6];",
        "export function* six() {}",
    ],
)
def test_another_way_to_import_or_to_export_is_refused(text: str) -> None:
    files = {"five.js": "export const five = 5;\n", "other.js": "import { x } from './app.js';\n"}
    with pytest.raises(ValueError, match=r"[\w/]+\.js"):
        joined(encoded({**files, ENTRY: f"{text}\n"}))


def test_no_module_sees_the_names_of_the_one_that_the_page_begins_with(tmp_path: Path) -> None:
    files = {
        "a.js": "export const kind = () => typeof performance.now + typeof own;\n",
        ENTRY: """\
import { kind } from './a.js';
const performance = 1, own = 2;
console.log(kind());
""",
    }
    assert run(tmp_path, joined(encoded(files))) == "functionundefined\n"


def test_what_comes_of_the_console_can_be_run() -> None:
    text = Build.read(console_folder()).files[ENTRY]
    checked = [*node_with_client(), "--check", "--input-type=module"]
    done = subprocess.run(checked, input=text, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("export const one = 1, two = 2;\n", r"view/a\.js exports no two"),
        ("export const one = import.meta.url, two = 2;\n", r"view/a\.js: it has no address"),
    ],
)
def test_what_another_module_would_miss_is_refused(module: str, said: str) -> None:
    files = {"view/a.js": module, ENTRY: "import { one, two } from './view/a.js';\n"}
    with pytest.raises(ValueError, match=said):
        joined(encoded(files))


def test_styles_are_joined_in_the_order_of_the_page() -> None:
    link = '  <link rel="stylesheet" href="/static/css/{}.css">\n'
    page = "".join(
        ["<head>\n", link.format("b"), link.format("a"), "  <script>\n", link.format("c")]
    )
    files = {name: f"{name} {{}}".encode() for name in ("css/a.css", "css/b.css", "css/c.css")}
    other = {"vendor/x.css": b"x"}
    whole = joined({**files, **other, INDEX: page.encode()})
    assert whole.keys() == {INDEX, STYLES, "vendor/x.css"}
    assert whole[STYLES] == b"css/b.css {}\ncss/a.css {}\ncss/c.css {}"
    assert whole[INDEX].decode() == f"<head>\n{link.format('console')}  <script>\n"


@pytest.mark.parametrize(
    ("more", "style"),
    [
        ("", None),
        ('  <link rel="stylesheet" href="/static/css/b.css" media="print">\n', b""),
        ('  <link href="/static/css/b.css" rel="stylesheet">\n', b""),
        ("", b"@import 'b.css';"),
        ("", b'@charset "utf-8";'),
        ("", b"\xef\xbb\xbfa {}"),
    ],
)
def test_styles_that_would_mean_something_else_are_refused(more: str, style: bytes | None) -> None:
    page = f'  <link rel="stylesheet" href="/static/css/a.css">\n{more}'.encode()
    with pytest.raises(ValueError, match=r"css/a\.css|index\.html"):
        joined({INDEX: page} | ({} if style is None else {"css/a.css": style}))
