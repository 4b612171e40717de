"""A call's raw arguments: what of them is recorded, and what no tool can take."""

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import msgspec

MAX_BYTES = 16_384  # of arguments in a call's record; larger ones leave their digest
MAX_DEPTH = 32  # likewise: deeper ones could not be read back everywhere

_UNSTORABLE = "a text holds characters that cannot be stored (NUL, or half a surrogate pair)"


class Heard(NamedTuple):
    """Arguments as they are recorded, and why no tool can take them where that is so."""

    recorded: dict[str, Any]
    fault: str | None = None


def hear(arguments: Mapping[str, Any]) -> Heard:
    """Look at what a client sent, which may be any JSON and, in Python's reading, even more."""
    try:
        text = msgspec.json.encode(arguments, order="deterministic")
    except (UnicodeEncodeError, RecursionError):
        return Heard({"unreadable": True}, _UNSTORABLE)
    fault = _UNSTORABLE if b"\\u0000" in text.replace(b"\\\\", b"") else None
    if len(text) > MAX_BYTES or _nests(arguments, MAX_DEPTH):
        digest = hashlib.sha256(text).hexdigest()
        return Heard({"too_large": True, "bytes": len(text), "sha256": digest}, fault)
    return Heard(dict(arguments), fault)


def storable(text: str) -> str:
    """Return a foreign word without what UTF-8 cannot write."""
    return text.encode(errors="replace").decode()


def _nests(value: object, depth: int) -> bool:
    """Whether arrays and objects stand in each other more than `depth` deep."""
    if isinstance(value, Mapping):
        items = cast("Mapping[str, object]", value).values()
    elif isinstance(value, list):
        items = cast("list[object]", value)
    else:
        return False
    return not depth or any(_nests(item, depth - 1) for item in items)
