"""Who and what a file is about: the departments, and the agents with where they work."""

from collections.abc import Iterable
from typing import NamedTuple

from infra.importer.issues import Issue


class Census(NamedTuple):
    """How many issues there are, their departments, and for each assignee's login the departments."""

    issues: int
    departments: tuple[str, ...]
    agents: dict[str, tuple[str, ...]]


def take_census(issues: Iterable[Issue]) -> Census:
    """Go through all issues once; everybody whom one was assigned to is an agent."""
    count = 0
    departments: dict[str, None] = {}
    agents: dict[str, dict[str, None]] = {}
    for issue in issues:
        count += 1
        department = issue.department
        departments[department] = None
        for login in issue.assignees:
            agents.setdefault(login, {})[department] = None
    return Census(count, tuple(departments), {login: tuple(at) for login, at in agents.items()})
