"""No text, however odd or long, stops the views: whatever can be stored can be shown."""

import asyncio
from collections.abc import Callable, Iterator
from uuid import UUID

import msgspec
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.fact import Attribution, Client, Fact
from domain.facts import FACTS
from domain.ticket.facts import FACTS as TICKET_FACTS
from domain.ticket.facts import Opened
from projections.audit import CallFilter, list_calls
from projections.facts import TOLD, FactFilter, list_facts
from projections.history import list_activity
from projections.question import TicketSearch
from projections.reading import configure
from projections.view import Connection
from tests.database import Databases
from tests.examples import examples
from tests.known import ANA, OPENED
from tests.projections.book import ALL, SHOWN, Book, Desk, Shown, fold, prepare
from tests.strategies import instances, unhurried

ODD = st.builds(
    Attribution,
    via=st.just("token"),
    agent=st.just(ANA),
    role=st.just("agent"),
    credential=st.uuids(),
    client=instances(Client) | st.none(),
    ip=st.text() | st.none(),
)
Written = tuple[UUID, Fact, Attribution]


def stored(fact: Fact) -> Fact:
    """Return the fact with such numbers as the log takes."""
    numbers = {
        name: value % 2**31
        for name, value in msgspec.structs.asdict(fact).items()
        if isinstance(value, int) and not isinstance(value, bool)
    }
    return msgspec.structs.replace(fact, **numbers)


async def shown_and_asked_for(connection: Connection, facts: list[Written]) -> None:
    book = Book()
    for stream, fact, by in facts:
        if isinstance(fact, TICKET_FACTS) and not isinstance(fact, Opened):
            book.write(stream, OPENED)
        book.write(stream, fact, by=by)
    async with connection.transaction(force_rollback=True):  # the views stay empty
        for half in (book.log[::2], book.log[1::2]):
            async with connection.transaction():
                await fold(connection, SHOWN, half)
        for stream, fact, _ in facts:
            if isinstance(fact, TICKET_FACTS):
                page = await list_activity(connection, SHOWN, ALL, str(stream), limit=1)
                assert page.activity[0].topic == fact.topic
        await list_calls(connection, SHOWN, CallFilter(), limit=100)
        wanted = FactFilter(topic=facts[0][1].topic) if facts[0][1].topic in TOLD else FactFilter()
        shown = (await list_facts(connection, SHOWN, wanted, limit=100)).facts
        assert len(shown) == (len(facts) if wanted.topic else 0)


@pytest.fixture(scope="module")
def show(databases: Databases) -> Iterator[Callable[[list[Written]], None]]:
    """Show facts in empty views, and ask for them."""
    with databases.copy_filled(prepare) as (url, _), asyncio.Runner() as runner:
        connection = runner.run(psycopg.AsyncConnection.connect(url))
        runner.run(configure(connection))
        yield lambda facts: runner.run(shown_and_asked_for(connection, facts))
        runner.run(connection.close())


@pytest.mark.parametrize("topic", FACTS)
def test_any_fact_can_be_shown(show: Callable[[list[Written]], None], topic: str) -> None:
    facts = st.tuples(st.uuids(), instances(FACTS[topic]).map(stored), ODD)

    @settings(unhurried, max_examples=examples(5))
    @given(st.lists(facts, min_size=5, max_size=25, unique_by=lambda written: written[0]))
    def shows(facts: list[Written]) -> None:
        show(facts)

    shows()


@pytest.mark.anyio
@pytest.mark.parametrize("letter", ["x", "ж", "\U00010428"], ids=["short", "two bytes", "four"])
async def test_a_ticket_of_any_length_can_be_shown(shown: Shown, letter: str) -> None:
    desk = Desk()
    ticket = desk.open(1, "Endless")
    for page in range(4):
        for number in range(40):
            words = (f"{letter * 7}{page}q{number}q{word}" for word in range(1_500))
            desk.say(ticket, " ".join(words))
        desk.say(ticket, letter * 300_000)
        await shown.show(desk)
    views = await shown.show(desk)
    assert (await views.get_ticket_metadata(ALL, str(ticket))).message_count == 164
    for query in ("endless", f"{letter * 7}0q0q0"):
        assert (await views.search_tickets(ALL, TicketSearch(query=query))).tickets
