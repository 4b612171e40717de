"""Clients that register in odd ways: each connects all the same. Who does so, and where that is told."""

from pathlib import Path

import msgspec
import psycopg
import pytest

from tests.mcp.company import Company
from tests.mcp.serving import Served, served
from tests.oauth.clients.person import Person
from tests.oauth.oauth_stranger import BOTH, HOME, PORTLESS, Stranger, brought, welcome
from tests.oauth.oauth_tokens import held
from tests.oauth.oauth_wire import Wire

CURSOR = "cursor://anysphere.cursor-mcp/oauth/callback"
LOCALHOST = "http://localhost/callback"


@pytest.fixture(scope="module")
def pia(moving: tuple[Served, object]) -> Person:
    return welcome(moving[0], "Pia")


@pytest.fixture
def client(wire: Wire, pia: Person) -> Stranger:
    return Stranger(wire, pia)


def test_cursor_registers_a_scheme_of_its_own_among_others(wire: Wire, pia: Person) -> None:
    """Elsewhere the scheme without a dot fails the whole registration.

    https://github.com/better-auth/better-auth/issues/10946
    """
    uris = [CURSOR, "https://www.cursor.com/agents/mcp/oauth/callback", "http://localhost:8787/cb"]
    client = Stranger(wire, pia, client_name="Cursor", redirect_uris=uris)
    assert client.client["redirect_uris"] == uris
    location = pia.open(client.address())
    assert location.startswith(f"{CURSOR}?code=")
    client.require_both(held(client.redeem(brought(location)["code"])))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_claude_code_registers_loopback_without_the_port_it_comes_from(
    wire: Wire, pia: Person, host: str
) -> None:
    """It takes another port each time, and `localhost`, which RFC 8252 §8.3 advises against.

    https://github.com/anthropics/claude-code/issues/90370,
    https://github.com/getsentry/sentry-mcp/issues/1190
    """
    client = Stranger(wire, pia, client_name="Claude Code", redirect_uris=[LOCALHOST, PORTLESS])
    for port in (49_152, 65_535):
        landing = f"http://{host}:{port}/callback"
        location = pia.open(client.address(redirect_uri=landing))
        assert location.startswith(f"{landing}?code=")
        tokens = held(client.redeem(brought(location)["code"], redirect_uri=landing))
        client.require_both(tokens)


@pytest.mark.parametrize("scope", [BOTH, f"{BOTH} offline_access", None])
def test_most_register_without_a_scope_and_ask_for_one_later(
    wire: Wire, pia: Person, scope: str | None
) -> None:
    """Elsewhere they are registered for none of what they need, as at GitLab.

    https://github.com/anthropics/claude-code/issues/4540,
    https://github.com/appstrate/appstrate/issues/1267 (Claude Code),
    https://github.com/dozigden/boardoil/issues/11 (Copilot CLI)
    """
    client = Stranger(wire, pia)
    assert client.client["scope"] == BOTH
    client.require_both(client.connect(scope=scope))


@pytest.mark.parametrize("uri", [HOME, PORTLESS])
@pytest.mark.parametrize("unsaid", [None, ""])
def test_some_do_not_say_how_they_authenticate(
    wire: Wire, pia: Person, uri: str, unsaid: str | None
) -> None:
    """RFC 7591 §2 gives them a secret; a program that gets none has nothing to lose.

    They go by the answer, as the SDKs do.
    """
    client = Stranger(
        wire, pia, client_name="Silent", redirect_uris=[uri], token_endpoint_auth_method=unsaid
    )
    assert ("client_secret" in client.client) == (uri == HOME)
    client.require_both(client.connect())


def test_claude_code_takes_no_null_for_what_is_left_out(client: Stranger) -> None:
    """Its reader of the registration's answer refuses it whole for `"client_uri": null`.

    https://github.com/anthropics/claude-code/issues/52565
    """
    assert None not in [*client.client.values(), *client.server.values()]


def test_a_gateway_registers_the_same_client_again_and_again(wire: Wire, pia: Person) -> None:
    """There were 42 rows of Claude's, one a connection.

    https://github.com/samanhappy/mcphub/issues/1174
    """
    uris = ["https://gateway.example/oauth/callback"]
    ids = {Stranger(wire, pia, client_name="Claude", redirect_uris=uris).id for _ in range(42)}
    assert len(ids) == 1


def test_a_program_that_registers_with_each_launch_is_asked_about_once(
    product: Served, wire: Wire
) -> None:
    """Copilot CLI does, on another port each time; elsewhere it is a stranger each time.

    https://github.com/github/copilot-cli/issues/2536
    """
    person = welcome(product, "Lou")
    for port in (50_001, 50_002, 50_003):
        uris = [f"http://127.0.0.1:{port}/"]
        launched = Stranger(wire, person, client_name="Copilot CLI", redirect_uris=uris)
        launched.require_both(launched.connect())
    assert len(person.asked) == 1


def test_a_client_whose_registration_is_gone_is_told_to_register_again(
    desk_database: str, client: Stranger
) -> None:
    """claude.ai does at 401 `invalid_client`, and at nothing else; then nobody is asked again.

    https://support.anthropic.com/en/articles/11503834-building-custom-connectors-via-remote-mcp-servers
    """
    tokens = client.connect()
    with psycopg.connect(desk_database) as connection:
        gone = "DELETE FROM acct_main.oauth_clients WHERE client_id = %s"
        connection.execute(gone, (client.id,))
    for answer in (client.refresh(tokens.refresh), client.redeem("x"), client.revoke("x")):
        answer.refused(401, "invalid_client")
    assert client.ask().status == 400
    asked = len(client.person.asked)
    again = Stranger(client.wire, client.person)
    assert again.id != client.id
    again.require_both(again.connect())
    assert len(client.person.asked) == asked


def test_home_assistant_has_a_document_and_wants_none_advertised(
    desk_database: str,
    company: Company,  # noqa: ARG001 - filled first
    tmp_path: Path,
) -> None:
    """Clients with documents that miss `none` or the flag register instead, without a word.

    https://github.com/home-assistant/core/issues/179326
    """
    document = {
        "client_id": "https://home.example/client.json",
        "client_name": "Home",
        "redirect_uris": ["https://home.example/callback"],
        "token_endpoint_auth_method": "none",
    }
    file = tmp_path / "home.json"
    file.write_bytes(msgspec.json.encode(document))
    with served(desk_database, client_documents=str(file)) as product:
        client = Stranger(Wire(product.port), welcome(product, "Hope"), document)
        assert client.server["client_id_metadata_document_supported"] is True
        assert "none" in client.server["token_endpoint_auth_methods_supported"]
        client.require_both(client.connect())
