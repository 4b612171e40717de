"""Given facts, when a command, then facts: the rules of any aggregate as a sentence."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from domain.caller import Caller, insider
from domain.decider import Command, Context, On, Ref
from domain.fact import Fact
from domain.refusals import Code, Refused
from domain.streams import stream_of
from tests.known import NOW


class NoCodes:
    """Tests of rules name a ticket by its id, which nobody has to look up."""

    async def find_ticket(self, code: str) -> UUID | None:
        raise LookupError(code)


def stream_for(command: Command) -> Ref[Any]:
    """Return the stream of a command that names it by id."""
    with pytest.raises(StopIteration) as end:
        stream_of(command, NoCodes()).send(None)
    return end.value.value


def folded(ref: Ref[Any], facts: Iterable[Fact]) -> Any:
    state = None
    for fact in facts:
        state = ref.decider.evolve(state, fact)
    return state


class Given(NamedTuple):
    """What has happened so far, to the command's own stream and beside it."""

    facts: tuple[Fact, ...]
    others: tuple[tuple[Ref[Any], tuple[Fact, ...]], ...] = ()
    now: datetime = NOW
    caller: Caller = insider("system")

    def beside(self, ref: Ref[Any], *facts: Fact) -> "Given":
        return self._replace(others=(*self.others, (ref, facts)))

    def at(self, now: datetime) -> "Given":
        return self._replace(now=now)

    def by(self, caller: Caller) -> "Given":
        return self._replace(caller=caller)

    def when(self, command: Command) -> "When":
        def decide() -> list[Fact | On]:
            ref = stream_for(command)
            state = folded(ref, self.facts)
            happened = dict(self.others)
            # Like the application: a rule is told of no stream that it did not name.
            named = ref.decider.needs(state, command)
            states = {other.id: folded(other, happened.get(other, ())) for other in named}
            return list(ref.decider.decide(state, command, Context(self.now, self.caller, states)))

        return When(decide)


class When(NamedTuple):
    """A command about to be decided."""

    decide: Callable[[], list[Fact | On]]

    def then(self, *facts: Fact | On) -> None:
        assert self.decide() == list(facts)

    def then_nothing(self) -> None:
        self.then()

    def then_refused(self, code: Code) -> str:
        """Return the sentence, for tests that read it."""
        with pytest.raises(Refused) as refused:
            self.decide()
        assert refused.value.code is code
        return refused.value.sentence


def given(*facts: Fact) -> Given:
    return Given(facts)
