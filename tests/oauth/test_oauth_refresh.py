"""Refreshing: each token works once, an answer that was not heard is given again, theft ends all."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.oauth.sealing import NONCE, seal, unseal
from domain.application import Wish
from domain.clients import SetClientPolicy
from domain.oauth_client import OAuthClient
from domain.permissions import Scope
from domain.secret import REFRESH_TOKEN, encode_secret
from tests.oauth.oauth_tokens import CONFIDENTIAL, OTHER, SECRET, App, held
from tests.sign_in.conftest import Clock


def test_a_refresh_token_becomes_new_ones(app: App) -> None:
    # Authlib gives no new refresh token unless it is told to.
    first = app.connected()
    answer = app.refresh(first.refresh)
    second = held(answer)
    assert answer.headers["cache-control"] == "no-store"
    assert (answer.body["token_type"], answer.body["expires_in"]) == ("Bearer", 3600)
    assert second.scope == first.scope
    assert len({first.access, first.refresh, second.access, second.refresh}) == 4
    assert app.works(second.access)
    held(app.refresh(second.refresh))


def test_a_narrower_access_token_leaves_the_refresh_token_as_wide_as_it_was(app: App) -> None:
    # Authlib narrows the refresh token with it (OAuth 2.1 §4.3.3).
    first = app.connected()
    narrow = held(app.refresh(first.refresh, scope="tickets:read"))
    assert narrow.scope == "tickets:read"
    assert held(app.refresh(narrow.refresh)).scope == "tickets:read tickets:write"


@pytest.mark.parametrize(
    "scope", ["tickets:read tickets:write", "tickets:write", "admin", "x", 'ä"']
)
def test_no_refresh_widens_the_scope(app: App, scope: str) -> None:
    first = app.connected(scopes=[Scope.TICKETS_READ])
    told = app.refresh(first.refresh, scope=scope).refused(400, "invalid_scope")
    assert "tickets:read" in told, "which scopes there are"
    assert held(app.refresh(first.refresh)).scope == "tickets:read"


def test_words_that_said_nothing_when_asked_for_say_nothing_now(app: App) -> None:
    first = app.connected()
    assert held(app.refresh(first.refresh, scope="tickets:read offline_access")).scope == (
        "tickets:read"
    )


def test_an_app_that_is_not_allowed_any_more_gets_no_new_tokens(app: App) -> None:
    first, approved = app.connected(), app.approved()
    desk = app.product.desk
    app.product.run(desk.execute(Wish(SetClientPolicy(allowed_hosts=("claude.ai",)))))
    try:
        for answer in (app.refresh(first.refresh), app.redeem(approved)):
            assert "administrator" in answer.refused(400, "invalid_grant")
    finally:
        app.product.run(desk.execute(Wish(SetClientPolicy(any_host=True))))
    held(app.refresh(first.refresh))  # and nothing was used up
    held(app.redeem(approved))


def test_another_resource_is_refused_and_the_token_stays_good(app: App) -> None:
    first = app.connected()
    app.refresh(first.refresh, resource="https://other.example/").refused(400, "invalid_target")
    held(app.refresh(first.refresh, resource=f"{app.wire.issuer}/public/api/mcp/"))


@pytest.mark.parametrize(
    "token", [encode_secret(REFRESH_TOKEN, b"\1" * 32), "junk", 'ä"\\', "dl_rt_"]
)
def test_a_token_that_nobody_was_given_is_refused(app: App, token: str) -> None:
    app.refresh(token).refused(400, "invalid_grant")


def test_a_refresh_without_a_token_is_refused(app: App) -> None:
    app.refresh("").refused(400, "invalid_request")


def test_an_access_token_refreshes_nothing(app: App) -> None:
    app.refresh(app.connected().access).refused(400, "invalid_grant")


def test_another_clients_token_is_refused_and_stays_good(app: App) -> None:
    first = app.connected()
    app.refresh(first.refresh, OTHER).refused(400, "invalid_grant")
    answer = app.refresh(first.refresh, CONFIDENTIAL, client_secret=SECRET)
    answer.refused(400, "invalid_grant")
    held(app.refresh(first.refresh))


def test_a_token_that_nobody_used_for_a_month_is_dead(app: App, clock: Clock) -> None:
    clock.stop()
    first, other = app.connected(), app.connected()
    clock.ahead += timedelta(days=30, seconds=-1)
    second = held(app.refresh(first.refresh))
    clock.ahead += timedelta(seconds=1)
    app.refresh(other.refresh).refused(400, "invalid_grant")
    assert app.why_ended(other.grant) == []
    clock.ahead += timedelta(days=29)
    held(app.refresh(second.refresh))


def test_nothing_outlives_a_year(app: App, clock: Clock) -> None:
    clock.stop()
    tokens = app.connected()
    for _ in range(14):
        clock.ahead += timedelta(days=26)
        tokens = held(app.refresh(tokens.refresh))
    clock.ahead += timedelta(days=1, minutes=-10)
    answer = app.refresh(tokens.refresh)
    assert answer.body["expires_in"] == 600
    last = held(answer)
    assert app.works(last.access)
    clock.ahead += timedelta(minutes=10)
    assert not app.works(last.access)
    app.refresh(last.refresh).refused(400, "invalid_grant")


def test_who_missed_the_answer_is_told_the_same_again(app: App, clock: Clock) -> None:
    clock.stop()
    first = app.connected()
    answer = app.refresh(first.refresh)
    clock.ahead += timedelta(seconds=59)
    again = app.refresh(first.refresh)
    assert (again.status, again.raw) == (200, answer.raw)
    assert again.headers["cache-control"] == "no-store"
    held(app.refresh(held(again).refresh))


def test_a_minute_later_it_is_taken_for_stolen(app: App, clock: Clock) -> None:
    clock.stop()
    first = app.connected()
    second = held(app.refresh(first.refresh))
    clock.ahead += timedelta(seconds=60)
    app.refresh(first.refresh).refused(400, "invalid_grant")
    assert not app.works(second.access)
    app.refresh(second.refresh).refused(400, "invalid_grant")
    assert app.why_ended(first.grant) == ["refresh_token_reused"]


def test_once_the_new_token_was_used_the_answer_is_not_given_again(app: App) -> None:
    first = app.connected()
    second = held(app.refresh(first.refresh))
    third = held(app.refresh(second.refresh))
    app.refresh(first.refresh).refused(400, "invalid_grant")
    assert not app.works(third.access)
    assert app.why_ended(first.grant) == ["refresh_token_reused"]


def test_the_last_answer_is_given_again_also_after_others(app: App) -> None:
    second = held(app.refresh(app.connected().refresh))
    answer = app.refresh(second.refresh)
    assert app.refresh(second.refresh).raw == answer.raw


def test_a_stolen_token_ends_nothing_beyond_its_approval(app: App, clock: Clock) -> None:
    first, other = app.connected(), app.connected()
    held(app.refresh(first.refresh))
    clock.ahead += timedelta(minutes=2)
    app.refresh(first.refresh).refused(400, "invalid_grant")
    assert app.works(other.access)


@pytest.mark.parametrize(("client", "secret"), [(OTHER, ""), (CONFIDENTIAL, SECRET)])
def test_a_used_token_in_the_wrong_hands_ends_nothing(
    app: App, clock: Clock, client: OAuthClient, secret: str
) -> None:
    first = app.connected()
    second = held(app.refresh(first.refresh))
    clock.ahead += timedelta(minutes=2)
    app.refresh(first.refresh, client, client_secret=secret).refused(400, "invalid_grant")
    assert app.works(second.access)


def test_a_retry_that_asks_for_less_than_was_answered_is_refused_and_ends_nothing(
    app: App,
) -> None:
    first = app.connected()
    second = held(app.refresh(first.refresh))
    app.refresh(first.refresh, scope="tickets:read").refused(400, "invalid_scope")
    assert app.works(second.access)
    assert held(app.refresh(second.refresh, scope="tickets:read")).scope == "tickets:read"


def test_a_retry_that_asks_for_more_than_was_answered_gets_what_was_answered(app: App) -> None:
    first = app.connected()
    answer = app.refresh(first.refresh, scope="tickets:read")
    assert app.refresh(first.refresh).raw == answer.raw


def test_a_retry_is_judged_like_any_request(app: App) -> None:
    first = app.connected()
    answer = app.refresh(first.refresh)
    app.refresh(first.refresh, resource="https://other.example/").refused(400, "invalid_target")
    app.refresh(first.refresh, OTHER).refused(400, "invalid_grant")
    app.refresh(first.refresh, scope="admin").refused(400, "invalid_scope")
    assert app.refresh(first.refresh).raw == answer.raw


@given(
    random=st.binary(min_size=32, max_size=32),
    reply=st.binary(),
    nonce=st.binary(min_size=12, max_size=12),
)
def test_what_is_sealed_under_a_token_is_opened_by_it_alone(
    random: bytes, reply: bytes, nonce: bytes
) -> None:
    token = encode_secret(REFRESH_TOKEN, random)
    sealed = seal(token, reply, nonce)
    assert len(nonce) == NONCE
    assert unseal(token, sealed) == reply
    assert unseal(encode_secret(REFRESH_TOKEN, bytes([random[0] ^ 1]) + random[1:]), sealed) is None
    assert unseal(token, sealed[:-1] + bytes([sealed[-1] ^ 1])) is None
    assert unseal(token, b"") is None
    assert token.encode() not in sealed


def test_nothing_at_rest_opens_what_is_sealed(app: App) -> None:
    first = app.connected()
    second = held(app.refresh(first.refresh))
    at_rest = app.at_rest()
    for secret in (*first[:2], *second[:2]):
        assert secret.encode() not in at_rest
        assert secret.encode().hex().encode() not in at_rest
