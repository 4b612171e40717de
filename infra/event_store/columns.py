"""Columns of a batch as PostgreSQL's binary arrays, made in less than half of psycopg's time for lists."""

from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from struct import Struct, pack
from typing import ClassVar, Self
from uuid import UUID

from psycopg.abc import AdaptContext
from psycopg.adapt import Dumper
from psycopg.postgres import types
from psycopg.pq import Format
from psycopg.types import TypeInfo

_header = Struct("!iiIii").pack  # dimensions, whether there are NULLs, type, length, first index
_length = Struct("!i").pack


class Column(bytes):
    """An array without NULLs, as PostgreSQL's array_recv takes it."""

    element: ClassVar[TypeInfo]

    @classmethod
    def _holding(cls, count: int, elements: bytes) -> Self:
        return cls(_header(1, 0, cls.element.oid, count, 1) + elements)


class Bigints(Column):
    element = types["int8"]

    @classmethod
    def of(cls, values: Sequence[int]) -> Self:
        each = chain.from_iterable(zip(repeat(8), values, strict=False))
        return cls._holding(len(values), pack("!" + "iq" * len(values), *each))


class Integers(Column):
    element = types["int4"]

    @classmethod
    def of(cls, values: Sequence[int]) -> Self:
        each = chain.from_iterable(zip(repeat(4), values, strict=False))
        return cls._holding(len(values), pack("!" + "ii" * len(values), *each))


class Blobs(Column):
    element = types["bytea"]

    @classmethod
    def of(cls, values: Sequence[bytes]) -> Self:
        return cls._holding(len(values), b"".join([_length(len(v)) + v for v in values]))


class Texts(Column):
    element = types["text"]

    @classmethod
    def of(cls, values: Iterable[str]) -> Self:
        encoded = [value.encode() for value in values]
        return cls._holding(len(encoded), b"".join([_length(len(v)) + v for v in encoded]))


class Uuids(Column):
    element = types["uuid"]

    @classmethod
    def of(cls, values: Sequence[UUID]) -> Self:
        size = _length(16)
        return cls._holding(len(values), b"".join([size + value.bytes for value in values]))


class _ColumnDumper(Dumper):
    format = Format.BINARY

    def __init__(self, cls: type[Column], context: AdaptContext | None = None) -> None:
        super().__init__(cls, context)
        self.oid = cls.element.array_oid

    def dump(self, obj: Column) -> Column:
        return obj


def take_columns(context: AdaptContext) -> None:
    """Let a connection or a cursor take columns as parameters."""
    if context.adapters:
        for column in (Bigints, Integers, Blobs, Texts, Uuids):
            context.adapters.register_dumper(column, _ColumnDumper)
