"""The grammar of rules: commands in, facts out, with everything a decision rests on passed in."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar
from uuid import UUID

import msgspec

from domain.caller import Caller
from domain.fact import Fact
from domain.permissions import Permission
from domain.refusals import Code, Refused

S = TypeVar("S")


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A wish to change one aggregate, in the imperative, with the permission it takes.

    Without one, everybody may ask, and the rules say who may what.
    """

    permission: ClassVar[Permission | None]


class Decider(NamedTuple, Generic[S]):
    """The rules of one kind of aggregate. All functions are pure.

    `decide` yields facts, bare for its own stream or `On` another that it was given;
    `needs` names the other streams a decision rests on: each is loaded, and the append
    refuses the decision when any of them has moved since. `then_needs` names those that only the
    loaded ones tell of, such as an agent's role. The topics of its facts begin with `kind`.
    """

    kind: str
    decide: Callable[[S | None, Any, "Context"], Iterable["Fact | On"]]
    evolve: Callable[[S | None, Any], S]
    needs: Callable[[S | None, Any], Iterable["Ref[Any]"]] = lambda _state, _command: ()
    then_needs: Callable[[S | None, Any, Mapping[UUID, Any]], Iterable["Ref[Any]"]] = (
        lambda _state, _command, _states: ()
    )


class Ref(NamedTuple, Generic[S]):
    """One stream: the rules that fold it, and its id."""

    decider: Decider[S]
    id: UUID


class On(NamedTuple):
    """A fact for another stream than the command's own, stored in the same append."""

    ref: Ref[Any]
    fact: Fact


class Context(NamedTuple):
    """What a decision may know besides its own state."""

    now: datetime
    caller: Caller
    states: Mapping[UUID, Any]

    def state(self, ref: Ref[S]) -> S | None:
        """Return the state of a stream that `needs` named; None where it has no facts yet."""
        return self.states[ref.id]


def existing(state: S | None, what: str) -> S:
    """Return the state, or refuse with `not_found`."""
    if state is None:
        raise Refused(Code.NOT_FOUND, f"There is no such {what}.", hint="Check its id in the list.")
    return state
