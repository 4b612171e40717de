"""Folded states of streams, kept in memory; the append is what makes old ones harmless."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from domain.decider import Ref
from domain.fact import Event
from domain.ledger import Ledger


class Versioned(NamedTuple):
    """A state and the version of the last event folded into it; 0 and None before the first."""

    state: Any
    version: int


NOTHING = Versioned(None, 0)


class States:
    """A least-recently-used cache of states that loads what it lacks.

    It may be behind other processes: whoever decides on a state guards its next version.
    Clients name streams by ids, also those of another kind than they think: what is held belongs
    to the kind as which it was asked for.
    """

    def __init__(self, ledger: Ledger, size: int = 20_000) -> None:
        self._ledger = ledger
        self._size = size
        self._held: OrderedDict[tuple[str, UUID], Versioned] = OrderedDict()

    async def get(self, ref: Ref[Any]) -> Versioned:
        held = self._held.get(_key(ref))
        if held is None:
            held = fold(ref, NOTHING, await self._ledger.load(ref.id))
            self.put(ref, held)
        else:
            self._held.move_to_end(_key(ref))
        return held

    async def refresh(self, ref: Ref[Any]) -> Versioned:
        """Return the state as it is now, whatever was held: only newer events are read."""
        held = self._held.get(_key(ref), NOTHING)
        held = fold(ref, held, await self._ledger.load(ref.id, held.version))
        self.put(ref, held)
        return held

    def presume_new(self, ref: Ref[Any]) -> None:
        """Take a stream for one without events, unread; a guarded append finds out if it is not."""
        self._held.setdefault(_key(ref), NOTHING)

    def advance(self, ref: Ref[Any], event: Event) -> None:
        """Fold one stored event, where it follows on what is held."""
        held = self._held.get(_key(ref), NOTHING)
        if event.originator_version == held.version + 1:
            self.put(ref, fold(ref, held, (event,)))

    def put(self, ref: Ref[Any], versioned: Versioned) -> None:
        held = self._held.get(_key(ref))
        if versioned.version and (held is None or held.version <= versioned.version):
            self._held[_key(ref)] = versioned
            self._held.move_to_end(_key(ref))
            if len(self._held) > self._size:
                self._held.popitem(last=False)


def fold(ref: Ref[Any], versioned: Versioned, events: Iterable[Event]) -> Versioned:
    """Evolve a state over further events of its stream.

    Facts of another kind of aggregate are passed over: to these rules there is nothing.
    """
    state, version = versioned
    ours = f"{ref.decider.kind}."
    for event in events:
        if event.fact.topic.startswith(ours):
            state = ref.decider.evolve(state, event.fact)
        version = event.originator_version
    return Versioned(state, version)


def _key(ref: Ref[Any]) -> tuple[str, UUID]:
    return ref.decider.kind, ref.id
