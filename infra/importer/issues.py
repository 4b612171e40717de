"""GitHub issues as a file has them: one JSON object a line, plain or compressed by gzip."""

import gzip
import zlib
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, BinaryIO, Literal, cast

import msgspec
from msgspec import Meta, Struct

from infra.importer.errors import ImportFileError

_GZIP = b"\x1f\x8b"
_GENERAL = "General"

Moment = Annotated[datetime, Meta(tz=True)]
Login = Annotated[str, Meta(min_length=1, max_length=200)]


class Comment(Struct, frozen=True, gc=False):
    """What somebody wrote below an issue; nobody is named where the account is gone."""

    created_at: Moment
    author: Login | None = None
    body: str | None = None


class Issue(Struct, frozen=True, gc=False):
    """An issue or a pull request."""

    number: Annotated[int, Meta(ge=1)]
    subject: str
    state: Literal["open", "closed"]
    created_at: Moment
    author: Login | None = None
    body: str | None = None
    labels: tuple[str, ...] = ()
    assignees: tuple[Login, ...] = ()
    closed_at: Moment | None = None
    comments: tuple[Comment, ...] = ()

    @property
    def department(self) -> str:
        """The first label of an area, else of a team, else `General`."""
        for prefix in ("A-", "T-"):
            for label in self.labels:
                if label.startswith(prefix):
                    return label.strip()
        return _GENERAL


def read_issues(file: Path, limit: int | None = None) -> Iterator[Issue]:
    """Yield the issues of a file, at most `limit`. Raises `ImportFileError` with the line's number."""
    number = 0
    decode = msgspec.json.Decoder(Issue).decode
    try:
        with _opened(file) as lines:
            for line in islice(lines, limit):
                number += 1
                yield decode(line)
    except msgspec.MsgspecError as error:
        # Its text names our fields and places in the line, and quotes nothing of it.
        raise ImportFileError(f"{file}, line {number}: {error}") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ImportFileError(f"{file} is damaged after line {number}: {error}") from None
    except OSError as error:
        raise ImportFileError(f"{file} cannot be read: {error.strerror or error}") from None


def _opened(file: Path) -> BinaryIO:
    with file.open("rb") as opened:
        compressed = opened.read(2) == _GZIP
    return cast("BinaryIO", gzip.open(file)) if compressed else file.open("rb")
