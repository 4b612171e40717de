"""Journeys to access: a new owner's account, a token for a client, and apps that ask for consent."""

import pytest
from playwright.sync_api import expect

from tests.chromium import needs_chromium
from tests.journeys.conftest import Walk, setup_path
from tests.journeys.program import Program
from tests.mcp.company import Ticket
from tests.mcp.serving import SECONDS, Served
from tests.mcp.wire import call
from tests.oauth.clients.python_sdk import Denied
from tests.panel.conftest import Join
from tests.sign_in.browser import Browser
from tests.sign_in.conftest import PASSWORD, give_password

pytestmark = needs_chromium

ANOTHER = "another few words"


def test_a_new_owner_sets_up_and_keeps_the_account_in_hand(walk: Walk, begun: Served) -> None:
    email = "olga@first.example"
    with walk(begun) as olga:
        olga.open(setup_path(begun))
        olga.at("Welcome")
        olga.fill("Your name", "Olga Owner")
        olga.fill("E-mail address", email)
        olga.fill("Password", PASSWORD)
        olga.fill("The same once more", PASSWORD)
        olga.press("Begin")
        olga.is_in()
        olga.sign_out()
        olga.sees("You are signed out.")
        olga.sign_in(email, PASSWORD)
        phone = Browser(begun.port)
        assert phone.sign_in(email, PASSWORD).status == 303

        olga.open("/")
        olga.menu("Edit profile")
        olga.sees("this browser")
        olga.press("End tests from 127.0.0.1")
        expect(olga.page.get_by_role("button", name="End ")).to_have_count(0)
        assert not phone.is_signed_in()

        olga.fill("Current password", PASSWORD)
        olga.fill("New password", ANOTHER)
        olga.fill("The same once more", ANOTHER)
        olga.press("Change password")
        olga.sees("Your password is changed.")
        olga.sign_out()
        olga.sign_in(email, ANOTHER)
        olga.is_in()


def test_a_token_is_shown_once_works_and_opens_nothing_once_revoked(
    walk: Walk, product: Served, join: Join, word: str
) -> None:
    _, browser = join(f"Tom-{word}")
    with walk(product, browser) as tom:
        tom.open("/")
        tom.menu("Edit profile")
        tom.follow("MCP Integration", tom.page.get_by_role("navigation", name="Edit profile"))
        tom.at("MCP Integration")
        tom.fill("What for", "Laptop")
        tom.choose("Good for", "reading only")
        tom.press("Generate token")
        tom.at("Your new access token")
        token = tom.page.get_by_label("Laptop", exact=True).input_value()
        assert call(token, "list_departments").send(product.port).status == 200
        with tom.page.expect_popup() as tried:
            tom.press("Test the connection in a new tab")
        expect(tried.value.locator(".notice")).to_contain_text("tools, answered in")
        # Without one, WebKit calls our own form another site's.
        assert tried.value.evaluate("opener !== null")

        tom.open("/account/mcp")
        assert token not in tom.page.content()
        laptop = tom.row("Laptop")
        expect(laptop).to_contain_text(token[-4:])
        tom.unfold("Revoke …", laptop)
        # As Safari does when a button is pressed: it has no focus itself, what it stands in has.
        tom.page.locator("main").focus()
        tom.press("Yes, revoke it", laptop)
        expect(laptop).to_have_count(0)
        assert call(token, "list_departments").send(product.port).status == 401


def test_an_app_connects_by_consent_and_then_without_until_it_is_revoked(
    walk: Walk, product: Served, join: Join, program: Program, ticket: Ticket
) -> None:
    name = f"Program {ticket.code}"
    member, _ = join(f"Una-{ticket.code}")
    give_password(product, member, PASSWORD)
    app = program.installed(product.url, name)
    with walk(product) as una:
        done = program.tags(app, ticket)
        program.leads(una)
        una.at("Sign in")
        una.sign_in(member.email, PASSWORD)
        una.at(name)
        una.press("Approve")
        program.lands(una)
        done.result(SECONDS)

        # It is installed anew and forgot everything: nobody is asked.
        done = program.tags(program.installed(product.url, name), ticket)
        program.leads(una)
        program.lands(una)
        done.result(SECONDS)

        una.open(f"/tickets/{ticket.code}")
        una.sees(f"via {name}")
        una.open("/account/mcp")
        una.unfold("Revoke …", una.row(name))
        una.press("Yes, revoke it", una.row(name))
        una.sees("The app is revoked")
        expect(una.row(name)).to_have_count(0)

        # What it has is worth nothing now: it leads her to the browser again, where she denies.
        done = program.tags(app, ticket)
        program.leads(una)
        una.at(name)
        una.press("Deny")
        program.lands(una)
        denied = pytest.RaisesExc(Denied, match="access_denied")
        with pytest.RaisesGroup(denied, flatten_subgroups=True):
            done.result(SECONDS)
