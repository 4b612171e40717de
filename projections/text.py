"""Foreign text as it may be shown: without what misleads the eye or hides, and without quotes."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

# Everything below space but tab and newline, and delete.
_ASCII_CONTROLS = bytes(set(range(32)) - {9, 10} | {127})
# C1 controls, directional embeddings, overrides and isolates, interlinear annotations, and the
# invisible tag characters and supplementary variation selectors that carry hidden text.
_INVISIBLE = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069\\ufff9-\\ufffb"
    "\\U000e0000-\\U000e0fff]"
)
_ATTRIBUTION = re.compile(
    r"(?:On|Am|Le|El|Il|Op|Em|Dne|Den|W dniu) .{1,300}"
    r"(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef|escreveu|napsal|skrev|napisał)"
    r".{0,100}:"
)
_ORIGINAL = re.compile(
    r"-{3,} ?(?:Original Message|Forwarded message|Ursprüngliche Nachricht) ?-{3,}"
)


NAME = 200  # characters of a name or an address; customers choose their own


def clean(text: str) -> str:
    """Drop control and invisible characters; a newline ends each line. Idempotent."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii():
        if text.isprintable():
            return text
        return text.encode().translate(None, _ASCII_CONTROLS).decode()
    # Python counts variation selectors as printable, though they can carry hidden text.
    return _INVISIBLE.sub("", text.replace("\u2028", "\n").replace("\u2029", "\n\n"))


def named(text: str) -> str:
    """Return a name as it may be shown: clean, and no longer than a line."""
    return clean(text[:NAME])


class Part(NamedTuple):
    """Some lines of a message: its author's, or quoted ones."""

    lines: list[str]
    quoted: bool


def parts_of(text: str) -> list[Part]:
    """Take a message apart into what its author wrote and what it quotes, in turn.

    Quotes are runs of lines that begin with `>`, with the line that names their author, and
    everything after the line `-----Original Message-----`.
    """
    lines = text.split("\n")
    if ">" not in text and "---" not in text:
        return [Part(lines, quoted=False)]
    parts: list[Part] = []
    own: list[str] = []
    quote: list[str] = []

    def end_quote() -> None:
        nonlocal own, quote
        parts.extend((Part(own, quoted=False), Part(quote, quoted=True)))
        own, quote = [], []

    for number, line in enumerate(lines):
        if line.startswith(">"):
            quote = quote or _take_attribution(own)
            quote.append(line)
            continue
        if quote:
            end_quote()
        if _ORIGINAL.match(line):
            quote = lines[number:]
            break
        own.append(line)
    if quote:
        end_quote()
    parts.append(Part(own, quoted=False))
    return [part for part in parts if part.lines]


def unquoted(text: str) -> str | None:
    """Replace what a reply quotes by a mark that tells how much it was; None without quotes."""
    if ">" not in text and "---" not in text:
        return None
    parts = parts_of(text)
    if not any(part.quoted for part in parts):
        return None
    return "\n".join(
        _mark(len(part.lines)) if part.quoted else "\n".join(part.lines) for part in parts
    )


def _mark(lines: int) -> str:
    return f"[{lines} quoted {'line' if lines == 1 else 'lines'} hidden]"


def _take_attribution(kept: list[str]) -> list[str]:
    """Take the line that introduces a quote off the end, and return it."""
    blank = 0
    while blank < len(kept) and not kept[-1 - blank].strip():
        blank += 1
    if blank == len(kept) or not kept[-1 - blank].rstrip().endswith(":"):
        return []
    # The line may be wrapped once.
    for size in (1, 2):
        begin, end = len(kept) - blank - size, len(kept) - blank
        lines = kept[max(begin, 0) : end]
        if len(lines) == size and _ATTRIBUTION.fullmatch(" ".join(lines).strip()):
            del kept[begin:end]
            return lines
    return []


_MARKS = re.compile("[\\u0300-\\u036f]")


def folded(text: str) -> str:
    """Return text as it is searched: case and accents do not tell two words apart.

    PostgreSQL's own folding depends on the database's locale, so it is done here.
    """
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", _MARKS.sub("", apart))


def excerpt(text: str, words: Sequence[str], size: int) -> str:
    """Return some characters of a text on one line, around the first of the words in it."""
    line = " ".join(text.split())
    if len(line) <= size:
        return line
    low = line.lower()
    # Endings differ from form to form of a word.
    places = [low.find(word[: max(4, len(word) - 3)]) for word in words]
    start = max(0, min((place for place in places if place >= 0), default=0) - size // 4)
    start = min(start, len(line) - size)
    return f"{'…' if start else ''}{line[start : start + size]}{'…' if start + size < len(line) else ''}"


def cleaned(data: Any) -> Any:
    """Return a part of a stored JSON with its texts as they may be shown."""
    return each_text(data, clean)


def each_text(data: Any, change: Callable[[str], str]) -> Any:
    """Return a part of a JSON with all its texts changed, names included."""
    match data:
        case str():
            return change(data)
        case list():
            return [each_text(item, change) for item in cast("list[Any]", data)]
        case dict():
            parts = cast("dict[str, Any]", data).items()
            return {change(name): each_text(part, change) for name, part in parts}
        case _:
            return data
