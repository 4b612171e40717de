"""Renaming an agent."""

from domain.agent import Added, RenameAgent, Renamed
from domain.permissions import Role
from domain.refusals import Code
from tests.given import given
from tests.known import ANA

ADDED = Added(name="Ana", role=Role.AGENT, departments=())


def test_the_change_tells_what_was_before() -> None:
    renamed = Renamed(name="Ana Lima", was="Ana")
    assert given(ADDED).when(RenameAgent(agent=ANA, name=" Ana Lima ")).then(renamed).name == (
        "Ana Lima"
    )


def test_the_same_name_again_does_nothing() -> None:
    given(ADDED).when(RenameAgent(agent=ANA, name="Ana ")).then_nothing()


def test_a_name_is_not_empty() -> None:
    given(ADDED).when(RenameAgent(agent=ANA, name="  ")).then_refused(Code.INVALID_ARGUMENTS)


def test_nobody_has_no_name() -> None:
    given().when(RenameAgent(agent=ANA, name="Ana")).then_refused(Code.NOT_FOUND)
