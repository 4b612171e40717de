"""Secrets that pages show once: they are in nothing that is stored, logged, or shown afterwards."""

import logging
import re

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from domain.permissions import Role
from tests.mcp.serving import Served
from tests.panel.admin_pages import ADD_AGENT, AGENTS, save
from tests.panel.conftest import Join
from tests.panel.guarding import forge

MCP = "/account/mcp"
TRAILS = ("/audit/export.jsonl", "/audit/facts/export.csv")
_SHOWN = re.compile(r'<input id="[-\w]+" value="([^"]{40,})" readonly')
_TABLES = """
SELECT table_schema, table_name FROM information_schema.tables
WHERE table_schema LIKE 'acct%%' AND table_type = 'BASE TABLE'
"""


def stored(database: str) -> str:
    """Return all rows of all tables, bytes as hexadecimal digits."""
    with psycopg.connect(database) as connection:
        rows = [
            text
            for schema, table in connection.execute(_TABLES).fetchall()
            for (text,) in connection.execute(
                SQL("SELECT t::text FROM {}.{} t").format(Identifier(schema), Identifier(table))
            )
        ]
    return "\n".join(rows)


def test_what_is_shown_once_is_kept_and_logged_nowhere(
    product: Served, desk_database: str, join: Join, word: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    member, owner = join("Keeper", Role.OWNER)
    made = owner.submit(MCP, f"{MCP}/tokens", label=f"Label {word}", kind="full")
    (first,) = _SHOWN.findall(made.text)
    tried = owner.post(f"{MCP}/test", made.fields(f"{MCP}/test"))
    assert "13 tools" in tried.text
    form = {"token": re.findall(r'name="token" value="([-0-9a-f]{36})"', owner.get(MCP).text)[-1]}
    (second,) = _SHOWN.findall(forge(owner, f"{MCP}/tokens/replace", **form).text)
    added = save(owner, f"{AGENTS}/new", ADD_AGENT, name=word, email=f"{word}@secret.example")
    (link,) = _SHOWN.findall(added.text)
    client = {"name": word, "redirect_uris": f"https://{word}.example/", "kind": "confidential"}
    (secret,) = _SHOWN.findall(forge(owner, "/admin/clients/register", **client).text)
    secrets = {first, second, secret, link.rpartition("=")[2], *owner.cookies.values()}
    assert len(secrets) == 5
    # As is done once a minute.
    product.run(product.desk.authenticator.write_down_uses())
    kept = stored(desk_database)
    assert f"Label {word}".encode().hex() in kept  # which stands beside the token in its fact
    assert caplog.records
    logged = "\n".join([caplog.text, *(str(record.args) for record in caplog.records)])
    places = (MCP, AGENTS, "/admin/clients", *(f"{trail}?agent_id={member.id}" for trail in TRAILS))
    shown = "".join(owner.get(place).text for place in places)
    for one in secrets:
        for form_of in (one, one.encode().hex()):
            assert form_of not in kept
            assert form_of not in logged
            assert form_of not in shown
