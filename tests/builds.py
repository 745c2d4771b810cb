"""Consoles of other builds than the one at hand."""

from pathlib import Path

from alphasync.web.console import console_folder, files_of


def other_console(folder: Path, said: str = "", otherwise: str = "") -> Path:
    """A copy of the console that is another build, and says one thing otherwise."""
    for name, content in files_of(console_folder()).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    words = folder / "words.js"
    text = words.read_text()
    assert said in text
    words.write_text((text.replace(said, otherwise) if said else text) + "// other\n")
    return folder
