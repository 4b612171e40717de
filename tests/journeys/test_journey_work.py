"""Journeys at work: a ticket from its opening to the end of its history, and calls that an auditor reads."""

import csv
from pathlib import Path

import msgspec
from playwright.sync_api import expect

from domain.permissions import Role
from tests.chromium import needs_chromium
from tests.journeys.conftest import Walk
from tests.journeys.walking import Walker
from tests.mcp.company import Ticket
from tests.mcp.serving import Served
from tests.mcp.wire import CLIENT_INFO, call
from tests.panel.conftest import Join

pytestmark = needs_chromium


def test_a_ticket_is_found_worked_on_and_its_history_tells_by_whom(
    walk: Walk, product: Served, join: Join, word: str
) -> None:
    member, browser = join(f"Ana-{word}")
    name = member.name
    with walk(product, browser) as ana:
        ana.open("/tickets")
        ana.press("New ticket")
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
        assert len(deeds(ana)) == 1
        ana.choose("By", "Everybody")
        ana.choose("Through", "Rattler")
        ana.press("Show", narrow)
        assert len(deeds(ana)) == 1


def deeds(walker: Walker) -> list[str]:
    """Return what the history tells, the latest first."""
    items = walker.page.get_by_role("listitem").filter(has=walker.page.get_by_role("time"))
    return [" ".join(text.split()) for text in items.all_inner_texts()]


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
    assert product.run(product.desk.views_caught_up())
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
