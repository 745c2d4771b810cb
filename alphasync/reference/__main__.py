"""``python -m alphasync.reference [FOLDER]``: writes the reference; FOLDER is docs by default, and
beside it are the files of the console."""

import json
import sys
from pathlib import Path

import yaml

from alphasync.reference import settings
from alphasync.reference.asyncapi import asyncapi
from alphasync.reference.openapi import openapi
from alphasync.reference.page import filled
from alphasync.reference.schema import Schema, as_json

PAGES = ("protocol.md", "transport.md")

DOCUMENTS = {"openapi": openapi, "asyncapi": asyncapi}
SHOWN = Path("static/docs")
"""What the page at /docs shows, beside the folder."""


def as_yaml(document: Schema) -> str:
    return yaml.dump(document, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100)


def as_json_line(document: Schema) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


class _Plain(yaml.SafeDumper):
    """What stands twice is written twice: not every tool knows YAML's aliases."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def main(folder: Path) -> None:
    for name in PAGES:
        page = folder / name
        page.write_text(filled(page))
    (folder / "protocol.schema.json").write_text(as_json())
    for name, make in DOCUMENTS.items():
        document = make()
        (folder / f"{name}.yaml").write_text(as_yaml(document))
        (folder.parent / SHOWN / f"{name}.json").write_text(as_json_line(document))
    (folder / "settings.md").write_text(settings.page())


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
