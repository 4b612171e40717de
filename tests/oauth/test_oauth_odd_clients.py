"""Clients that discover, ask or redeem in odd ways: each connects all the same. Who, and its source."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from api.mcp import PATH
from tests.mcp.serving import Served
from tests.mcp.wire import modern
from tests.oauth.clients.person import Person
from tests.oauth.oauth_grants import VERIFIER
from tests.oauth.oauth_stranger import BOTH, Stranger, basic, brought, discover, path_of, welcome
from tests.oauth.oauth_tokens import held
from tests.oauth.oauth_visiting import is_page
from tests.oauth.oauth_wire import Wire

METADATA = "/.well-known/oauth-protected-resource"


@pytest.fixture(scope="module")
def pia(moving: tuple[Served, object]) -> Person:
    return welcome(moving[0], "Pia")


@pytest.fixture
def client(wire: Wire, pia: Person) -> Stranger:
    return Stranger(wire, pia)


@pytest.mark.parametrize("path", [f"{METADATA}{PATH}", METADATA])
def test_gemini_compares_the_resource_with_the_url_it_was_given(
    product: Served, wire: Wire, path: str
) -> None:
    """Below the path first, then at the root, and letter by letter.

    https://github.com/sigbit/mcp-auth-proxy/issues/177
    """
    assert wire.get(path).body["resource"] == product.url


def test_an_endpoint_that_was_pasted_with_a_slash_behind_is_the_same(client: Stranger) -> None:
    """https://github.com/sigbit/mcp-auth-proxy/issues/123"""
    slashed = modern(client.connect().access, "tools/list")._replace(path=f"{PATH}/")
    assert slashed.send(client.wire.port).status == 200
    assert client.wire.get(f"{METADATA}{PATH}/").body == client.wire.get(METADATA).body


def test_claude_code_looks_for_the_issuer_at_the_root_and_others_below_the_path(wire: Wire) -> None:
    """So the issuer is an origin, and all who look elsewhere first are sent on by a 404.

    https://github.com/anthropics/claude-code/issues/95270,
    https://github.com/anthropics/claude-code/issues/60357
    """
    for name in ("oauth-authorization-server", "openid-configuration"):
        assert wire.get(f"/.well-known/{name}").body["issuer"] == wire.issuer
        for elsewhere in (f"/.well-known/{name}{PATH}", f"{PATH}/.well-known/{name}"):
            assert wire.get(elsewhere, Accept="application/json").status == 404, elsewhere


def test_clients_that_compare_the_issuer_find_the_same_everywhere(client: Stranger) -> None:
    """Claude Code compares `iss` of the answer, Claude Desktop that of the metadata.

    https://github.com/letehaha/budget-tracker/pull/551,
    https://github.com/agencyenterprise/draft-detective/issues/775
    """
    (issuer,) = client.wire.get(METADATA).body["authorization_servers"]
    iss = brought(client.person.open(client.address()))["iss"]
    assert issuer == discover(client.wire)["issuer"] == iss == client.wire.issuer


@pytest.mark.parametrize("at", ["none", "origin", "origin/", "slash"])
def test_the_resource_is_left_out_or_named_in_other_ways(client: Stranger, at: str) -> None:
    """No `resource`: https://github.com/anthropics/claude-code/issues/90497.

    The origin: https://github.com/garrytan/gbrain/issues/5222. A slash at its end:
    https://github.com/sigbit/mcp-auth-proxy/issues/123
    """
    origin = client.wire.issuer
    named = {"none": "", "origin": origin, "origin/": f"{origin}/", "slash": f"{origin}{PATH}/"}
    resource = named[at]
    tokens = held(client.redeem(client.get_code(resource=resource), resource=resource))
    assert client.works(held(client.refresh(tokens.refresh, resource=resource)).access)


@pytest.mark.parametrize(
    "scope",
    [BOTH, None, "", f"{BOTH} offline_access", f"openid profile email {BOTH}", f"{BOTH} {BOTH}"],
)
def test_refresh_tokens_come_whether_or_not_they_are_asked_for(
    client: Stranger, scope: str | None
) -> None:
    """The Python SDK asks for `offline_access`, the TypeScript SDK does not; some ask for `openid`.

    https://github.com/medplum/medplum/issues/9183
    """
    client.require_both(client.connect(scope=scope))


def test_clients_of_oauth_2_1_name_no_redirect_uri_when_they_redeem(client: Stranger) -> None:
    """OAuth 2.1 §10.2; Authlib insists on it."""
    held(client.redeem(client.get_code(), redirect_uri=""))


def test_a_header_alone_says_who_the_client_is(wire: Wire, pia: Person) -> None:
    """RFC 6749 §3.2.1; routes of the MCP SDK want `client_id` in the body as well."""
    method = "client_secret_basic"
    client = Stranger(wire, pia, token_endpoint_auth_method=method)
    form = {"grant_type": "authorization_code", "code_verifier": VERIFIER}
    path, header = path_of(client.server["token_endpoint"]), basic(client.id, client.secret)
    held(wire.form(path, {**form, "code": client.get_code()}, Authorization=header))


def test_a_client_without_a_secret_may_send_an_empty_one(wire: Wire, client: Stranger) -> None:
    """Basic with nothing behind the colon, or a blank field in the body (OAuth 2.1 §3.2.2)."""
    form = {"grant_type": "authorization_code", "code_verifier": VERIFIER}
    path = path_of(client.server["token_endpoint"])
    header = basic(client.id, "")
    held(wire.form(path, {**form, "code": client.get_code()}, Authorization=header))
    body = {"client_id": client.id, "client_secret": ""}
    held(wire.form(path, {**form, **body, "code": client.get_code()}))


def test_windows_that_share_their_tokens_refresh_at_once(client: Stranger) -> None:
    """Elsewhere the second is taken for a thief, and both are signed out.

    https://github.com/anthropics/claude-code/issues/84440,
    https://github.com/PrefectHQ/fastmcp/issues/4901, https://github.com/ory/hydra/issues/1831
    """
    tokens = client.connect()
    for _ in range(3):
        with ThreadPoolExecutor(2) as windows:
            one, other = windows.map(client.refresh, [tokens.refresh] * 2)
        assert held(one) == held(other)
        tokens = held(one)
    assert client.works(tokens.access)


def test_a_client_that_lost_the_answer_refreshes_again(client: Stranger) -> None:
    """As where a laptop is closed meanwhile.

    https://github.com/anthropics/claude-code/issues/84440
    """
    tokens = client.connect()
    lost = client.refresh(tokens.refresh)
    assert client.refresh(tokens.refresh).raw == lost.raw
    assert client.works(held(lost).access)


def test_a_client_that_connects_anew_takes_nothing_from_itself(client: Stranger) -> None:
    """Several windows of one program each sign in; none ends another."""
    one, other = client.connect(), client.connect()
    assert client.works(one.access)
    assert client.works(other.access)
    assert not is_page(client.ask())
