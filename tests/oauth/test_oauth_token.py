"""Codes for tokens: what a code is bound to, that it works once, and what becomes of a replay."""

import logging
from datetime import UTC, datetime, timedelta
from random import randbytes
from uuid import UUID

import pytest

from api.oauth.client_authentication import Presented
from api.oauth.errors import ErrorCode, OAuthProblem
from api.oauth.grants import judge_revocation, judge_token
from api.oauth.judgement import End, Found
from api.oauth.locations import Locations
from api.oauth.store import Grant
from domain.application import Wish
from domain.consent import RevokeApp
from domain.permissions import Scope
from domain.secret import APP_TOKEN, CODE, REFRESH_TOKEN, encode_secret, is_well_formed
from tests.oauth.oauth_grants import CHALLENGE, VERIFIER
from tests.oauth.oauth_tokens import CONFIDENTIAL, FORGETFUL, HOME, OTHER, PUBLIC, SECRET, App, held
from tests.sign_in.conftest import Clock

WRONG_VERIFIER = "x" * 43


NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


CODE_FORM = {"grant_type": "authorization_code", "code": "x", "code_verifier": VERIFIER}
REDEEMED = Grant(
    id=UUID(int=1),
    consent=UUID(int=2),
    agent=UUID(int=3),
    client_id=PUBLIC.id,
    redirect_uri=HOME,
    redirect_given=True,
    scopes=(Scope.TICKETS_READ,),
    resource="https://desk.example/public/api/mcp",
    challenge=CHALLENGE,
    code_expires_at=NOON + timedelta(seconds=60),
    redeemed_at=NOON,
)


FOUND = Found(
    presented=Presented(PUBLIC.id, None),
    client=PUBLIC,
    held=REDEEMED,
    locations=Locations("https://desk.example"),
    arrived=NOON,
    now=NOON + timedelta(milliseconds=3),
    random=randbytes,
)


def test_a_code_is_redeemed_for_tokens(app: App) -> None:
    answer = app.redeem(app.approved())
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    body = answer.body
    assert list(body) == ["access_token", "token_type", "expires_in", "refresh_token", "scope"]
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    assert body["scope"] == "tickets:read tickets:write"
    assert is_well_formed(APP_TOKEN, body["access_token"])
    assert is_well_formed(REFRESH_TOKEN, body["refresh_token"])
    assert app.works(body["access_token"])


def test_tokens_have_the_scope_that_was_approved(app: App) -> None:
    approved = app.approved(scopes=[Scope.TICKETS_READ])
    assert held(app.redeem(approved, scope="tickets:read tickets:write")).scope == "tickets:read"


def test_an_access_token_lasts_an_hour(app: App, clock: Clock) -> None:
    token = app.connected().access
    clock.ahead += timedelta(minutes=59)
    assert app.works(token)
    clock.ahead += timedelta(minutes=2)
    assert not app.works(token)


def test_a_client_that_takes_no_refresh_tokens_gets_none(app: App) -> None:
    answer = app.redeem(app.approved(FORGETFUL))
    assert "refresh_token" not in answer.body
    assert app.works(answer.body["access_token"])
    app.refresh(app.connected().refresh, FORGETFUL).refused(400, "unauthorized_client")


def test_a_client_of_oauth_2_1_names_no_address_again(app: App) -> None:
    # Authlib insists on what OAuth 2.1 §10.2 has done away with.
    held(app.redeem(app.approved(), redirect_uri=""))


@pytest.mark.parametrize(
    "uri", [f"{HOME}/", "https://evil.example/", 'ä"\\', "http://[x", "javascript:alert(1)"]
)
def test_another_address_than_the_codes_is_refused(app: App, uri: str) -> None:
    approved = app.approved()
    app.redeem(approved, redirect_uri=uri).refused(400, "invalid_grant")
    held(app.redeem(approved))


@pytest.mark.parametrize("at", ["", "/", "origin", "origin/"])
def test_the_resource_may_be_named_as_clients_do(app: App, at: str) -> None:
    resource = f"{app.wire.issuer}/public/api/mcp{at}"
    if at.startswith("origin"):
        resource = app.wire.issuer + at.removeprefix("origin")
    held(app.redeem(app.approved(), resource=resource))


@pytest.mark.parametrize("resource", ["https://other.example/", "/public/api/mcp", 'ä"'])
def test_another_resource_is_refused(app: App, resource: str) -> None:
    approved = app.approved()
    app.redeem(approved, resource=resource).refused(400, "invalid_target")
    held(app.redeem(approved))


@pytest.mark.parametrize(
    ("verifier", "error"),
    [
        ("", "invalid_request"),
        ("short", "invalid_request"),
        ("ä" * 43, "invalid_request"),
        ("x" * 129, "invalid_request"),
        (WRONG_VERIFIER, "invalid_grant"),
        (f"{VERIFIER}\n", "invalid_grant"),
    ],
)
def test_nobody_gets_tokens_without_the_right_verifier(app: App, verifier: str, error: str) -> None:
    approved = app.approved()
    app.redeem(approved, code_verifier=verifier).refused(400, error)
    held(app.redeem(approved))


def test_a_client_with_a_secret_needs_the_verifier_as_well(app: App) -> None:
    approved = app.approved(CONFIDENTIAL)
    answer = app.redeem(approved, client_secret=SECRET, code_verifier="")
    answer.refused(400, "invalid_request")
    held(app.redeem(approved, client_secret=SECRET))


def test_a_code_is_good_for_a_minute(app: App, clock: Clock) -> None:
    clock.stop()
    late, later = app.approved(), app.approved()
    clock.ahead += timedelta(seconds=59)
    held(app.redeem(late))
    clock.ahead += timedelta(seconds=1)
    app.redeem(later).refused(400, "invalid_grant")


def test_a_code_of_another_client_is_refused_and_stays_good(app: App) -> None:
    approved = app.approved()
    app.redeem(approved, client_id=OTHER.id).refused(400, "invalid_grant")
    held(app.redeem(approved))


@pytest.mark.parametrize("code", [encode_secret(CODE, b"\1" * 32), "junk", 'ä"', "dl_ac_"])
def test_a_code_that_nobody_was_given_is_refused(app: App, code: str) -> None:
    app.redeem(app.approved(), code=code).refused(400, "invalid_grant")


def test_a_refresh_token_is_no_code(app: App) -> None:
    app.redeem(app.approved(), code=app.connected().refresh).refused(400, "invalid_grant")


def test_a_code_of_a_revoked_consent_is_refused(app: App) -> None:
    approved = app.approved(OTHER)
    revoke = RevokeApp(agent=app.agent, consent=approved.consent)
    app.product.run(app.product.desk.execute(Wish(revoke)))
    app.redeem(approved).refused(400, "invalid_grant")


def test_a_code_that_comes_again_ends_all_that_came_of_it(app: App) -> None:
    approved = app.approved()
    first = held(app.redeem(approved))
    assert app.works(first.access)
    app.redeem(approved).refused(400, "invalid_grant")
    assert not app.works(first.access)
    app.refresh(first.refresh).refused(400, "invalid_grant")
    assert app.why_ended(approved.grant) == ["code_reused"]


def test_a_late_replay_counts_as_well(app: App, clock: Clock) -> None:
    approved = app.approved()
    first = held(app.redeem(approved))
    clock.ahead += timedelta(minutes=10)
    app.redeem(approved).refused(400, "invalid_grant")
    assert not app.works(first.access)


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": WRONG_VERIFIER},
        {"code_verifier": ""},
        {"redirect_uri": "https://evil.example/"},
        {"client_id": OTHER.id},
        {"client_id": "nobody"},
        {"client_secret": SECRET},
        {"resource": "https://other.example/"},
    ],
)
def test_a_replay_by_somebody_who_saw_the_code_only_ends_nothing(
    app: App, changed: dict[str, str]
) -> None:
    # Authlib judges the replay before the verifier: whoever sees a code could end the grant.
    approved = app.approved()
    first = held(app.redeem(approved))
    assert app.redeem(approved, **changed).status in {400, 401}
    assert app.works(first.access)
    assert app.why_ended(approved.grant) == []


def test_a_request_that_was_on_its_way_when_another_redeemed_the_code_ends_nothing() -> None:
    with pytest.raises(OAuthProblem) as caught:
        judge_token(CODE_FORM, (), FOUND)
    assert caught.value.error is ErrorCode.INVALID_GRANT
    late = FOUND._replace(arrived=NOON + timedelta(milliseconds=1))
    assert judge_token(CODE_FORM, (), late) == End(REDEEMED, "code_reused")


def test_a_server_that_is_reached_without_tls_gives_nobody_a_token() -> None:
    insecure = FOUND._replace(locations=Locations("http://desk.example"))
    for judge in (
        lambda: judge_token(CODE_FORM, (), insecure),
        lambda: judge_revocation({"token": "x"}, insecure),
    ):
        with pytest.raises(OAuthProblem, match="https") as caught:
            judge()
        assert caught.value.error is ErrorCode.INVALID_REQUEST


def test_what_ended_by_a_replay_is_one_approval_and_not_the_consent(app: App) -> None:
    before, again = app.connected(), app.approved()
    held(app.redeem(again))
    app.redeem(again).refused(400, "invalid_grant")
    assert app.works(before.access)


def test_secrets_get_into_no_log(app: App, caplog: pytest.LogCaptureFixture) -> None:
    # Authlib writes what it issues, whole, into its log for debugging.
    caplog.set_level(logging.DEBUG)
    approved = app.approved(CONFIDENTIAL)
    first = held(app.redeem(approved, client_secret=SECRET))
    second = held(app.refresh(first.refresh, CONFIDENTIAL, client_secret=SECRET))
    app.revoke(second.access, CONFIDENTIAL, client_secret=SECRET)
    assert any(record.name.startswith("authlib") for record in caplog.records)
    for secret in (approved.code, *first[:2], *second[:2], SECRET, VERIFIER):
        assert secret not in caplog.text
