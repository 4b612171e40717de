"""What an app does is its agent's deed through a client that the agent let in, wherever it is told."""

from domain.permissions import ALL_SCOPES
from tests.mcp.company import Company, generate_token
from tests.mcp.serving import Served
from tests.mcp.wire import call
from tests.oauth.oauth_grants import CLAUDE, connect_app
from tests.rest.client import Client


def test_the_history_and_the_audit_trail_tell_an_agent_via_an_app(
    product: Served, company: Company
) -> None:
    ana, ticket = company.members["Ana"], company.tickets["lid"]
    app = product.run(connect_app(product.desk, ana.id))
    done = call(app.access_token, "resolve_ticket", ticket_id=ticket.code).send(product.port)
    assert not done.json()["result"].get("isError"), done.body
    product.settle()
    token, _ = product.run(
        generate_token(product.desk, company.members["Olga"].id, scopes=ALL_SCOPES)
    )
    olga = Client(product.port, token)

    line = olga.get(f"/tickets/{ticket.code}/activity?limit=1").body["activity"][0]
    (audited,) = olga.get(f"/calls?credential_id={app.consent}").body["calls"]

    assert (line["sentence"], line["through"]) == ("Ana resolved this ticket", "via Claude")
    assert audited["tool"] == "resolve_ticket"
    assert line["call"] == audited["call"]
    for told in (line, audited):
        assert (told["via"], told["agent"]["id"]) == ("app", str(ana.id))
        assert told["credential"] == {"id": str(app.consent)}
        # Whatever it calls itself, it is the client that its agent let in; the version is its own.
        assert told["client"] == {"name": "Claude", "version": "0", "id": CLAUDE.id}
