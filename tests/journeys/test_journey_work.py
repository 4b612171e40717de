"""Journeys at work: a ticket up to its history, an agent from the first day to the last, calls to audit."""

import csv
from pathlib import Path
from uuid import UUID

import msgspec
from playwright.sync_api import Locator, expect

from domain.permissions import Role
from tests.chromium import needs_chromium
from tests.journeys.conftest import Walk
from tests.journeys.walking import Walker
from tests.mcp.company import Ticket, generate_token
from tests.mcp.serving import Served
from tests.mcp.wire import CLIENT_INFO, call
from tests.oauth.oauth_grants import connect_app
from tests.panel.conftest import Join
from tests.sign_in.conftest import PASSWORD

pytestmark = needs_chromium


def test_a_ticket_is_found_worked_on_and_its_history_tells_by_whom(
    walk: Walk, product: Served, join: Join, word: str
) -> None:
    member, browser = join(f"Ana-{word}")
    name = member.name
    with walk(product, browser) as ana:
        ana.open("/tickets")
        ana.follow("New ticket")
        ana.fill("Subject", f"The {word} is loose")
        ana.fill("Customer\u2019s name", "Kim Kunde")
        ana.choose("Department", "Support")
        ana.choose("Priority", "High")
        ana.fill("What the customer says", "It rattles.")
        ana.press("Open ticket")
        ana.at(word)
        code = ana.page.url.rpartition("/")[2].partition("?")[0]

        ana.open("/tickets")
        ana.fill("Search", word)
        ana.page.get_by_label("New", exact=True).check()
        ana.choose("Priority", "High")
        ana.press("Show")
        ana.follow(f"The {word} is loose")

        ana.fill("New tags", "rattle")
        ana.press("Add")
        ana.sees("The tags are added.")
        ana.choose("To an agent of Support", "Ben")
        ana.press("Assign")
        ana.sees("The ticket is assigned.")
        ana.fill("Reply to Kim Kunde", "Tighten it.")
        ana.press("Write reply")
        expect(ana.page.get_by_role("article")).to_contain_text(["It rattles.", "Tighten it."])
        ana.press("Resolve")
        ana.sees("The ticket is resolved.")
        ana.press("Reopen")
        ana.sees("The ticket is open again.")

        meta = {CLIENT_INFO: {"name": "Rattler", "version": "1"}}
        done = call(member.token, "add_tags", meta, ticket_id=code, tags=["by a machine"])
        assert done.send(product.port).status == 200
        ana.open(f"/tickets/{code}")
        told = deeds(ana)
        for sentence, number in (
            (f"{name} added the tag “by a machine” · via Rattler", 0),
            (f"{name} reopened this ticket · in the panel", 1),
            (f"{name} resolved this ticket · in the panel", 2),
            (f"{name} wrote a message", 3),
            (f"{name} assigned this ticket to Ben · in the panel", 4),
            (f"{name} added the tag “rattle” · in the panel", 5),
        ):
            assert sentence in told[number]
        narrow = ana.page.get_by_role("form", name="Narrow the history")
        ana.choose("By", "AI clients")
        ana.press("Show", narrow)
        expect(items(ana)).to_have_count(1)
        ana.choose("By", "Everybody")
        ana.press("Show", narrow)
        expect(items(ana)).to_have_count(len(told))
        ana.choose("Through", "Rattler")
        ana.press("Show", narrow)
        expect(items(ana)).to_have_count(1)


def deeds(walker: Walker) -> list[str]:
    """Return what the history tells, the latest first."""
    return [" ".join(text.split()) for text in items(walker).all_inner_texts()]


def items(walker: Walker) -> Locator:
    return walker.page.get_by_role("listitem").filter(has=walker.page.get_by_role("time"))


def test_an_agent_is_added_signs_in_by_a_link_and_leaves(
    walk: Walk, product: Served, join: Join, word: str
) -> None:
    _, browser = join(f"Oda-{word}", Role.OWNER)
    name = f"Noa-{word}"
    with walk(product, browser) as oda, walk(product) as noa:
        oda.open("/admin/agents")
        oda.follow("Add agent")
        oda.fill("Name", name)
        oda.fill("E-mail address", f"{word}@desk.example")
        oda.choose("Role", "agent")
        oda.page.get_by_label("Support", exact=True).check()
        oda.press("Add agent")
        link = oda.page.get_by_label("One-time link", exact=True).input_value()

        noa.open(link)
        noa.fill("New password", PASSWORD)
        noa.fill("The same once more", PASSWORD)
        noa.press("Set password")
        noa.sign_in(f"{word}@desk.example", PASSWORD)
        noa.is_in()

        oda.follow(f"I have it: go to {name}")
        oda.choose("Role", "admin")
        oda.press("Save")
        oda.at(name)
        noa.open("/audit")  # another role has to sign in anew
        noa.sign_in(f"{word}@desk.example", PASSWORD)
        noa.at("Calls")

        key = UUID(oda.page.url.rpartition("/")[2].partition("?")[0])
        token, _ = product.run(generate_token(product.desk, key))
        app = product.run(connect_app(product.desk, key)).access_token
        assert opens(product, token)
        assert opens(product, app)
        oda.page.reload()
        oda.revoke("dl_pat_")
        assert not opens(product, token)
        oda.revoke("Claude")
        assert not opens(product, app)

        oda.unfold("Deactivate …")
        oda.press(f"Yes, deactivate {name}")
        oda.sees("left")
        noa.open("/tickets")
        noa.at("Sign in")


def opens(product: Served, credential: str) -> bool:
    """Whether a credential still works."""
    status = call(credential, "list_departments").send(product.port).status
    assert status in {200, 401}
    return status == 200


def test_an_auditor_narrows_calls_opens_one_and_takes_them_as_files(
    walk: Walk, product: Served, join: Join, ticket: Ticket, tmp_path: Path
) -> None:
    member, _ = join(f"Bea-{ticket.code}")
    _, browser = join(f"Ada-{ticket.code}", Role.ADMIN)
    for request in (
        call(member.token, "get_ticket_metadata", ticket_id=ticket.code),
        call(member.token, "get_ticket_metadata", ticket_id="AAA-00000"),
        call(member.token, "list_departments"),
    ):
        assert request.send(product.port).status == 200
    product.settle()
    with walk(product, browser) as ada:
        ada.open("/audit")
        ada.choose("By", member.name)
        ada.fill("Tool", "get_ticket_metadata")
        ada.press("Show")
        calls = ada.page.get_by_role("row").filter(has_text=member.name)
        expect(calls).to_have_count(2)
        for link, ending in (("CSV", "csv"), ("JSONL", "jsonl")):
            with ada.page.expect_download() as taken:
                ada.follow(link)
            taken.value.save_as(tmp_path / f"calls.{ending}")
        rows = list(csv.DictReader((tmp_path / "calls.csv").read_text().splitlines()))
        lines = (tmp_path / "calls.jsonl").read_text().splitlines()
        assert [row["tool"] for row in rows] == ["get_ticket_metadata"] * 2
        assert [msgspec.json.decode(line)["tool"] for line in lines] == ["get_ticket_metadata"] * 2

        ada.fill("Ticket", ticket.code)
        ada.press("Show")
        expect(calls).to_have_count(1)
        ada.follow("get_ticket_metadata", calls)
        ada.at("Call of get_ticket_metadata")
        ada.sees(f'"ticket_id": "{ticket.code}"')
        ada.follow(ticket.code)
        ada.at("About a ")
