"""An issue's history as commands for one ticket, in the order in which it happened."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from domain.application import Wish
from domain.ticket.commands import AddMessage, AssignTicket, OpenTicket, ResolveTicket
from domain.ticket.words import (
    MAX_TAG_LENGTH,
    MAX_TAGS,
    Author,
    AuthorKind,
    Channel,
    Contact,
    Status,
)
from infra.importer.directory import Directory
from infra.importer.identity import agent_id, contact_id, message_id
from infra.importer.issues import Issue

NOBODY = "ghost"  # GitHub's name for those whose account is gone
EMPTY = "(empty)"
_SUBJECT = 500


def history(issue: Issue, ticket: UUID, code: str, directory: Directory) -> Iterator[Wish]:
    """Yield all that happened, with its times.

    An issue knows open and closed only, and comments do not change that: so each message says
    where it left the ticket, and it ends open, or resolved when the issue was closed.
    """
    reference = str(ticket)
    opened = issue.created_at
    author = issue.author or NOBODY
    department = directory.departments[issue.department]
    yield Wish(
        OpenTicket(
            ticket=ticket,
            code=code,
            subject=issue.subject[:_SUBJECT],
            department=department,
            requester=Contact(id=contact_id(author), name=author),
            channel=Channel.FORUM,
            tags=_tags(issue.labels),
        ),
        opened,
    )
    for login in issue.assignees[:1]:
        agent = directory.agents[login]
        if department in directory.works_in[agent]:
            yield Wish(AssignTicket(ticket_id=reference, agent_id=agent), opened)
    closed = _closed(issue)
    status = Status.OPEN
    for place, (at, login, body) in enumerate(_messages(issue)):
        if closed and status is Status.OPEN and at > closed:
            yield Wish(ResolveTicket(ticket_id=reference), closed)
            status = Status.RESOLVED
        # Who opened the ticket is its customer, whatever else.
        is_agent = login != author and login in directory.agents
        yield Wish(
            AddMessage(
                ticket_id=reference,
                message=message_id(ticket, place),
                author=_agent(login) if is_agent else _customer(login),
                body=body,
                status=status,
            ),
            at,
        )
    if closed and status is Status.OPEN:
        yield Wish(ResolveTicket(ticket_id=reference), closed)


def _messages(issue: Issue) -> list[tuple[datetime, str, str]]:
    """Return what was written, when and by whom, first things first."""
    messages = [(issue.created_at, issue.author or NOBODY, issue.body or EMPTY)]
    comments = sorted(issue.comments, key=lambda comment: comment.created_at)
    messages += [(one.created_at, one.author or NOBODY, one.body or EMPTY) for one in comments]
    return messages


def _closed(issue: Issue) -> datetime | None:
    """Return when it was closed, at the latest known moment where that is not told."""
    if issue.state == "open":
        return None
    return issue.closed_at or max(
        (comment.created_at for comment in issue.comments), default=issue.created_at
    )


def _tags(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return as many labels as a ticket may have tags, cut to the length of one."""
    words = [" ".join(label.split())[:MAX_TAG_LENGTH].strip() for label in labels]
    return tuple([word for word in words if word][:MAX_TAGS])


@lru_cache(maxsize=10_000)
def _customer(login: str) -> Author:
    return Author(kind=AuthorKind.CUSTOMER, id=contact_id(login), name=login)


@lru_cache(maxsize=10_000)
def _agent(login: str) -> Author:
    return Author(kind=AuthorKind.AGENT, id=agent_id(login), name=login)
