"""How pages look, and their script: files joined once, at addresses that change with what they hold."""

import gzip
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from typing import NamedTuple

STYLE, SCRIPT, MARK = "/style.css", "/panel.js", "/mark.svg"
# Ours, by area. pico.css, which yields to each of them, and htmx.js are not ours: their licences
# lie beside them.
_SHEETS = (
    "theme.css",
    "controls.css",
    "shapes.css",
    "tables.css",
    "panel.css",
    "tickets.css",
    "audit.css",
    "admin.css",
)


class Asset(NamedTuple):
    """A file as browsers get it: as text, or packed by gzip."""

    path: str
    kind: str
    text: str
    packed: bytes

    @property
    def version(self) -> str:
        return sha256(self.text.encode()).hexdigest()[:12]

    @property
    def address(self) -> str:
        """Return where it is for as long as it stays as it is: browsers need not ask again."""
        return f"{self.path}?v={self.version}"


def load() -> Mapping[str, Asset]:
    """Read all that pages are shown with; return it by path."""
    pico = _text("pico.css").removeprefix('@charset "UTF-8";')
    sheets = (f"@layer pico {{\n{pico}\n}}", *map(_text, _SHEETS))
    found = (
        (STYLE, "text/css", "\n".join(sheets)),
        (SCRIPT, "text/javascript", _text("panel.js") + _text("htmx.js")),
        (MARK, "image/svg+xml", _text("mark.svg")),
    )
    return {
        path: Asset(path, kind, text, gzip.compress(text.encode(), mtime=0))
        for path, kind, text in found
    }


def _text(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
