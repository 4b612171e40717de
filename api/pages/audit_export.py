"""Calls as files: those that a filter takes, as CSV for spreadsheets or JSONL, streamed by the page."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Sequence
from typing import NamedTuple

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.response import Stream
from msgspec import UNSET

from api.pages.audit import Asked
from api.pages.front import Front, Page
from api.pages.panel import AUDIT, Panel, panel_of
from domain.permissions import Permission
from projections.audit import CallFilter, CallLine, CallPage

# Of as many calls there is one query, and so many are held in memory.
A_PAGE = 500
_COLUMNS = (
    "position",
    "at",
    "call",
    "tool",
    "outcome",
    "units",
    "agent_id",
    "agent",
    "role",
    "via",
    "through",
    "client",
    "client_version",
    "credential_id",
    "ip",
    "ticket_id",
    "ticket",
    "original",
    "arguments",
)
# What spreadsheets would run (OWASP, "CSV Injection").
_RUN = ("=", "+", "-", "@", "\t", "\r", "\n")


class Form(NamedTuple):
    """A form of file: what it begins with, and how calls are written in it."""

    ending: str
    media_type: str
    write: Callable[[Sequence[CallLine]], str]
    head: str = ""


@get(f"{AUDIT}/export.csv")
async def export_csv(request: Page, front: NamedDependency[Front]) -> Stream:
    return await _export(request, front, _CSV)


@get(f"{AUDIT}/export.jsonl")
async def export_jsonl(request: Page, front: NamedDependency[Front]) -> Stream:
    return await _export(request, front, _JSONL)


async def _export(request: Page, front: Front, form: Form) -> Stream:
    panel = await panel_of(request, front)
    panel.acting.reading(Permission.AUDIT_READ)
    wanted = Asked.of(request).filter()
    # Before the answer begins, so that what is wrong with the filter is told by a page.
    first = await front.office.views.list_calls(wanted, limit=A_PAGE)
    name = f"deskledger-calls-{front.office.now():%Y-%m-%d}.{form.ending}"
    return Stream(
        _parts(panel, wanted, first, form),
        media_type=form.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


async def _parts(
    panel: Panel, wanted: CallFilter, page: CallPage, form: Form
) -> AsyncIterator[str]:
    yield form.head + form.write(page.calls)
    while page.next_cursor is not UNSET:
        # Whoever lost the right meanwhile gets no more; the file is broken off then.
        await panel.bearer.confirm()
        panel.acting.reading(Permission.AUDIT_READ)
        page = await panel.front.office.views.list_calls(
            wanted, cursor=page.next_cursor, limit=A_PAGE
        )
        yield form.write(page.calls)


def _jsonl(calls: Sequence[CallLine]) -> str:
    return msgspec.json.Encoder().encode_lines(calls).decode()


def _csv(calls: Sequence[CallLine]) -> str:
    return "".join(map(_line, calls))


def _line(call: CallLine) -> str:
    agent, client, ticket = call.agent or None, call.client or None, call.ticket or None
    return _row(
        (
            call.position,
            call.at.isoformat(),
            call.call,
            call.tool,
            call.outcome,
            call.units,
            agent and agent.id,
            agent and agent.name,
            call.role or None,
            call.via,
            call.through,
            client and client.name,
            (client and client.version) or None,
            call.credential.id if call.credential else None,
            call.ip or None,
            ticket and ticket.id,
            (ticket and ticket.code) or None,
            call.original or None,
            msgspec.json.encode(call.arguments).decode(),
        )
    )


def _row(cells: Sequence[object]) -> str:
    """Write a line of CSV (RFC 4180), which spreadsheets show as text."""
    line = io.StringIO()
    csv.writer(line).writerow(["" if cell is None else harmless(str(cell)) for cell in cells])
    return line.getvalue()


def harmless(text: str) -> str:
    """Return a cell's text as spreadsheets show it: one that they would run gets a quote before."""
    return f"'{text}" if text.startswith(_RUN) else text


_CSV = Form("csv", "text/csv", _csv, _row(_COLUMNS))
_JSONL = Form("jsonl", "application/jsonl", _jsonl)

ENDPOINTS = (export_csv, export_jsonl)
