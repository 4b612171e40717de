"""A ticket's history reads the same whichever way an action came, and tells through what."""

from tests.mcp.company import Company
from tests.mcp.serving import Served
from tests.mcp.wire import call
from tests.oauth.oauth_grants import connect_app
from tests.rest.client import Client
from tests.rest.conftest import SignIn
from tests.rest.tickets import opened


def test_the_same_action_reads_the_same_from_mcp_rest_an_app_and_a_session(
    ana: Client, product: Served, company: Company, sign_in: SignIn
) -> None:
    path = opened(ana, company)
    key = path.rpartition("/")[2]
    member = company.members["Ana"]
    sea = {"tags": ["sea"]}
    assert ana.post(f"{path}/tags", sea).status == 200
    assert ana.post(f"{path}/tags/remove", sea).status == 200
    by_mcp = call(member.token, "add_tags", ticket_id=key, tags=["sea"]).send(product.port)
    assert not by_mcp.json()["result"].get("isError"), by_mcp.body
    assert ana.post(f"{path}/tags/remove", sea).status == 200
    app = product.run(connect_app(product.desk, member.id))
    by_app = call(app.access_token, "add_tags", ticket_id=key, tags=["sea"]).send(product.port)
    assert not by_app.json()["result"].get("isError"), by_app.body
    assert ana.post(f"{path}/tags/remove", sea).status == 200
    panel = sign_in(member.id).client
    assert panel.post(f"{path}/tags", sea).status == 200

    lines = ana.get(f"{path}/activity?order=asc").body["activity"]
    added = [line for line in lines if line["topic"] == "ticket.tags_added"]
    assert [line["via"] for line in added] == ["rest", "token", "app", "panel"]
    assert len({line["through"] for line in added}) == 4
    assert len({line["call"] for line in added}) == 4
    for name in ("sentence", "change", "role"):
        assert all(line[name] == added[0][name] for line in added)
    assert {line["agent"]["name"] for line in added} == {"Ana"}
    assert "Ana" in added[0]["sentence"]
    assert "sea" in added[0]["sentence"]


def test_the_history_is_narrowed_by_way_client_and_topic(
    ana: Client, product: Served, company: Company
) -> None:
    path = opened(ana, company)
    key = path.rpartition("/")[2]
    token = company.token("Ana")
    assert call(token, "resolve_ticket", ticket_id=key).send(product.port).status == 200
    assert ana.post(f"{path}/reopen").status == 200
    for query, topics in (
        ("via=token&via=app", ["resolved"]),
        ("client=Wire", ["resolved"]),
        ("client=nobody", []),
        ("topic=ticket.reopened&topic=ticket.opened", ["reopened", "opened"]),
        ("via=rest&topic=ticket.resolved", []),
    ):
        lines = ana.get(f"{path}/activity?{query}").body["activity"]
        assert [line["topic"].removeprefix("ticket.") for line in lines] == topics, query
    (line,) = ana.get(f"{path}/activity?client=Wire").body["activity"]
    assert (line["before"], line["after"]) == ("new", "resolved")
    assert ana.get("/tickets?unassigned=true&limit=1").status == 200
    ana.get(f"{path}/activity?via=nothing").refused(400, "invalid_arguments")


def test_the_history_is_walked_from_its_end_or_its_beginning(ana: Client, company: Company) -> None:
    path = opened(ana, company)
    for action in ("resolve", "reopen", "resolve"):
        assert ana.post(f"{path}/{action}").status == 200
    walked: dict[str, list[str]] = {}
    for order in ("asc", "desc"):
        seen = walked.setdefault(order, [])
        more = ""
        while True:
            page = ana.get(f"{path}/activity?limit=2&order={order}{more}").body
            seen += [line["topic"].removeprefix("ticket.") for line in page["activity"]]
            if "next_cursor" not in page:
                break
            more = f"&cursor={page['next_cursor']}"
    assert walked["asc"] == ["opened", "message_added", "resolved", "reopened", "resolved"]
    assert walked["desc"] == walked["asc"][::-1]
    ana.get(f"{path}/activity?order=asc{more}").refused(400, "invalid_arguments")


def test_what_is_read_over_http_makes_no_history(ana: Client, company: Company) -> None:
    path = opened(ana, company)
    before = ana.get(f"{path}/activity").body
    for below in ("", "/messages", "/activity"):
        assert ana.get(f"{path}{below}").status == 200
    assert ana.get(f"{path}/activity").body == before
