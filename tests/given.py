"""Given facts, when a command, then facts: the rules of any aggregate as a sentence."""

from datetime import datetime
from typing import Any, NamedTuple

import pytest

from domain.caller import Caller, insider
from domain.decider import Command, On, Ref
from domain.fact import Fact
from domain.refusals import Code, Refused
from tests.known import NOW
from tests.world import World, stream_for


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
        world = World()
        for ref, facts in ((stream_for(command), self.facts), *self.others):
            world.happen(ref, *facts)
        return When(world, command, self.caller, self.now)


class When(NamedTuple):
    """A command about to be decided."""

    world: World
    command: Command
    caller: Caller
    now: datetime

    def then(self, *facts: Fact | On) -> Any:
        """Return the state that the facts lead to, for tests that look at it."""
        assert self.world.decide(self.command, self.caller, self.now) == list(facts)
        self.world.carry_out(self.command, self.caller, self.now)
        return self.world.states.get(stream_for(self.command).id)

    def then_nothing(self) -> None:
        self.then()

    def then_refused(self, code: Code) -> str:
        """Return the sentence, for tests that read it."""
        with pytest.raises(Refused) as refused:
            self.world.decide(self.command, self.caller, self.now)
        assert refused.value.code is code
        return refused.value.sentence


def given(*facts: Fact) -> Given:
    return Given(facts)
