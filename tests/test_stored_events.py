"""Stored shapes are for ever: every golden file decodes, and encodes to what it was."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import msgspec
import pytest

from domain.facts import FACTS
from infra.event_store.mapper import to_event, to_row
from tests.events.golden import defaults, files, first_file, pretty, recorded_defaults, topic_of

each_file = pytest.mark.parametrize("file", files(), ids=lambda file: file.name)
SECRETIVE = re.compile(r"secret|passw|passphrase|token|bearer|authorization|cookie|key|random")


@pytest.mark.parametrize("topic", FACTS)
def test_every_fact_has_a_golden_file(topic: str) -> None:
    assert first_file(topic).exists(), "python -m tests.events writes it"


@each_file
def test_a_golden_file_decodes_and_encodes_to_the_same(file: Path) -> None:
    state = file.read_bytes()
    event = to_event(UUID(int=1), 1, topic_of(file), state)
    assert pretty(to_row(event).state) == state.decode()


def test_what_is_not_stored_still_means_the_same() -> None:
    assert recorded_defaults() == defaults(), "python -m tests.events adds new ones"


@each_file
def test_no_secret_is_stored(file: Path) -> None:
    for name, value in fields_of(msgspec.json.decode(file.read_bytes())):
        if SECRETIVE.search(name):
            UUID(value)  # naming a secret by its id is fine
        assert not re.search(r"dl_[a-z]+_[0-9A-Za-z]{8}", str(value))


def fields_of(part: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(part, dict):
        for name, value in cast("dict[str, Any]", part).items():
            yield name, value
            yield from fields_of(value)
    elif isinstance(part, list):
        for value in cast("list[Any]", part):
            yield from fields_of(value)
