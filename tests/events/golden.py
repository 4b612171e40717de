"""Golden files: each stored fact once as JSON, made from its types when it was new, never edited."""

import types
from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import NAMESPACE_OID, UUID, uuid5

import msgspec

from domain.clients import ClientPolicy
from domain.fact import Attribution, Client, Envelope, Event, Fact
from domain.facts import FACTS
from domain.ticket.words import Author, Contact
from infra.event_store.mapper import to_row

FOLDER = Path(__file__).parent
# Fields that have their default are not stored, so a default is a part of the stored shape.
DEFAULTS = FOLDER / "defaults.json"
PARTS: tuple[type[msgspec.Struct], ...] = (
    Envelope,
    Attribution,
    Client,
    Author,
    Contact,
    ClientPolicy,
)
Defaults = dict[str, dict[str, Any]]
TEXTS = {
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "mask": "dl_pat_…h7Qz",
    "email": "kim@customer.example",
    "ip": "192.0.2.7",
    "body": "Grüße\nund ein “zweiter” Absatz 🔧",
}


def files() -> list[Path]:
    return sorted(FOLDER.glob("*.v*.json"))


def topic_of(file: Path) -> str:
    return file.name.rpartition(".v")[0]


def first_file(topic: str) -> Path:
    return FOLDER / f"{topic}.v1.json"


def sample(fact: type[Fact]) -> str:
    """Return a fact's stored state with every field set, laid out for readers."""
    event = Event(UUID(int=1), 1, build(fact), build(Envelope))
    return pretty(to_row(event).state)


def pretty(state: bytes) -> str:
    return msgspec.json.format(state, indent=2).decode() + "\n"


def build(struct: type[Any]) -> Any:
    hints = get_type_hints(struct)
    fields = {field.name: field for field in msgspec.structs.fields(struct)}
    return struct(
        **{
            name: not field.default if hints[name] is bool else value(name, hints[name])
            for name, field in fields.items()
        }
    )


def value(name: str, kind: Any) -> Any:
    """Return a value of this type that no field has by default."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return arguments[0]
    if origin in (Union, types.UnionType):
        return value(name, arguments[0])
    if origin is tuple:
        return (value(f"{name} 1", arguments[0]), value(f"{name} 2", arguments[0]))
    if origin is dict:
        return {"ticket_id": "KQM-40713", "tags": ["vip"], "nothing": None}
    if issubclass(kind, msgspec.Struct):
        return build(kind)
    if issubclass(kind, Enum):
        return list(kind)[-1]
    simple: dict[Any, Any] = {
        UUID: uuid5(NAMESPACE_OID, name),
        datetime: datetime(2026, 3, 4, 5, 6, 7, 123456, tzinfo=UTC),
        date: date(2026, 3, 1),
        str: TEXTS.get(name, f"some {name}"),
        int: 7_000,
    }
    return simple[kind]


def defaults() -> Defaults:
    """Return what a field means that is not stored, by topic or name of its struct."""
    named = {**FACTS, **{part.__name__: part for part in PARTS}}
    told = {name: dict(defaults_in(struct)) for name, struct in named.items()}
    return msgspec.json.decode(msgspec.json.encode(told), type=Defaults)


def recorded_defaults() -> Defaults:
    return msgspec.json.decode(DEFAULTS.read_bytes(), type=Defaults)


def defaults_in(struct: type[msgspec.Struct]) -> Iterator[tuple[str, Any]]:
    for field in msgspec.structs.fields(struct):
        if not field.required:
            yield field.name, field.default
