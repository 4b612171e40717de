"""The eventsourcing library's application and subscription on our log."""

import asyncio
from collections.abc import Iterator
from threading import Timer
from uuid import uuid4

import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.projection import ApplicationSubscription

from domain.access_tokens import Generated, Revoked
from domain.ledger import Append
from infra.event_store.library import LedgerApplication, environment_for
from tests.event_store.log import MAIN, NOON, Log, event, store, tagged
from tests.event_store.waiting import SECONDS, wait_until
from tests.event_store.writing import writing


@pytest.fixture
def app(database: str) -> Iterator[LedgerApplication]:
    made = LedgerApplication(environment_for(database, MAIN.log))
    yield made
    made.close()


async def write(url: str, *requests: Append) -> None:
    """Append by a writer of ours, as a server does."""
    async with writing(url) as writer:
        for request in requests:
            await writer.append(request)


def test_what_our_writer_stored_is_read_through_the_library(
    app: LedgerApplication, database: str
) -> None:
    stream = uuid4()
    stored = [tagged(stream, 1, "one"), tagged(stream, 2, "two")]

    asyncio.run(write(database, store(stored[0]), store(tagged(), stored[1])))

    assert list(app.events.get(stream)) == stored
    assert [note.id for note in app.notification_log.select(1, 10)] == [1, 2, 3]


def test_what_the_library_saved_is_in_our_log(app: LedgerApplication, log: Log) -> None:
    saved = [tagged(), tagged()]

    recordings = app.save(*saved)

    assert log.events == saved
    assert [recording.notification.id for recording in recordings] == log.positions


def test_a_taken_version_is_an_integrity_error_and_nothing_is_saved(
    app: LedgerApplication, log: Log
) -> None:
    taken = tagged()
    log.append(store(taken))

    with pytest.raises(IntegrityError):
        app.save(tagged(), taken)

    assert log.events == [taken]


def test_what_facts_change_inline_they_change_through_the_library_too(
    app: LedgerApplication, log: Log
) -> None:
    token = Generated(token=uuid4(), agent=uuid4(), digest="aa", mask="", expires_at=NOON)
    app.save(event(token))
    assert log.credentials == {"aa": token.token}

    app.save(event(Revoked(token=token.token, digest="aa")))
    assert log.credentials == {}
    assert log.account.authority == 2


def test_a_known_topic_that_cannot_be_read_back_is_not_saved(
    app: LedgerApplication, log: Log
) -> None:
    broken = StoredEvent(uuid4(), 1, "ticket.tags_added", b"{}")

    with pytest.raises(ValueError, match="fact"):
        app.recorder.insert_events([broken])

    assert log.positions == []


def test_a_subscription_of_the_library_is_woken_by_our_writer(
    app: LedgerApplication, log: Log, database: str
) -> None:
    old, new = tagged(), tagged()
    log.append(store(old))
    listening = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%%' AND datname = current_database()"

    with ApplicationSubscription(app, gt=0) as subscription:
        # One that is not woken would wait for ever; stopped, it ends the iteration.
        deadline = Timer(SECONDS, subscription.stop)
        deadline.start()
        seen = [next(subscription)]
        wait_until(lambda: log.fetch(listening) != [])
        asyncio.run(write(database, store(new)))
        seen.append(next(subscription))
        deadline.cancel()

    assert [(found, tracking.notification_id) for found, tracking in seen] == [(old, 1), (new, 2)]
