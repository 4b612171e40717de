"""Stored shapes are for ever: every golden file decodes, and encodes to what it was."""

import inspect
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, cast, get_args
from uuid import UUID

import msgspec
import pytest

import domain
from domain.decider import Decider, Ref
from domain.facts import FACTS
from infra.event_store.mapper import to_event, to_row
from tests.events.golden import defaults, files, first_file, pretty, recorded_defaults, topic_of

each_file = pytest.mark.parametrize("file", files(), ids=lambda file: file.name)
SECRETIVE = re.compile(r"secret|passw|passphrase|token|bearer|authorization|cookie|key|random")


@pytest.mark.parametrize("topic", FACTS)
def test_every_fact_has_a_golden_file(topic: str) -> None:
    assert first_file(topic).exists(), "python -m tests.events writes it"


def deciders() -> dict[str, Decider[Any]]:
    """Return the rules of all aggregates, by their kind."""
    modules = pkgutil.walk_packages(domain.__path__, f"{domain.__name__}.")
    things = [thing for module in modules for thing in vars(import_module(module.name)).values()]
    found = [cast("Ref[Any]", each).decider for each in things if isinstance(each, Ref)]
    found += [cast("Decider[Any]", each) for each in things if isinstance(each, Decider)]
    return {decider.kind: decider for decider in found}


@pytest.mark.parametrize("decider", deciders().values(), ids=deciders())
def test_rules_fold_facts_of_their_own_kind_and_no_others(decider: Decider[Any]) -> None:
    _, fact = inspect.signature(decider.evolve).parameters.values()
    folded = get_args(fact.annotation) or (fact.annotation,)
    # Those of another kind are passed over without a word.
    assert {fact.topic.partition(".")[0] for fact in folded} == {decider.kind}


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
