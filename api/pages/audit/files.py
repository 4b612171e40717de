"""Lines of the audit trail as they stand in files: CSV for spreadsheets, and JSONL."""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from projections.audit import CallLine
from projections.doers import Doer
from projections.facts import FactLine

Lines = Sequence[CallLine | FactLine]

EXPORTS = {"calls": "export_calls", "facts": "export_facts"}
"""As which operations files are recorded, by what is in them."""
_DOER = (
    *("agent_id", "agent", "role", "via", "through", "client", "client_version", "client_id"),
    *("credential_id", "ip", "ticket_id", "ticket"),
)
CALL_COLUMNS = (
    *("position", "at", "call", "tool", "outcome", "units"),
    *_DOER,
    *("original", "arguments"),
)
FACT_COLUMNS = (
    *("position", "recorded_at", "happened_at", "topic", "sentence", "stream"),
    *("about_id", "about", "call"),
    *_DOER,
    "change",
)
# Before what spreadsheets would run (OWASP, "CSV Injection"). Where people write decimals with a
# comma, they part cells by semicolons: there a cell may begin in the midst of ours.
_RUN = re.compile(r"""^(?=[-=+@\t\r\n])|(?<=[;\t\r\n])(?="*[-=+@])""")


class Format(NamedTuple):
    """A format of files: what one begins with, and how lines are written in it."""

    ending: str
    media_type: str
    head: Callable[[Sequence[str]], str]
    write: Callable[[Lines], str]


def harmless(text: str) -> str:
    """Return a cell's text as spreadsheets show it: what they would run gets a quote before it."""
    return _RUN.sub("'", text)


def _csv(lines: Lines) -> str:
    return "".join(
        _row(_call(line), CALL_COLUMNS)
        if isinstance(line, CallLine)
        else _row(_fact(line), FACT_COLUMNS)
        for line in lines
    )


def _row(cells: Mapping[str, object], columns: Sequence[str]) -> str:
    return _written([cells.get(name) for name in columns])


def _written(cells: Sequence[object]) -> str:
    """Write a line of CSV (RFC 4180), which spreadsheets show as text."""
    line = io.StringIO()
    csv.writer(line).writerow(["" if cell is None else harmless(str(cell)) for cell in cells])
    return line.getvalue()


def _call(line: CallLine) -> dict[str, object]:
    return {
        **_doer(line),
        "position": line.position,
        "at": line.at.isoformat(),
        "call": line.call,
        "tool": line.tool,
        "outcome": line.outcome,
        "units": line.units,
        "ip": line.ip or None,
        "ticket_id": line.ticket.id if line.ticket else None,
        "ticket": (line.ticket.code or None) if line.ticket else None,
        "original": line.original or None,
        "arguments": msgspec.json.encode(line.arguments).decode(),
    }


def _fact(line: FactLine) -> dict[str, object]:
    return {
        **_doer(line),
        "position": line.position,
        "recorded_at": line.recorded_at.isoformat(),
        "happened_at": line.at.isoformat(),
        "topic": line.topic,
        "sentence": line.sentence,
        "stream": line.stream,
        "about_id": line.about.id if line.about else None,
        "about": line.about.name if line.about else None,
        "call": line.call or None,
        "ip": line.ip or None,
        "ticket_id": line.ticket.id if line.ticket else None,
        "ticket": (line.ticket.code or None) if line.ticket else None,
        "change": msgspec.json.encode(line.change).decode(),
    }


def _doer(line: Doer) -> dict[str, object]:
    agent, client = line.agent or None, line.client or None
    return {
        "agent_id": agent and agent.id,
        "agent": agent and agent.name,
        "role": line.role or None,
        "via": line.via,
        "through": line.through,
        "client": client and client.name,
        "client_version": (client and client.version) or None,
        "client_id": (client and client.id) or None,
        "credential_id": line.credential.id if line.credential else None,
    }


def _headless(_columns: Sequence[str]) -> str:
    return ""


def _jsonl(lines: Lines) -> str:
    return msgspec.json.Encoder().encode_lines(lines).decode()


CSV = Format("csv", "text/csv", _written, _csv)
JSONL = Format("jsonl", "application/jsonl", _headless, _jsonl)
