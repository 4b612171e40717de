"""The month's edge: the budget begins anew with the first moment of a month (UTC), by itself."""

from collections.abc import AsyncGenerator, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from psycopg.conninfo import make_conninfo

from domain.application import ToolCall
from domain.budget import SetLimit
from domain.ledger import BudgetLine
from domain.refusals import Code, Refused
from domain.standing import budget_standing
from domain.thresholds import ThresholdReached
from tests.application.process import Log, Process, process
from tests.event_store.log import opened
from tests.known import ANA

pytestmark = pytest.mark.anyio

EDGE = datetime(2100, 2, 1, tzinfo=UTC)  # later than any clock that the tests run by
LAST = EDGE - timedelta(microseconds=1)
SetClock = Callable[[datetime], None]


@pytest.fixture
def set_clock(founded: str) -> Iterator[SetClock]:
    with opened(founded) as log:
        log.set_clock(LAST)
        yield log.set_clock


@pytest.fixture
async def there(founded: str, set_clock: SetClock) -> AsyncGenerator[Process]:
    """A process whose database goes by the clock that is set."""
    _ = set_clock
    url = make_conninfo(founded, options="-c search_path=clock,pg_catalog")
    async with process(url, now=lambda: LAST) as running:
        yield running


async def call(there: Process) -> BudgetLine:
    async def query(_caller: object) -> tuple[str, None]:
        return "read", None

    ana = await there.sign_in(ANA)
    done = await there.helpdesk.read(ana, ToolCall(uuid4(), "list_agents", {}), query)
    return done.budget


async def test_a_spent_budget_is_whole_again_with_the_first_moment_of_a_month(
    there: Process, set_clock: SetClock, log: Log
) -> None:
    await there.execute(SetLimit(limit=2))
    assert [(await call(there)).used for _ in range(2)] == [1, 2]
    with pytest.raises(Refused) as refused:
        await call(there)
    assert refused.value.code is Code.BUDGET_EXHAUSTED
    assert refused.value.details["resets_at"] == EDGE.isoformat()

    set_clock(EDGE)
    # Nothing was appended yet, no job ran, and nothing is carried over.
    standing = await budget_standing(there.helpdesk)
    assert (standing.used, standing.remaining) == (0, 2)
    assert standing.resets_at == datetime(2100, 3, 1, tzinfo=UTC)
    assert log.used() == 2
    assert [(await call(there)).used for _ in range(2)] == [1, 2]
    with pytest.raises(Refused):
        await call(there)


async def test_each_month_has_thresholds_of_its_own(
    there: Process, set_clock: SetClock, log: Log
) -> None:
    await there.execute(SetLimit(limit=1))
    await call(there)
    set_clock(EDGE)
    await call(there)
    facts = [recorded.event.fact for recorded in log.events()]
    reached = [fact for fact in facts if isinstance(fact, ThresholdReached)]
    assert [(fact.period, fact.threshold) for fact in reached] == [
        (first, threshold)
        for first in (date(2100, 1, 1), date(2100, 2, 1))
        for threshold in (80, 95, 100)
    ]
