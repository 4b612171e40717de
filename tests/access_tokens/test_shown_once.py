"""A token's secret is shown once, to who made it, and is nowhere else ever after."""

import json
from signal import SIGTERM
from typing import NamedTuple

import psycopg
from psycopg import sql

from domain.secret import ACCESS_TOKEN, digest_of
from tests.cli.terminal import Serving, done, run, serving
from tests.mcp.wire import Request, call, legacy, message, modern
from tests.rest.client import Client

OWNER = "olga@example.com"
LABEL = "to be found in the dump"
WINDOW = 12
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Shown(NamedTuple):
    """A secret as its holder has it."""

    text: str

    @property
    def needles(self) -> set[bytes]:
        """Return what must not be found: the 256 bits in any form, and any part of their text."""
        random = self.text.removeprefix(ACCESS_TOKEN)[:43]
        number = 0
        for digit in random:
            number = number * 62 + _DIGITS.index(digit)
        raw = number.to_bytes(32, "big")
        parts = {random[place : place + WINDOW] for place in range(len(random) - WINDOW + 1)}
        return {raw, raw.hex().encode(), *map(str.encode, parts)}


def dump(database: str) -> bytes:
    """Return the rows of all tables but the catalogue's as their bytes are, compressed by nothing."""
    tables = (
        "SELECT relnamespace::regnamespace::text, relname FROM pg_class "
        "WHERE relkind IN ('r', 'm') AND relnamespace <> 'pg_catalog'::regnamespace ORDER BY oid"
    )
    rows: list[bytes] = []
    with psycopg.connect(database) as connection:
        for schema, table in connection.execute(tables).fetchall():
            query = sql.SQL("COPY (SELECT * FROM {}) TO STDOUT (FORMAT binary)")
            with connection.cursor().copy(query.format(sql.Identifier(schema, table))) as copy:
                rows += map(bytes, copy)
        state = connection.execute("SELECT * FROM pg_stat_activity").fetchall()
    return b"".join(rows) + repr(state).encode()


def use(server: Serving, secret: str) -> bytes:
    """Speak with a token in every way, well and badly; return all that was answered."""
    good = call(secret, "list_agents")
    requests: list[Request] = [
        good,
        call(secret, "search_tickets", query="x", limit=99),
        call(secret, "no_such_tool"),
        modern(secret, "tools/list"),
        legacy(secret, "tools/list"),
        good._replace(body=b"{"),
        good._replace(method="GET"),
        good.but(host="evil.example"),
        good.but(authorization=f"Bearer {secret}x"),
        good.but(authorization=f"Basic {secret}"),
        good._replace(body=message("x" * 50, {})),
        good.but(authorization=None)._replace(path=f"{good.path}?access_token={secret}"),
    ]
    answers = [request.send(server.port) for request in requests]
    return b"".join(repr(answer.headers).encode() + answer.body for answer in answers)


def test_a_secret_is_shown_once_and_found_nowhere_after(database: str) -> None:
    done("agents", "add", "Olga", "--email", OWNER, "--role", "owner", database=database)
    said: list[bytes] = []
    create = ("tokens", "create", "--agent", OWNER, "--label", LABEL)
    with serving(database=database) as server:
        created = run(*create, "--scope", "tickets:read", "--scope", "admin", database=database)
        lost = run(*create, database=database)
        tokens = [Shown(server.token), Shown(created.out.strip()), Shown(lost.out.strip())]
        said += [use(server, token.text) for token in tokens]
        line = done("tokens", "list", database=database).strip().splitlines()[-1]
        replaced = run("tokens", "replace", line.split()[-1], database=database)
        tokens.append(Shown(replaced.out.strip()))

        api = Client(server.port, tokens[1].text)
        generated = api.post("/tokens", {"label": LABEL, "scopes": ["tickets:read"]})
        renewed = api.post(f"/tokens/{generated.body['id']}/replace")
        tokens += [Shown(generated.body["token"]), Shown(renewed.body["token"])]

        said += [use(server, token.text) for token in tokens]
        said += [api.get(path).raw for path in ("/tokens", "/session", "/agents", "/calls")]
        said.append(api.post("/tokens", {"label": LABEL}, Idempotency_Key="k").raw)
        said.append(api.post(f"/tokens/{generated.body['id']}/replace").raw)
        for command in (("tokens", "list"), ("tokens", "revoke", line.split()[0])):
            ended = run(*command, database=database)
            said += [ended.out.encode(), ended.err.encode()]
        server.end(SIGTERM)
        said.append(server.errors.encode())
    said += [ended.err.encode() for ended in (created, lost, replaced)]
    listed = done("tokens", "list", "--json", database=database)
    said.append(listed.encode())
    stored = dump(database)

    assert len({token.text for token in tokens}) == 6
    everything = b"".join((*said, stored))
    for number, token in enumerate(tokens):
        found = [needle for needle in token.needles if needle in everything]
        assert found == [], number
        # What is looked through is what holds the rest of the token.
        assert digest_of(token.text).hex().encode() in stored
        assert token.text[-4:] in listed
    assert LABEL.encode() in stored
    assert server.out.count(tokens[0].text) == 1 + server.out.count("Bearer " + tokens[0].text)
    # The last uses were written down when the server ended; what was replaced had been used, too.
    assert [("last_used_at" in it) for it in json.loads(listed)] == [True] * 4 + [False, True]
