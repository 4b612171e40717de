"""Cursors: where a walk through a listing goes on, bound to the listing that it began."""

import base64
import hashlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Annotated, Generic, NamedTuple, Protocol, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from domain.refusals import Code, Refused

K = TypeVar("K")
NextCursor = Annotated[str, Meta(description="Pass as cursor for the next page; absent: the end.")]


class Page(Protocol):
    """A part of a listing, with the cursor of the next one."""

    @property
    def next_cursor(self) -> str | UnsetType: ...


P = TypeVar("P", bound=Page)


class Cursor(NamedTuple, Generic[K]):
    """The key of the last row that was shown, and a digest of the listing it was a row of."""

    key: K
    bound: str

    def require(self, listing: object) -> K:
        """Return the key; refuse the cursor where it belongs to another listing."""
        if self.bound != _digest(listing):
            raise _misused()
        return self.key


def encode_cursor(listing: object, key: tuple[object, ...]) -> str:
    """Write the key of the last row shown; `listing` is all that the rows depend on."""
    data = msgspec.json.encode([_digest(listing), *key])
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def open_cursor(cursor: str, key: type[K]) -> Cursor[K]:
    """Read a cursor; refuse what is none."""
    try:
        data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        if b"\\u0000" in data:  # which PostgreSQL takes in no text
            raise _misused()
        bound, *rest = msgspec.json.decode(data, type=list[object])
        return Cursor(msgspec.convert(rest, key), str(bound))
    except (ValueError, msgspec.MsgspecError, RecursionError):
        raise _misused() from None


def decode_cursor(cursor: str, listing: object, key: type[K]) -> K:
    """Read the key of a cursor of this listing; refuse any other."""
    return open_cursor(cursor, key).require(listing)


async def every_page(read: Callable[[str | None], Awaitable[P]]) -> AsyncGenerator[P]:
    """Yield the pages of a listing, each `read` by its cursor, from the first to the last."""
    cursor: str | None = None
    while True:
        page = await read(cursor)
        yield page
        following = page.next_cursor
        if following is UNSET:
            return
        cursor = following


def _misused() -> Refused:
    return Refused(
        Code.INVALID_ARGUMENTS,
        "This list has no such page.",
        hint="Pass the cursor of the last answer as it is, with the same other arguments, or leave "
        "it out to begin anew.",
    )


def _digest(listing: object) -> str:
    text = msgspec.json.encode(listing, order="deterministic")
    return hashlib.blake2s(text, digest_size=6).hexdigest()
