"""Saying yes to an app, or no."""

from uuid import UUID

import pytest
from msgspec.structs import replace

from domain.agent import AGENT, Added, Deactivated
from domain.caller import Caller
from domain.clients import CLIENTS, Removed
from domain.consent import (
    ApproveApp,
    ContinueApp,
    DeclineApp,
    Declined,
    Granted,
    Reused,
    Revoked,
    Widened,
)
from domain.decider import Ref
from domain.permissions import Role, Scope
from domain.refusals import Code
from tests.consent.answers import (
    AGAIN,
    APPROVE,
    BOTH,
    BROWSER,
    CONFIDENTIAL,
    CONSENT,
    CONTINUE,
    DOCUMENT,
    DYNAMIC,
    LOCAL,
    NEXT,
    OTHER_BROWSER,
    OTHER_SITE,
    READ,
    REGISTERED,
    RESOURCE,
    SITE,
    ana,
    granted,
    signed_in,
)
from tests.given import given
from tests.known import ANA, BEN, caller_of

DECLINE = DeclineApp(agent=ANA, client=DOCUMENT, redirect_uri=SITE, resource=RESOURCE, scopes=BOTH)
# The next yes, with the id of a consent in case that none stands.
ONCE_MORE = replace(APPROVE, grant=NEXT, consent=UUID(int=701))
Answer = ApproveApp | ContinueApp | DeclineApp
each_answer = pytest.mark.parametrize(
    "answer", [APPROVE, CONTINUE, DECLINE], ids=["yes", "silent", "no"]
)


def widened(**to: object) -> Widened:
    fact = Widened(
        consent=CONSENT,
        client_id=DOCUMENT.id,
        client_name=DOCUMENT.name,
        redirect_uri=SITE,
        scopes=BOTH,
        was=BOTH,
        grant=NEXT,
        browser=BROWSER,
    )
    return replace(fact, **to)


def test_a_first_yes_is_a_consent_with_a_grant() -> None:
    state = ana().when(APPROVE).then(granted())
    (consent,) = state.standing.values()
    assert consent.id == CONSENT
    assert (consent.scopes, consent.landings, consent.browsers) == (set(BOTH), {SITE}, {BROWSER})


def test_scopes_are_told_in_one_order() -> None:
    mixed = replace(APPROVE, scopes=(*reversed(BOTH), *BOTH))
    ana().when(mixed).then(granted())


def test_a_yes_to_the_same_again_is_a_new_grant_of_the_same_consent() -> None:
    reused = Reused(
        consent=CONSENT,
        client_id=DOCUMENT.id,
        redirect_uri=SITE,
        scopes=BOTH,
        grant=NEXT,
        asked=True,
    )
    ana(granted()).when(ONCE_MORE).then(reused)
    less = replace(ONCE_MORE, scopes=READ, browser=None)
    ana(granted()).when(less).then(replace(reused, scopes=READ))


@pytest.mark.parametrize(
    ("said", "asked", "fact"),
    [
        (granted(scopes=READ), ONCE_MORE, widened(was=READ)),
        (
            granted(),
            replace(ONCE_MORE, redirect_uri=OTHER_SITE),
            widened(redirect_uri=OTHER_SITE),
        ),
        (granted(), replace(ONCE_MORE, browser=OTHER_BROWSER), widened(browser=OTHER_BROWSER)),
    ],
    ids=["scope", "landing", "browser"],
)
def test_a_yes_to_more_widens_what_stands(said: Granted, asked: ApproveApp, fact: Widened) -> None:
    (consent,) = ana(said).when(asked).then(fact).standing.values()
    assert consent.id == CONSENT
    assert consent.scopes == set(BOTH)
    assert consent.landings == {SITE, asked.redirect_uri}
    assert consent.browsers == {BROWSER, asked.browser}


def test_what_was_allowed_stays_when_less_is_asked_elsewhere() -> None:
    elsewhere = replace(ONCE_MORE, redirect_uri=OTHER_SITE, scopes=READ)
    state = ana(granted()).when(elsewhere).then(widened(redirect_uri=OTHER_SITE))
    assert [consent.scopes for consent in state.standing.values()] == [set(BOTH)]


def test_a_client_that_registered_itself_anew_has_the_same_consent() -> None:
    reused = Reused(
        consent=CONSENT,
        client_id=AGAIN.id,
        redirect_uri=SITE,
        scopes=BOTH,
        grant=NEXT,
        asked=True,
    )
    ana(granted(DYNAMIC)).when(replace(ONCE_MORE, client=AGAIN)).then(reused)


def test_where_nothing_proves_it_another_registration_is_another_app() -> None:
    local = replace(ONCE_MORE, client=AGAIN, redirect_uri=LOCAL)
    fresh = replace(granted(AGAIN, LOCAL), consent=local.consent, grant=NEXT)
    state = ana(granted(DYNAMIC, LOCAL)).when(local).then(fresh)
    assert {consent.id for consent in state.standing.values()} == {CONSENT, local.consent}


def test_another_resource_is_another_consent() -> None:
    elsewhere = replace(ONCE_MORE, resource="https://desk.example/other")
    fresh = replace(granted(), consent=elsewhere.consent, grant=NEXT, resource=elsewhere.resource)
    assert len(ana(granted()).when(elsewhere).then(fresh).standing) == 2


def test_after_a_revocation_a_yes_is_a_consent_of_its_own() -> None:
    fresh = replace(granted(), consent=ONCE_MORE.consent, grant=NEXT)
    state = ana(granted(), Revoked(consent=CONSENT)).when(ONCE_MORE).then(fresh)
    assert [consent.id for consent in state.standing.values()] == [ONCE_MORE.consent]


def test_a_no_is_recorded_and_changes_nothing_that_stands() -> None:
    declined = Declined(
        identity=f"client {DOCUMENT.id}",
        client_id=DOCUMENT.id,
        client_name=DOCUMENT.name,
        redirect_uri=SITE,
        resource=RESOURCE,
        scopes=BOTH,
    )
    assert ana().when(DECLINE).then(declined).standing == {}
    assert len(ana(granted()).when(DECLINE).then(declined).standing) == 1


@each_answer
@pytest.mark.parametrize(
    "caller",
    [
        caller_of(ANA),
        caller_of(ANA, Role.OWNER),
        signed_in(BEN),
        signed_in(BEN, Role.OWNER),
    ],
    ids=["own token", "own token, owner", "another", "another, owner"],
)
def test_only_the_agent_himself_signed_in_can_answer(answer: Answer, caller: Caller) -> None:
    told = ana(granted()).by(caller).when(answer)
    assert "Only Ana, signed in" in told.then_refused(Code.PERMISSION_DENIED)


@each_answer
@pytest.mark.parametrize(
    "facts",
    [
        (Added(name="Ana", role=Role.AGENT, departments=()), Deactivated()),
        (Added(name="Ana", role=Role.AGENT, departments=(), seat=False),),
    ],
    ids=["who left", "who has no seat"],
)
def test_who_cannot_sign_in_connects_no_app(
    answer: Answer, facts: tuple[Added | Deactivated, ...]
) -> None:
    here = given(granted()).beside(Ref(AGENT, ANA), *facts).by(signed_in())
    here.when(answer).then_refused(Code.AGENT_UNAVAILABLE)


@each_answer
def test_nobody_answers_no_app(answer: Answer) -> None:
    given().by(signed_in()).when(answer).then_refused(Code.NOT_FOUND)


@each_answer
def test_a_code_goes_nowhere_but_where_the_client_said(answer: Answer) -> None:
    astray = replace(answer, redirect_uri=f"{SITE}/")
    ana(granted()).when(astray).then_refused(Code.INVALID_ARGUMENTS)


@each_answer
@pytest.mark.parametrize("scopes", [(), (Scope.ADMIN,), (*BOTH, Scope.ADMIN)], ids=str)
def test_an_app_is_asked_about_what_it_can_have(answer: Answer, scopes: tuple[Scope, ...]) -> None:
    ana(granted()).when(replace(answer, scopes=scopes)).then_refused(Code.INVALID_ARGUMENTS)


@each_answer
@pytest.mark.parametrize("hosts", [(), ("elsewhere.example",)], ids=str)
def test_an_app_that_is_not_on_the_list_is_not_even_asked_about(
    answer: Answer, hosts: tuple[str, ...]
) -> None:
    told = ana(granted(), allowed_hosts=hosts).when(answer)
    assert "Ask one to put its host on the list" in told.then_refused(Code.PERMISSION_DENIED)


def test_an_app_on_the_list_is_asked_about() -> None:
    ana(allowed_hosts=("app.example",)).when(APPROVE).then(granted())


def test_the_list_is_of_where_codes_go_and_of_who_says_so() -> None:
    local = replace(APPROVE, redirect_uri=LOCAL)
    for hosts in (("app.example",), ("127.0.0.1",)):
        ana(allowed_hosts=hosts).when(local).then_refused(Code.PERMISSION_DENIED)
    both = ana(allowed_hosts=("app.example", "127.0.0.1"))
    both.when(local).then(granted(redirect_uri=LOCAL))


def test_an_administrators_client_needs_no_list() -> None:
    ours = replace(APPROVE, client=CONFIDENTIAL)
    ana(allowed_hosts=()).when(ours).then(granted(CONFIDENTIAL))


def test_a_client_that_was_removed_meanwhile_is_let_in_no_more() -> None:
    gone = ana().beside(CLIENTS, *REGISTERED, Removed(client_id=CONFIDENTIAL.id))
    asked = replace(APPROVE, client=CONFIDENTIAL)
    gone.when(asked).then_refused(Code.NOT_FOUND)
