"""Removing tags."""

from domain.ticket import facts
from domain.ticket.commands import RemoveTags
from tests.given import given
from tests.known import OPENED, TICKET

TAGGED = facts.TagsAdded(tags=("Big Deal", "lid", "vip"))


def remove(*tags: str) -> RemoveTags:
    return RemoveTags(ticket_id=TICKET, tags=tags)


def test_tags_go_whatever_their_case_and_space() -> None:
    removal = given(OPENED, TAGGED).when(remove("VIP", " big  deal "))
    assert removal.then(facts.TagsRemoved(tags=("Big Deal", "vip"))).tags == ("lid",)


def test_tags_that_are_not_there_are_passed_over() -> None:
    given(OPENED, TAGGED).when(remove("other", "lid")).then(facts.TagsRemoved(tags=("lid",)))


def test_removing_only_what_is_not_there_does_nothing() -> None:
    given(OPENED, TAGGED).when(remove("other", "")).then_nothing()
