"""Links to set a password over HTTP: shown once, open one account once, and are in no record."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from api.sign_in.hashing import Hashing
from api.sign_in.links import Links, new_reset, password_url
from api.sign_in.people import Visitor
from domain.access_tokens import RevokeToken
from domain.agent import ChangeEmail, DeactivateAgent
from domain.application import Wish
from domain.decider import Command
from domain.fact import Attribution, Envelope, Event
from domain.held_password import ResetIssued, stream_of_password
from domain.ledger import Append
from domain.permissions import ALL_SCOPES, Role, Scope
from domain.refusals import Refused
from domain.session import CloseSession
from tests.mcp.company import Company, Member, generate_token
from tests.mcp.records import Log
from tests.mcp.serving import Served
from tests.rest.client import Client
from tests.rest.conftest import Hire, SignIn
from tests.sign_in.browser import Browser
from tests.sign_in.conftest import PASSWORD, give_password


def test_a_link_sets_the_password_of_one_agent_once(
    product: Served, adam: Client, hire: Hire, log: Log
) -> None:
    member = hire().member
    path = f"/agents/{member.id}/password-link"
    first = adam.post(path).body
    with log.watched() as watched:
        made = adam.post(path)
    assert made.status == 201
    assert made.headers["cache-control"] == "no-store"
    assert datetime.fromisoformat(made.body["expires_at"]) - product.desk.helpdesk.now() < (
        timedelta(hours=1)
    )
    (call,) = watched.calls
    assert (call.fact.tool, call.fact.units) == ("create_password_link", 0)
    secret = made.body["url"].partition("token=")[2]
    assert secret
    assert not [fact for fact in watched.facts if secret in str(fact)]
    browser = Browser(product.port)
    old, new = (
        each["url"].removeprefix(product.desk.settings.base_url) for each in (first, made.body)
    )
    assert browser.get(old).status == 404  # the last one counts
    typed = {"password": PASSWORD, "again": PASSWORD}
    assert browser.submit(new, "/password", **typed).location == "/login?done=password"
    assert browser.sign_in(member.email, PASSWORD).status == 303
    assert browser.is_signed_in()
    assert browser.get(new).status == 404


def test_a_link_ends_with_the_access_token_that_made_it(
    product: Served, company: Company, hire: Hire
) -> None:
    adam = company.members["Adam"].id
    token, key = product.run(generate_token(product.desk, adam, scopes=ALL_SCOPES))
    path = f"/agents/{hire().member.id}/password-link"
    made = Client(product.port, token).post(path).body["url"]
    revoked = RevokeToken(agent=adam, token=key)
    product.run(product.desk.execute(Wish(revoked)))
    assert Browser(product.port).get(opened_by(product, made)).status == 404


def test_a_link_of_an_older_version_ends_with_the_access_token_that_made_it(
    product: Served, company: Company, hire: Hire
) -> None:
    desk, adam, member = product.desk, company.members["Adam"].id, hire().member.id
    _, key = product.run(generate_token(desk, adam, scopes=ALL_SCOPES))
    new, now = new_reset(member, os.urandom(32), desk.helpdesk.now()), desk.helpdesk.now()
    until = new.command.expires_at
    issued = ResetIssued(digest=new.command.digest, expires_at=until, issuer=adam, token=key)
    by = Attribution(via="rest", agent=adam, credential=key)
    event = Event(stream_of_password(member), 1, issued, Envelope(recorded_at=now, by=by))
    product.run(desk.ledger.append(Append(events=(event,))))
    path = opened_by(product, password_url(desk.settings.base_url, member, new.secret))
    assert Browser(product.port).get(path).status == 200
    product.run(desk.execute(Wish(RevokeToken(agent=adam, token=key))))
    assert Browser(product.port).get(path).status == 404


def closed(boss: Member, session: UUID) -> Command:  # noqa: ARG001 - as the others
    return CloseSession(session=session)


def deactivated(boss: Member, session: UUID) -> Command:  # noqa: ARG001 - as the others
    return DeactivateAgent(agent=boss.id)


def with_another_address(boss: Member, session: UUID) -> Command:
    return ChangeEmail(agent=boss.id, email=f"{session}@desk.example")


@pytest.mark.parametrize("end", [closed, deactivated, with_another_address])
def test_a_link_ends_with_the_session_that_made_it(
    product: Served, hire: Hire, sign_in: SignIn, end: Callable[[Member, UUID], Command]
) -> None:
    boss, member = hire(Role.ADMIN).member, hire().member
    session = sign_in(boss.id)
    made = session.client.post(f"/agents/{member.id}/password-link").body["url"]
    browser, path = Browser(product.port), opened_by(product, made)
    filled = browser.get(path).fields("/password")
    product.run(product.desk.execute(Wish(end(boss, session.id))))
    assert browser.get(path).status == 404
    sent = browser.post("/password", {**filled, "password": PASSWORD, "again": PASSWORD})
    assert "Ask for a new one" in sent.text
    assert sent.status == 404
    assert browser.sign_in(member.email, PASSWORD).status == 403


def test_a_link_outlives_no_new_password_of_who_made_it(
    product: Served, hire: Hire, sign_in: SignIn
) -> None:
    boss, member = hire(Role.ADMIN).member, hire().member
    path = f"/agents/{member.id}/password-link"
    before = sign_in(boss.id).client.post(path).body["url"]
    give_password(product, boss, PASSWORD)
    assert Browser(product.port).get(opened_by(product, before)).status == 404
    after = sign_in(boss.id).client.post(path).body["url"]
    assert Browser(product.port).get(opened_by(product, after)).status == 200


def test_a_session_that_ends_while_its_link_is_used_lets_nobody_in(
    product: Served, hire: Hire, sign_in: SignIn
) -> None:
    boss, member = hire(Role.ADMIN).member, hire().member
    session = sign_in(boss.id)
    made = session.client.post(f"/agents/{member.id}/password-link").body["url"]
    secret = made.partition("token=")[2]
    desk, meanwhile = product.desk, list[Command]()

    def random(size: int) -> bytes:
        while meanwhile:
            product.run(desk.execute(Wish(meanwhile.pop())))
        return os.urandom(size)

    links = Links(desk.helpdesk, Hashing(random), os.urandom)
    meanwhile.append(CloseSession(session=session.id))
    with pytest.raises(Refused, match="Ask for a new one"):
        product.run(links.set_password(member.id, secret, PASSWORD, Visitor()))


def opened_by(product: Served, url: str) -> str:
    return url.removeprefix(product.desk.settings.base_url)


def test_links_go_as_far_as_adding_agents_does(
    product: Served, company: Company, olga: Client, adam: Client, hire: Hire
) -> None:
    admin, agent = hire(Role.ADMIN).member.id, hire().member.id
    adam.post(f"/agents/{admin}/password-link").refused(403, "permission_denied")
    assert olga.post(f"/agents/{admin}/password-link").status == 201
    own = company.members["Olga"].id
    assert "own account" in olga.post(f"/agents/{own}/password-link").refused(
        403, "permission_denied"
    )
    narrow, _ = product.run(generate_token(product.desk, own, scopes={Scope.ADMIN}))
    limited = Client(product.port, narrow).post(f"/agents/{agent}/password-link")
    assert "limited" in limited.refused(403, "permission_denied")
    kept = adam.post(f"/agents/{agent}/password-link", Idempotency_Key="once")
    assert "make another" in kept.refused(400, "invalid_arguments")


def test_an_agent_without_a_seat_gets_no_link(adam: Client, imported: UUID) -> None:
    adam.post(f"/agents/{imported}/password-link").refused(409, "agent_unavailable")
