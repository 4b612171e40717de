"""What a client may ask at the authorization endpoint."""

import pytest

from api.oauth.core import (
    Asked,
    AuthorizationRefused,
)
from api.oauth.errors import ErrorCode
from api.oauth.locations import Locations
from domain.oauth_client import OAuthClient
from domain.permissions import Scope
from tests.oauth.oauth_asking import AT, BOTH, CHALLENGE, CLIENT, HOME, ISSUER, PLAIN, ask, refused


def test_a_complete_request_is_understood() -> None:
    assert ask() == Asked(
        client=CLIENT,
        redirect_uri=HOME,
        redirect_given=True,
        scopes=BOTH,
        state="s",
        challenge=CHALLENGE,
        resource=AT.resource,
        always=False,
    )


def test_an_unknown_client_is_never_redirected() -> None:
    problem = refused(client=None)
    assert (problem.error, problem.redirect_uri) == (ErrorCode.INVALID_CLIENT, None)


def test_a_request_that_names_no_client_is_never_redirected() -> None:
    assert refused(without="client_id", client=None).redirect_uri is None


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/cb",
        f"{HOME}/",
        f"{HOME}?a=1",
        "HTTPS://app.example/cb",
        "https://app.example:443/cb",
        "https://app.example/%63b",
        "javascript:alert(1)",
        "http://[x",
        'https://app.example/"\\cb',
        "https://äpp.example/cb",
        "\x7f",
    ],
)
def test_an_address_that_is_not_the_clients_letter_by_letter_is_never_gone_to(uri: str) -> None:
    # With quotes or letters beyond ASCII in it, Authlib's own refusal fails.
    problem = refused(redirect_uri=uri)
    assert (problem.error, problem.redirect_uri) == (ErrorCode.INVALID_REQUEST, None)


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_what_binds_the_answer_comes_once_or_nothing_is_redirected(name: str) -> None:
    problem = refused((name, PLAIN[name]))
    assert (problem.error, problem.redirect_uri) == (ErrorCode.INVALID_REQUEST, None)


@pytest.mark.parametrize(
    "name", ["response_type", "scope", "state", "code_challenge", "code_challenge_method", "prompt"]
)
def test_no_other_parameter_comes_twice_either(name: str) -> None:
    problem = refused((name, "x"), (name, "x"))
    assert (problem.error, problem.redirect_uri) == (ErrorCode.INVALID_REQUEST, HOME)
    assert name in problem.description
    assert problem.state == (None if name == "state" else "s")


def test_what_nobody_knows_is_ignored_however_often_it_comes() -> None:
    assert ask(("nonce", "1"), ("nonce", "2")) == ask()


def test_a_blank_parameter_counts_as_left_out() -> None:
    asked = ask(("scope", ""), ("resource", ""), ("state", ""), without="state")
    assert (asked.scopes, asked.state) == (BOTH, None)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("", ErrorCode.INVALID_REQUEST),
        ("token", ErrorCode.UNSUPPORTED_RESPONSE_TYPE),
        ("code token", ErrorCode.UNSUPPORTED_RESPONSE_TYPE),
        ('"\\', ErrorCode.UNSUPPORTED_RESPONSE_TYPE),
        ("cödé", ErrorCode.UNSUPPORTED_RESPONSE_TYPE),
    ],
)
def test_the_response_type_is_code(given: str, error: ErrorCode) -> None:
    # With quotes or letters beyond ASCII in it, Authlib's own refusal fails.
    problem = refused(response_type=given)
    assert (problem.error, problem.redirect_uri, problem.state) == (error, HOME, "s")


def test_a_bad_response_type_does_not_make_a_bad_address_good() -> None:
    assert refused(response_type="token", redirect_uri="https://evil.example/").redirect_uri is None


@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge": "", "code_challenge_method": ""},
        {"code_challenge": ""},
        {"code_challenge_method": ""},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge": CHALLENGE[:-1]},
        {"code_challenge": f"{CHALLENGE}="},
        {"code_challenge": f"{CHALLENGE}\n"},
        {"code_challenge": f"{CHALLENGE}A"},
        {"code_challenge": CHALLENGE[:-1] + "."},
    ],
)
def test_nobody_gets_past_without_an_s256_challenge(changed: dict[str, str]) -> None:
    # Authlib's CodeChallenge(required=True) lets a request without any through consent, and takes
    # one without a method for plain.
    problem = refused(but=changed)
    assert (problem.error, problem.redirect_uri) == (ErrorCode.INVALID_REQUEST, HOME)
    assert "S256" in problem.description or "SHA-256 in base64url" in problem.description


@pytest.mark.parametrize("method", ["none", "client_secret_basic"])
def test_a_client_with_a_secret_needs_a_challenge_as_well(method: str) -> None:
    client = OAuthClient(
        id="c1",
        source="registered",
        name="App",
        redirect_uris=(HOME,),
        auth_method=method,  # pyright: ignore[reportArgumentType] - parametrize gives str
    )
    assert refused(without="code_challenge", client=client).error is ErrorCode.INVALID_REQUEST


@pytest.mark.parametrize(
    ("scope", "scopes"),
    [
        ("tickets:read", (Scope.TICKETS_READ,)),
        ("tickets:write tickets:read tickets:write", BOTH),
        ("tickets:read offline_access", (Scope.TICKETS_READ,)),
        ("openid  admin tickets:write ", (Scope.TICKETS_WRITE,)),
        ("", BOTH),
    ],
)
def test_scopes_that_are_no_tools_say_nothing(scope: str, scopes: tuple[Scope, ...]) -> None:
    assert ask(scope=scope).scopes == scopes


@pytest.mark.parametrize("scope", ["openid", "admin", "offline_access profile", " ", '"', "ä"])
def test_a_request_of_unknown_scopes_only_is_refused(scope: str) -> None:
    problem = refused(scope=scope)
    assert (problem.error, problem.redirect_uri) == (ErrorCode.INVALID_SCOPE, HOME)


def test_a_client_gets_the_scopes_it_is_known_for_and_may_ask_for_more() -> None:
    reader = OAuthClient(  # as after an answer 403 (MCP, "Step-Up Authorization Flow")
        id="c1",
        source="dynamic",
        name="Reader",
        redirect_uris=(HOME,),
        scopes=(Scope.TICKETS_READ,),
    )
    assert ask(client=reader).scopes == (Scope.TICKETS_READ,)
    assert ask(client=reader, scope=" ".join(BOTH)).scopes == BOTH
    assert refused(client=reader, scope="admin").error is ErrorCode.INVALID_SCOPE


@pytest.mark.parametrize(
    "resource", [AT.resource, f"{AT.resource}/", ISSUER, f"{ISSUER}/"]
)  # the origin alone: gbrain#5222; a slash at the end: mcp-auth-proxy#123
def test_the_resource_may_be_named_as_clients_do(resource: str) -> None:
    assert ask(resource=resource).resource == AT.resource


def test_a_client_need_not_name_the_resource() -> None:  # claude-code#90497
    assert ask(without="resource").resource == AT.resource


@pytest.mark.parametrize(
    "resource",
    [
        "https://other.example/public/api/mcp",
        f"{AT.resource}/x",
        f"{AT.resource}#f",
        f"{AT.resource}?a=1",
        "http://desk.example",
        "/public/api/mcp",
        'ä"',
    ],
)
def test_another_resource_is_refused_at_once(resource: str) -> None:
    problem = refused(resource=resource)
    assert (problem.error, problem.redirect_uri) == (ErrorCode.INVALID_TARGET, HOME)


def test_two_resources_are_refused() -> None:
    assert refused(("resource", AT.resource), ("resource", AT.resource)).error == "invalid_target"


def test_the_address_may_be_left_out_where_there_is_one_only() -> None:
    asked = ask(without="redirect_uri")
    assert (asked.redirect_uri, asked.redirect_given) == (HOME, False)
    two = OAuthClient(
        id="c1", source="dynamic", name="App", redirect_uris=(HOME, "https://app.example/other")
    )
    assert refused(without="redirect_uri", client=two).redirect_uri is None


def test_on_the_machine_itself_the_port_does_not_count() -> None:  # sentry-mcp#1190
    client = OAuthClient(
        id="c1", source="dynamic", name="App", redirect_uris=("http://localhost/callback",)
    )
    there = "http://localhost:51234/callback"
    assert ask(client=client, redirect_uri=there).redirect_uri == there
    elsewhere = "http://127.0.0.1:51234/callback"
    assert refused(client=client, redirect_uri=elsewhere).redirect_uri is None


@pytest.mark.parametrize(
    ("prompt", "always"),
    [("consent", True), ("login consent", True), ("login", False), ("none", False), ("", False)],
)
def test_a_client_may_insist_on_the_question(prompt: str, always: bool) -> None:
    assert ask(prompt=prompt).always is always


def test_a_server_that_is_reached_without_tls_refuses_to_answer_anybody() -> None:
    with pytest.raises(AuthorizationRefused, match="https"):
        ask(at=Locations("http://desk.example"))
    assert ask(at=Locations("http://127.0.0.1:8080")).state == "s"
