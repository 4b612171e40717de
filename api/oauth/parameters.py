"""Parameters as OAuth sends them, in a query or a form, read strictly (OAuth 2.1 §3.1, §3.2.2)."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

LONGEST_BODY = 1 << 14  # bytes; a browser's address bar ends earlier
MOST_PARAMETERS = 64

_ENCODED = re.compile(rb"(?:[\x21-\x24\x26-\x7e]|%[0-9A-Fa-f]{2})*")


class Malformed(Exception):  # noqa: N818 - an answer, not a fault
    """What was sent is no set of parameters; the sentence says why."""


class Pair(NamedTuple):
    name: str
    value: str


Pairs = tuple[Pair, ...]


def read_pairs(raw: bytes) -> Pairs:
    """Read application/x-www-form-urlencoded: ASCII that stands for UTF-8.

    What has no value counts as left out. Raises `Malformed`.
    """
    if len(raw) > LONGEST_BODY:
        raise Malformed(f"The parameters are longer than {LONGEST_BODY} bytes.")
    if not _ENCODED.fullmatch(raw):
        raise Malformed("The parameters are not percent-encoded.")
    fields = [field for field in raw.split(b"&") if field]
    if len(fields) > MOST_PARAMETERS:
        raise Malformed(f"There are more than {MOST_PARAMETERS} parameters.")
    pairs = [Pair(*map(decode_form, field.partition(b"=")[::2])) for field in fields]
    return tuple(pair for pair in pairs if pair.value)


def decode_form(encoded: bytes) -> str:
    """Decode one name or value. Raises `Malformed` for what is no UTF-8, or holds a NUL."""
    try:
        decoded = unquote_to_bytes(encoded.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise Malformed("A parameter is not UTF-8.") from None
    if "\0" in decoded:
        raise Malformed("A parameter holds a NUL.")
    return decoded


def repeated(pairs: Pairs, known: Iterable[str]) -> frozenset[str]:
    """Return which of the known parameters came more than once, which none may."""
    names = [name for name, _ in pairs]
    return frozenset(name for name in known if names.count(name) > 1)


def only(pairs: Pairs, name: str) -> str | None:
    """Return a parameter that came once, and None for one that did not come, or came repeatedly."""
    values = [value for found, value in pairs if found == name]
    return values[0] if len(values) == 1 else None


def once(pairs: Pairs, known: Iterable[str]) -> Mapping[str, str]:
    """Return the known parameters by name; others are ignored. Raises `Malformed` for a repeated one."""
    known = frozenset(known)
    if names := repeated(pairs, known):
        raise Malformed(f"A parameter came more than once: {', '.join(sorted(names))}.")
    return {name: value for name, value in pairs if name in known}
