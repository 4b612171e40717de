"""All streams of an account in memory, where commands are decided as the application does it."""

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from domain.caller import Caller
from domain.decider import Command, Context, On, Ref
from domain.fact import Fact
from domain.streams import stream_of


class NoCodes:
    """Tests of rules name a ticket by its id, which nobody has to look up."""

    async def find_ticket(self, code: str) -> UUID | None:
        raise LookupError(code)


def stream_for(command: Command) -> Ref[Any]:
    """Return the stream of a command that names it by id."""
    with pytest.raises(StopIteration) as end:
        stream_of(command, NoCodes()).send(None)
    return end.value.value


class World:
    """The facts of each stream, and the states that they come to."""

    def __init__(self) -> None:
        self.facts: defaultdict[Ref[Any], list[Fact]] = defaultdict(list)
        self.states: dict[UUID, Any] = {}

    def happen(self, ref: Ref[Any], *facts: Fact) -> None:
        for fact in facts:
            self.facts[ref].append(fact)
            self.states[ref.id] = ref.decider.evolve(self.states.get(ref.id), fact)

    def decide(self, command: Command, caller: Caller, now: datetime) -> list[Fact | On]:
        """Return what the rules say. A rule is told of no stream that it did not name."""
        ref = stream_for(command)
        state = self.states.get(ref.id)
        named = {other.id: self.states.get(other.id) for other in ref.decider.needs(state, command)}
        for other in list(ref.decider.then_needs(state, command, named)):
            named[other.id] = self.states.get(other.id)
        return list(ref.decider.decide(state, command, Context(now, caller, named)))

    def carry_out(self, command: Command, caller: Caller, now: datetime) -> list[Fact]:
        """Return the facts that the command led to, by now part of the streams."""
        decided = self.decide(command, caller, now)
        for fact in decided:
            if isinstance(fact, On):
                self.happen(fact.ref, fact.fact)
            else:
                self.happen(stream_for(command), fact)
        return [fact.fact if isinstance(fact, On) else fact for fact in decided]
