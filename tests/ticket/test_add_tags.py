"""Adding tags."""

import pytest

from domain.refusals import Code
from domain.ticket import facts
from domain.ticket.commands import AddTags
from domain.ticket.words import MAX_TAG_LENGTH, MAX_TAGS
from tests.given import given
from tests.known import OPENED, TICKET

TAGGED = facts.TagsAdded(tags=("vip",))
FULL = facts.TagsAdded(tags=tuple(f"tag {number}" for number in range(MAX_TAGS)))


def add(*tags: str) -> AddTags:
    return AddTags(ticket_id=TICKET, tags=tags)


def test_new_tags_are_added_in_their_order() -> None:
    given(OPENED, TAGGED).when(add("lid", "broken")).then(facts.TagsAdded(tags=("lid", "broken")))


def test_tags_that_are_there_are_passed_over() -> None:
    given(OPENED, TAGGED).when(add("vip", "lid")).then(facts.TagsAdded(tags=("lid",)))


def test_adding_only_what_is_there_does_nothing() -> None:
    given(OPENED, TAGGED).when(add("vip")).then_nothing()


@pytest.mark.parametrize("same", ["VIP", " vip ", "Vip\n", "v\u202eip", "vip\U000e0101", "\x00vip"])
def test_case_space_and_invisible_characters_make_no_other_tag(same: str) -> None:
    given(OPENED, TAGGED).when(add(same)).then_nothing()


def test_case_is_that_of_all_scripts() -> None:
    sharp = facts.TagsAdded(tags=("Straße",))
    given(OPENED, sharp).when(add("STRASSE")).then_nothing()


def test_a_tag_is_kept_trimmed_as_it_was_first_spelled() -> None:
    given(OPENED).when(add("  Big\t Deal ", "big deal")).then(facts.TagsAdded(tags=("Big Deal",)))


def test_characters_that_join_others_stay() -> None:
    given(OPENED).when(add("👩\u200d🔧")).then(facts.TagsAdded(tags=("👩\u200d🔧",)))


@pytest.mark.parametrize("nothing", ["", "  ", "\u202e", "\u200d", "x" * (MAX_TAG_LENGTH + 1)])
def test_a_tag_has_1_to_64_characters(nothing: str) -> None:
    given(OPENED).when(add("good", nothing)).then_refused(Code.INVALID_ARGUMENTS)


def test_64_characters_are_not_too_many() -> None:
    longest = "x" * MAX_TAG_LENGTH
    given(OPENED).when(add(f" {longest} ")).then(facts.TagsAdded(tags=(longest,)))


def test_the_fifty_first_tag_is_refused() -> None:
    sentence = given(OPENED, FULL).when(add("one more")).then_refused(Code.LIMIT_REACHED)
    assert "remove_tags" in sentence


def test_a_full_ticket_takes_the_tags_it_has() -> None:
    given(OPENED, FULL).when(add("TAG 7")).then_nothing()
