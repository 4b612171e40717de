"""Which processes serve an account, as PostgreSQL sees their sessions: nothing is written for it."""

import re
from datetime import datetime
from typing import NamedTuple

from api.system import ServerProcess
from domain.account import Account
from projections.view import Connection

# PostgreSQL cuts longer names of sessions off (NAMEDATALEN).
_LONGEST = 63
_SESSION = re.compile(r"deskledger (listener|projector) (\d+) .+")
# Where somebody else's session is none of this role's business, its times are null.
_SESSIONS = """
SELECT s.application_name, host(s.client_addr), coalesce(s.backend_start, clock_timestamp()),
    s.state_change, s.pid = ANY (%(holders)s)
FROM pg_stat_activity s
WHERE s.datname = current_database() AND s.application_name LIKE 'deskledger %%'
"""
# As PostgreSQL tells a lock of one number: its halves, and a 1.
_HOLDERS = """
SELECT wanted.lock, l.pid FROM unnest(%s::text[]) AS wanted (lock) JOIN pg_locks l
    ON l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
    AND (l.classid::bigint << 32) | l.objid::bigint = hashtextextended(wanted.lock, 0)
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class Presence(NamedTuple):
    """The processes that serve, and who else holds the projector's or the rebuild's lock."""

    processes: list[ServerProcess]
    projected_elsewhere: bool
    rebuilding: bool


def mark(account: Account, pid: int) -> str:
    """Return what a process that serves adds to the names of its sessions."""
    return f"{pid} {account.name}"


async def present(connection: Connection, account: Account, me: int) -> Presence:
    """Look who is there; `me` is the process that asks, which may share its number with others."""
    projector, rebuild = f"{account.log} projector", f"{account.log} rebuild"
    cursor = await connection.execute(_HOLDERS, ([projector, rebuild],))
    holders = await cursor.fetchall()
    projecting = [session for lock, session in holders if lock == projector]
    cursor = await connection.execute(_SESSIONS, {"holders": projecting})
    found: dict[tuple[str | None, int], ServerProcess] = {}
    for name, address, since, heard, projects in await cursor.fetchall():
        match = _SESSION.fullmatch(name)
        if match is None or name != _named(match[1], mark(account, int(match[2]))):
            continue
        pid = int(match[2])
        session = ServerProcess(
            pid=pid,
            address=address,
            connected_at=since,
            heard_at=heard if match[1] == "projector" else None,
            projects=projects,
            answers=pid == me,
        )
        key = (address, pid)
        found[key] = _together(found.get(key, session), session)
    processes = [found[key] for key in sorted(found, key=lambda key: (key[0] or "", key[1]))]
    elsewhere = bool(projecting) and not any(process.projects for process in processes)
    return Presence(processes, elsewhere, any(lock == rebuild for lock, _ in holders))


def _named(kind: str, mark: str) -> str:
    return f"deskledger {kind} {mark}"[:_LONGEST]


def _together(one: ServerProcess, other: ServerProcess) -> ServerProcess:
    """Return what two sessions of a process tell of it."""
    return ServerProcess(
        pid=one.pid,
        address=one.address,
        connected_at=min(one.connected_at, other.connected_at),
        heard_at=_later(one.heard_at, other.heard_at),
        projects=one.projects or other.projects,
        answers=one.answers,
    )


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(filter(None, (one, other)), default=None)
