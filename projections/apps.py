"""The view of authorized apps: what each agent allows which client, since when, and how it ended."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, LiteralString
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from domain import clients, consent
from domain.fact import Recorded, Via
from domain.permissions import Scope
from domain.redirects import host_of, without_port
from domain.refusals import Refused
from projections.metadata import Named
from projections.table import Table
from projections.text import clean, named
from projections.view import Connection, qualified

APPS = Table(
    "apps",
    {
        "id": "uuid",
        "agent": "uuid NOT NULL",
        "identity": "text NOT NULL",
        "client_id": "text NOT NULL",
        "client_name": "text NOT NULL",
        "redirect_uris": "text[] NOT NULL",
        "resource": "text NOT NULL",
        "scopes": "text[] NOT NULL",
        "granted_at": "timestamptz NOT NULL",
        "last_connected_at": "timestamptz NOT NULL",
        # Of what one approval led to; the consent itself goes on.
        "last_ended_at": "timestamptz",
        "last_ended_why": "text",
        "revoked_at": "timestamptz",
        "revoked_by": "uuid",
        "revoked_via": "text",
        "why": "text",
    },
    key="id",
)

# What connects again is alive again: a removed client that was registered anew.
_ALIVE: LiteralString = "revoked_at = NULL, revoked_by = NULL, revoked_via = NULL, why = NULL"
_WIDEN: LiteralString = f"""
UPDATE {{views}}.apps SET last_connected_at = %(at)s, client_id = %(client_id)s,
    client_name = %(client_name)s, scopes = %(scopes)s, redirect_uris = CASE
        WHEN %(redirect_uri)s = ANY (redirect_uris) THEN redirect_uris
        ELSE redirect_uris || %(redirect_uri)s::text END,
    {_ALIVE}
WHERE id = %(id)s
"""
_REUSE: LiteralString = f"""
UPDATE {{views}}.apps SET last_connected_at = %s, client_id = %s, {_ALIVE} WHERE id = %s
"""
_END_GRANT: LiteralString = """
UPDATE {views}.apps SET last_ended_at = %s, last_ended_why = %s WHERE id = %s
"""
_REVOKE: LiteralString = """
UPDATE {views}.apps SET revoked_at = %s, revoked_by = %s, revoked_via = %s, why = %s
WHERE id = %s AND revoked_at IS NULL
"""
_REMOVE: LiteralString = """
UPDATE {views}.apps SET revoked_at = %s, revoked_by = %s, revoked_via = %s, why = 'client_removed'
WHERE client_id = %s AND revoked_at IS NULL
"""
_LIST: LiteralString = """
SELECT p.id, p.agent, a.name, p.client_id, p.client_name, p.redirect_uris, p.resource, p.scopes,
    p.granted_at, p.last_connected_at, p.last_ended_at, p.last_ended_why, p.revoked_at,
    p.revoked_by, p.revoked_via, p.why
FROM {views}.apps p LEFT JOIN {views}.agents a ON a.id = p.agent
WHERE (%s::uuid IS NULL OR p.agent = %s) AND (%s::uuid IS NULL OR p.id = %s)
    AND (%s OR p.revoked_at IS NULL)
ORDER BY p.last_connected_at DESC, p.id
"""


class AppLine(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An app that an agent let in; `client` is its name, as it stood when the agent said yes last.

    No view knows when it was last used.
    """

    id: Annotated[UUID, Meta(description="The app's id: of what its agent consented to.")]
    agent: Annotated[Named, Meta(description="In whose name it acts.")]
    client: Annotated[str, Meta(description="Its name, as its maker chose it.")]
    client_id: Annotated[str, Meta(description="Its OAuth client_id, when it last connected.")]
    hosts: Annotated[
        list[str],
        Meta(description="Where codes went: hosts, or a program's scheme with its colon."),
    ]
    redirect_uris: Annotated[list[str], Meta(description="The same in full, without local ports.")]
    resource: Annotated[str, Meta(description="What it may use: the MCP endpoint.")]
    scopes: Annotated[list[Scope], Meta(description="What it may do, as far as its agent may.")]
    granted_at: Annotated[datetime, Meta(description="When its agent said yes first.")]
    last_connected_at: Annotated[
        datetime, Meta(description="When it was last let in, asked for or silently.")
    ]
    last_ended_at: (
        Annotated[datetime, Meta(description="When it was last signed out while allowed.")]
        | UnsetType
    ) = UNSET
    last_ended_why: (
        Annotated[
            str,
            Meta(
                description="By itself (revoked_by_client), or since a secret of it came twice: "
                "code_reused, refresh_token_reused."
            ),
        ]
        | UnsetType
    ) = UNSET
    last_used_at: (
        Annotated[datetime, Meta(description="About a minute late; absent: never used.")]
        | UnsetType
    ) = UNSET
    revoked_at: Annotated[datetime, Meta(description="When it was revoked.")] | UnsetType = UNSET
    revoked_by: Annotated[UUID, Meta(description="The agent who did.")] | UnsetType = UNSET
    revoked_via: Annotated[Via, Meta(description="By which way.")] | UnsetType = UNSET
    why: (
        Annotated[
            str,
            Meta(description="Why: revoked, password_reset, deactivated or client_removed."),
        ]
        | UnsetType
    ) = UNSET


class AppsView:
    """One row a consent, kept when it ends. What was declined never was an app."""

    name = "apps"
    version = 1
    takes = frozenset((*consent.FACTS, clients.Removed)) - {consent.Declined}
    tables: LiteralString = APPS.ddl
    indexes: LiteralString = "CREATE INDEX apps_agent ON {views}.apps (agent, id);"

    async def fold(self, connection: Connection, schema: str, page: Sequence[Recorded]) -> None:
        granted: list[tuple[object, ...]] = []
        # In the log's order: whoever was let in after a client's removal is not removed with it.
        for _, event in page:
            if isinstance(event.fact, consent.Granted):
                granted.append(_row(event.fact, event.envelope.at))
                continue
            await APPS.insert(connection, schema, granted)
            granted = []
            at, by = event.envelope.at, event.envelope.by
            match event.fact:
                case consent.Widened() as fact:
                    statement, values = _WIDEN, _widened(fact, at)
                case consent.Reused(consent=key, client_id=client_id):
                    statement, values = _REUSE, (at, clean(client_id), key)
                case consent.GrantEnded(consent=key, why=why):
                    statement, values = _END_GRANT, (at, why, key)
                case consent.Revoked(consent=key, why=why):
                    statement, values = _REVOKE, (at, by.agent, by.via, why, key)
                case clients.Removed(client_id=client_id):
                    statement, values = _REMOVE, (at, by.agent, by.via, clean(client_id))
                case other:
                    raise TypeError(f"{type(other).__name__} is not for apps")
            await connection.execute(qualified(statement, schema), values, prepare=True)
        await APPS.insert(connection, schema, granted)


def _row(fact: consent.Granted, at: datetime) -> tuple[object, ...]:
    return (
        fact.consent,
        fact.agent,
        clean(fact.identity),
        clean(fact.client_id),
        named(fact.client_name),
        [clean(without_port(fact.redirect_uri))],
        clean(fact.resource),
        list(fact.scopes),
        at,
        at,
        *(None,) * 6,
    )


def _widened(fact: consent.Widened, at: datetime) -> dict[str, Any]:
    return {
        "id": fact.consent,
        "at": at,
        "client_id": clean(fact.client_id),
        "client_name": named(fact.client_name),
        "scopes": list(fact.scopes),
        "redirect_uri": clean(without_port(fact.redirect_uri)),
    }


async def list_apps(
    connection: Connection, views: str, agent: UUID | None, app: UUID | None, *, revoked: bool
) -> list[AppLine]:
    """Return apps, one agent's or the one named, the last to connect first, with or without revoked."""
    found = await connection.execute(
        qualified(_LIST, views), (agent, agent, app, app, revoked), binary=True
    )
    return [
        AppLine(
            id=row[0],
            agent=Named(row[1], row[2] or ""),
            client_id=row[3],
            client=row[4],
            hosts=_hosts(row[5]),
            redirect_uris=row[5],
            resource=row[6],
            scopes=[scope for scope in Scope if scope in row[7]],
            granted_at=row[8],
            last_connected_at=row[9],
            last_ended_at=row[10] or UNSET,
            last_ended_why=row[11] or UNSET,
            revoked_at=row[12] or UNSET,
            revoked_by=row[13] or UNSET,
            revoked_via=row[14] or UNSET,
            why=row[15] or UNSET,
        )
        for row in await found.fetchall()
    ]


def _hosts(redirect_uris: Sequence[str]) -> list[str]:
    """Return each host once; what the rules would refuse today is told as it is."""
    hosts: dict[str, None] = {}
    for uri in redirect_uris:
        try:
            hosts[host_of(uri)] = None
        except Refused:
            hosts[uri] = None
    return list(hosts)
