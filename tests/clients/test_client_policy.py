"""Which clients may come besides those that an administrator registered."""

import pytest
from msgspec.structs import replace

from domain.clients import ClientPolicy, PolicySet, SetClientPolicy
from domain.oauth_client import OAuthClient
from domain.permissions import Permission
from domain.refusals import Code
from tests.given import given

OPEN = ClientPolicy()
SITE, LOCAL = "https://app.example/callback", "http://127.0.0.1:4711/callback"
PRIVATE = "com.example.app:/callback"
DOCUMENT = OAuthClient(
    id="https://docs.example/client",
    source="document",
    name="App",
    redirect_uris=(SITE, LOCAL, PRIVATE),
)
DYNAMIC = replace(DOCUMENT, id="dcr_first", source="dynamic")
OURS = replace(DOCUMENT, id="portal", source="registered")


def policy_set(was: ClientPolicy = OPEN, **to: object) -> PolicySet:
    return PolicySet(policy=replace(was, **to), was=was)


def test_in_the_beginning_every_client_may_come_and_consents_are_remembered() -> None:
    assert ClientPolicy(dynamic_registration=True, allowed_hosts=None, always_ask=False) == OPEN
    for client in (DOCUMENT, DYNAMIC, OURS):
        for landing in (SITE, LOCAL, PRIVATE):
            assert OPEN.allows(client, landing)


@pytest.mark.parametrize(
    ("command", "fact"),
    [
        (SetClientPolicy(dynamic_registration=False), policy_set(dynamic_registration=False)),
        (SetClientPolicy(always_ask=True), policy_set(always_ask=True)),
        (
            SetClientPolicy(allowed_hosts=("b.example", "a.example", "b.example")),
            policy_set(allowed_hosts=("a.example", "b.example")),
        ),
        (SetClientPolicy(allowed_hosts=()), policy_set(allowed_hosts=())),
    ],
    ids=["registration", "asking", "hosts", "no hosts"],
)
def test_what_is_named_changes_and_the_rest_stays(
    command: SetClientPolicy, fact: PolicySet
) -> None:
    assert given().when(command).then(fact).policy == fact.policy
    given(fact).when(command).then_nothing()


def test_any_host_takes_the_list_away() -> None:
    listed = policy_set(allowed_hosts=("a.example",), always_ask=True)
    given(listed).when(SetClientPolicy(any_host=True)).then(
        policy_set(listed.policy, allowed_hosts=None)
    )
    both = SetClientPolicy(any_host=True, allowed_hosts=("b.example",))
    given(listed).when(both).then_refused(Code.INVALID_ARGUMENTS)


def test_what_names_nothing_changes_nothing() -> None:
    given(policy_set(always_ask=True)).when(SetClientPolicy()).then_nothing()


def test_the_policy_is_a_setting() -> None:
    assert SetClientPolicy.permission is Permission.SETTINGS_MANAGE


@pytest.mark.parametrize(
    ("client", "landing", "hosts", "allowed"),
    [
        (DYNAMIC, SITE, ("app.example",), True),
        (DYNAMIC, SITE, ("example",), False),
        (DYNAMIC, SITE, ("docs.example",), False),
        (DYNAMIC, LOCAL, ("127.0.0.1",), True),
        (DYNAMIC, LOCAL, ("localhost",), False),
        (DYNAMIC, PRIVATE, ("com.example.app:",), True),
        (DYNAMIC, PRIVATE, ("com.example.app",), False),
        (DOCUMENT, SITE, ("app.example",), False),
        (DOCUMENT, SITE, ("docs.example",), False),
        (DOCUMENT, SITE, ("app.example", "docs.example"), True),
        (OURS, SITE, (), True),
        (DYNAMIC, SITE, (), False),
    ],
    ids=lambda it: it.source if isinstance(it, OAuthClient) else str(it),
)
def test_the_list_names_where_codes_go_and_who_says_so(
    client: OAuthClient, landing: str, hosts: tuple[str, ...], allowed: bool
) -> None:
    assert ClientPolicy(allowed_hosts=hosts).allows(client, landing) is allowed
