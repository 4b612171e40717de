"""How a request for tokens has to be written."""

from urllib.parse import urlencode

import pytest

from api.oauth.locations import TOKEN
from tests.oauth.oauth_grants import VERIFIER
from tests.oauth.oauth_tokens import HOME, App, held
from tests.oauth.oauth_wire import FORM, JSON


@pytest.mark.parametrize(
    "name",
    [
        "grant_type",
        "client_id",
        "code",
        "code_verifier",
        "redirect_uri",
        "client_secret",
        "refresh_token",
        "scope",
    ],
)
def test_no_parameter_comes_twice(app: App, name: str) -> None:
    # Authlib looks at the first only.
    approved = app.approved()
    form = {
        "grant_type": "authorization_code",
        "client_id": approved.client.id,
        "code": approved.code,
        "code_verifier": VERIFIER,
        "redirect_uri": HOME,
    }
    twice = [(name, form.get(name, "x")), (name, form.get(name, "x"))]
    others = [pair for pair in form.items() if pair[0] != name]
    assert name in app.wire.form(TOKEN, others + twice).refused(400, "invalid_request")
    held(app.redeem(approved))


def test_the_resource_comes_once_at_most(app: App) -> None:
    resource = f"{app.wire.issuer}/public/api/mcp"
    form = {
        "grant_type": "authorization_code",
        "client_id": "dcr_public",
        "code": app.approved().code,
        "code_verifier": VERIFIER,
    }
    twice = [*form.items(), ("resource", resource), ("resource", resource)]
    app.wire.form(TOKEN, twice).refused(400, "invalid_target")


def test_what_nobody_knows_is_ignored(app: App) -> None:
    held(app.redeem(app.approved(), audience="x", token_type_hint="y"))  # noqa: S106 - a hint


def test_a_blank_parameter_counts_as_left_out(app: App) -> None:
    assert "code" in app.redeem(app.approved(), code="").refused(400, "invalid_request")
    assert "grant_type" in app.redeem(app.approved(), grant_type="").refused(400, "invalid_request")
    held(app.redeem(app.approved(), scope="", resource="", client_secret=""))


@pytest.mark.parametrize("grant_type", ["client_credentials", "password", "implicit", 'ä"\\'])
def test_other_grants_are_not_to_be_had(app: App, grant_type: str) -> None:
    app.redeem(app.approved(), grant_type=grant_type).refused(400, "unsupported_grant_type")


def test_parameters_belong_into_the_body(app: App) -> None:
    approved = app.approved()
    form = {
        "grant_type": "authorization_code",
        "client_id": approved.client.id,
        "code": approved.code,
        "code_verifier": VERIFIER,
    }
    query = f"{TOKEN}?{urlencode(form)}"
    app.wire.send("POST", query, b"", {"Content-Type": FORM}).refused(400, "invalid_request")
    app.wire.form(f"{TOKEN}?x=1", form).refused(400, "invalid_request")
    app.wire.json(TOKEN, form).refused(400, "invalid_request")
    app.wire.form(TOKEN, form, Content_Type=JSON).refused(400, "invalid_request")
    app.wire.form(TOKEN, form, Content_Type="multipart/form-data").refused(400, "invalid_request")
    app.wire.send("POST", TOKEN, urlencode(form).encode()).refused(400, "invalid_request")
    assert app.wire.get(query).status == 405
    charset = {"Content_Type": "Application/X-WWW-Form-Urlencoded; charset=UTF-8"}
    held(app.wire.form(TOKEN, form, **charset))


@pytest.mark.parametrize(
    "body",
    [
        b"grant_type=%ff",
        b"grant_type=\xff",
        b"grant_type=%00",
        b"grant_type=%zz",
        b"&".join([b"a=1"] * 65),
        b"grant_type=" + b"x" * 20_000,
        b"",
        b"=&==&=",
    ],
)
def test_a_body_that_is_no_form_is_refused(app: App, body: bytes) -> None:
    answer = app.wire.send("POST", TOKEN, body, {"Content-Type": FORM})
    assert answer.body["error"] in {"invalid_request", "invalid_client"}
    assert answer.status in {400, 401}
