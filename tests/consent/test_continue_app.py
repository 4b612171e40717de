"""Connecting again without a question: where the consent is remembered, and where it is not."""

import pytest
from msgspec.structs import replace

from domain.consent import ContinueApp, Granted, GrantEnded, Reused, Revoked, Widened
from domain.oauth_client import OAuthClient
from domain.refusals import Code
from tests.consent.answers import (
    AGAIN,
    BOTH,
    BROWSER,
    CONFIDENTIAL,
    CONSENT,
    CONTINUE,
    DOCUMENT,
    DYNAMIC,
    GRANT,
    LOCAL,
    NEXT,
    OTHER_BROWSER,
    OTHER_SITE,
    PUBLIC,
    READ,
    SITE,
    ana,
    granted,
)
from tests.given import Given

PRIVATE = "com.example.app:/callback"
# The browser is another and nothing issued can be used any more: that takes a proof.
BARE = replace(CONTINUE, lives=False, browser=None)


def silently(asked: ContinueApp) -> Reused:
    return Reused(
        consent=CONSENT,
        client_id=asked.client.id,
        redirect_uri=asked.redirect_uri,
        scopes=asked.scopes,
        grant=NEXT,
    )


def asked_again(here: Given, asked: ContinueApp) -> None:
    assert here.when(asked).then_refused(Code.PERMISSION_DENIED) == "The agent has to be asked."


@pytest.mark.parametrize(
    ("first", "now"),
    [
        (DOCUMENT, DOCUMENT),
        (DYNAMIC, DYNAMIC),
        (DYNAMIC, AGAIN),
        (PUBLIC, PUBLIC),
        (CONFIDENTIAL, CONFIDENTIAL),
    ],
    ids=["document", "dynamic", "registered anew", "registered", "confidential"],
)
def test_on_a_site_the_address_is_the_proof(first: OAuthClient, now: OAuthClient) -> None:
    asked = replace(BARE, client=now)
    ana(granted(first)).when(asked).then(silently(asked))


def test_a_secret_is_a_proof_wherever_codes_go() -> None:
    asked = replace(BARE, client=CONFIDENTIAL, redirect_uri=LOCAL)
    ana(granted(CONFIDENTIAL, LOCAL)).when(asked).then(silently(asked))


def test_a_site_that_two_registrations_share_is_one_app_and_a_name_is_none() -> None:
    stranger = replace(DYNAMIC, id="dcr_third", redirect_uris=("https://evil.example/",))
    asked = replace(CONTINUE, client=stranger, redirect_uri="https://evil.example/")
    asked_again(ana(granted(DYNAMIC)), asked)


@pytest.mark.parametrize("landing", [LOCAL, PRIVATE])
@pytest.mark.parametrize("client", [DOCUMENT, DYNAMIC, PUBLIC], ids=lambda it: it.source)
def test_elsewhere_it_takes_the_same_browser_and_a_living_grant(
    client: OAuthClient, landing: str
) -> None:
    here = ana(granted(client, landing))
    asked = replace(CONTINUE, client=client, redirect_uri=landing)
    here.when(asked).then(silently(asked))
    for lacking in (
        replace(asked, lives=False),
        replace(asked, browser=OTHER_BROWSER),
        replace(asked, browser=None),
    ):
        asked_again(here, lacking)


def test_without_a_browser_at_first_no_browser_is_the_same() -> None:
    unknown = replace(granted(DYNAMIC, LOCAL), browser=None)
    for browser in (None, BROWSER):
        asked = replace(CONTINUE, client=DYNAMIC, redirect_uri=LOCAL, browser=browser)
        asked_again(ana(unknown), asked)


def test_a_local_program_that_registers_anew_is_asked_about() -> None:
    asked = replace(CONTINUE, client=AGAIN, redirect_uri=LOCAL)
    asked_again(ana(granted(DYNAMIC, LOCAL)), asked)


def test_on_the_machine_itself_the_port_does_not_count() -> None:
    asked = replace(CONTINUE, redirect_uri="http://127.0.0.1:49152/callback")
    ana(granted(redirect_uri="http://127.0.0.1:4711/callback")).when(asked).then(silently(asked))


def test_localhost_is_another_place_than_its_number() -> None:
    named = replace(DOCUMENT, redirect_uris=(LOCAL, "http://localhost/callback"))
    asked = replace(CONTINUE, client=named, redirect_uri="http://localhost/callback")
    asked_again(ana(granted(redirect_uri=LOCAL)), asked)


def test_another_landing_is_asked_about_until_it_was_allowed() -> None:
    asked = replace(CONTINUE, redirect_uri=OTHER_SITE)
    asked_again(ana(granted()), asked)
    wider = Widened(
        consent=CONSENT,
        client_id=DOCUMENT.id,
        client_name=DOCUMENT.name,
        redirect_uri=OTHER_SITE,
        scopes=BOTH,
        was=BOTH,
        grant=GRANT,
    )
    ana(granted(), wider).when(asked).then(silently(asked))


def test_more_scope_is_asked_about_and_less_is_not() -> None:
    asked_again(ana(granted(scopes=READ)), CONTINUE)
    less = replace(CONTINUE, scopes=READ)
    ana(granted()).when(less).then(silently(less))


def test_another_resource_is_asked_about() -> None:
    asked_again(ana(granted()), replace(CONTINUE, resource="https://desk.example/other"))


@pytest.mark.parametrize("facts", [(), (granted(), Revoked(consent=CONSENT))], ids=str)
def test_what_does_not_stand_is_asked_about(facts: tuple[Granted | Revoked, ...]) -> None:
    asked_again(ana(*facts), CONTINUE)


def test_a_grant_that_ended_takes_the_consent_along_for_nobody() -> None:
    over = GrantEnded(consent=CONSENT, grant=GRANT, why="code_reused")
    ana(granted(), over).when(BARE).then(silently(BARE))


def test_an_account_may_always_ask() -> None:
    asked_again(ana(granted(), always_ask=True), CONTINUE)
    ana(granted(), always_ask=False, dynamic_registration=False).when(BARE).then(silently(BARE))


def test_a_landing_that_the_client_gave_up_is_refused_and_not_asked_about() -> None:
    moved = replace(CONTINUE, client=replace(DOCUMENT, redirect_uris=(OTHER_SITE,)))
    told = ana(granted()).when(moved).then_refused(Code.INVALID_ARGUMENTS)
    assert "never said" in told
    assert moved.redirect_uri == SITE
