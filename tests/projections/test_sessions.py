"""What the view of sessions holds, in pages as large as the log and as small as a fact."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from domain import agent
from domain.fact import Attribution, Client, Fact
from domain.password import PasswordSet
from domain.permissions import Role
from domain.session import Closed, Opened
from tests.known import ANA, BEN, NOW, SUPPORT
from tests.projections.book import Book, Desk, Shown

pytestmark = pytest.mark.anyio

FIRST, SECOND, BENS = (UUID(int=number) for number in (81, 82, 83))
LATER, END = NOW + timedelta(hours=1), NOW + timedelta(days=30)
BROWSER = Attribution(via="panel", agent=ANA, client=Client("Firefox"), ip="192.0.2.1")


@pytest.fixture(params=[1, 2, 1_000], ids=["a page a fact", "two facts", "one page"])
def size(request: pytest.FixtureRequest) -> int:
    return request.param


async def showing(shown: Shown, book: Book, size: int) -> None:
    log = list(book.log)
    for end in [*range(0, len(log), size), len(log)]:
        book.log = log[:end]
        await shown.show(book)


def sign_in(desk: Desk, session: UUID, holder: UUID = ANA, at: datetime = NOW) -> None:
    opened = Opened(agent=holder, digest=session.hex, expires_at=END)
    desk.write(session, opened, at=at, by=BROWSER)


async def ended(shown: Shown) -> dict[UUID, tuple[datetime | None, str | None]]:
    rows = await shown.rows("sessions", "id, ended_at, why")
    return {row["id"]: (row["ended_at"], row["why"]) for row in rows}


async def test_a_session_is_shown_without_its_digest(shown: Shown) -> None:
    desk = Desk()
    sign_in(desk, FIRST)
    await shown.show(desk)
    assert await shown.rows("sessions") == [
        {
            "id": FIRST,
            "agent": ANA,
            "opened_at": NOW,
            "expires_at": END,
            "client": "Firefox",
            "ip": "192.0.2.1",
            "ended_at": None,
            "why": None,
        }
    ]


async def test_a_session_that_was_closed_has_an_end_and_others_go_on(
    shown: Shown, size: int
) -> None:
    desk = Desk()
    sign_in(desk, FIRST)
    sign_in(desk, SECOND)
    desk.write(FIRST, Closed(digest=FIRST.hex, why="signed_out"), at=LATER)
    await showing(shown, desk, size)
    assert await ended(shown) == {FIRST: (LATER, "signed_out"), SECOND: (None, None)}


@pytest.mark.parametrize(
    ("stream", "fact"),
    [
        (UUID(int=9), PasswordSet(agent=ANA)),
        (ANA, agent.RoleChanged(role=Role.ADMIN, was=Role.AGENT)),
        (ANA, agent.EmailChanged(email="ana@desk.example")),
        (ANA, agent.Deactivated()),
    ],
    ids=lambda it: it.topic if isinstance(it, Fact) else "",
)
async def test_an_agents_sessions_end_with_a_fact_of_the_agent(
    shown: Shown, size: int, stream: UUID, fact: Fact
) -> None:
    desk = Desk()
    sign_in(desk, FIRST)
    sign_in(desk, BENS, BEN)
    desk.write(stream, fact, at=LATER)
    sign_in(desk, SECOND, at=LATER)
    await showing(shown, desk, size)
    assert await ended(shown) == {
        FIRST: (LATER, fact.topic),
        SECOND: (None, None),
        BENS: (None, None),
    }


async def test_the_first_end_is_the_one_that_counts(shown: Shown, size: int) -> None:
    desk = Desk()
    sign_in(desk, FIRST)
    desk.write(FIRST, Closed(digest=FIRST.hex, why="revoked"))
    desk.write(UUID(int=9), PasswordSet(agent=ANA), at=LATER)
    await showing(shown, desk, size)
    assert await ended(shown) == {FIRST: (NOW, "revoked")}


@pytest.mark.parametrize(
    "fact",
    [
        agent.Renamed(name="Anna", was="Ana"),
        agent.DepartmentsChanged(departments=(), was=(SUPPORT,)),
    ],
    ids=lambda it: it.topic,
)
async def test_no_session_ends_with_a_new_name_or_department(shown: Shown, fact: Fact) -> None:
    desk = Desk()
    sign_in(desk, FIRST)
    desk.write(ANA, fact)
    await shown.show(desk)
    assert await ended(shown) == {FIRST: (None, None)}
