"""Registering OAuth clients by hand, and removing them."""

import msgspec
import pytest
from msgspec.structs import replace

from domain.clients import (
    BEGINNING,
    MAX_CLIENTS,
    ClientPolicy,
    PolicySet,
    RegisterClient,
    Registered,
    RemoveClient,
    Removed,
)
from domain.permissions import Permission
from domain.refusals import Code
from domain.registering import id_by, new_client
from domain.secret import CLIENT_SECRET, is_well_formed
from tests.given import given

SITE, LOCAL = "https://portal.example/callback", "http://127.0.0.1/callback"
REGISTER = RegisterClient(client_id="portal", name="Portal", redirect_uris=(SITE,))
REGISTERED = Registered(
    client_id="portal", name="Portal", redirect_uris=(SITE,), auth_method="none"
)


def test_a_client_without_a_secret_is_a_public_one() -> None:
    state = given().when(REGISTER).then(REGISTERED)
    client = state.registered["portal"]
    assert (client.source, client.auth_method, client.secret_digest) == ("registered", "none", None)
    assert client.may_land(SITE)
    assert state.policy == BEGINNING.policy


def test_a_client_with_a_secret_proves_itself_with_it_alone() -> None:
    new = new_client("portal", "Portal", [SITE], bytes(range(32)))
    assert new.secret
    assert is_well_formed(CLIENT_SECRET, new.secret)
    assert new.secret not in str(new.command)
    confidential = replace(REGISTERED, auth_method="client_secret_basic", digest=new.command.digest)
    client = given().when(new.command).then(confidential).registered["portal"]
    assert client.proves(new.secret)
    assert not client.proves(new.secret.swapcase())
    assert new_client("portal", "Portal", [SITE]) == (None, REGISTER)


def test_its_name_is_trimmed_and_each_landing_told_once() -> None:
    twice = replace(REGISTER, name="  Portal ", redirect_uris=(SITE, LOCAL, SITE))
    given().when(twice).then(replace(REGISTERED, redirect_uris=(SITE, LOCAL)))
    given().when(replace(REGISTER, name="  ")).then_refused(Code.INVALID_ARGUMENTS)


def test_an_id_is_one_clients_until_it_is_removed() -> None:
    given(REGISTERED).when(REGISTER).then_refused(Code.ALREADY_EXISTS)
    given(REGISTERED, Removed(client_id="portal")).when(REGISTER).then(REGISTERED)


@pytest.mark.parametrize(
    "uri",
    [
        f"{SITE}#top",
        "https://somebody@portal.example/",
        "http://portal.example/",
        "javascript:alert(1)",
        "https://*.portal.example/",
        "portal:/callback",
        "/callback",
        "",
    ],
)
def test_a_code_goes_where_it_is_safe(uri: str) -> None:
    given().when(replace(REGISTER, redirect_uris=(SITE, uri))).then_refused(Code.INVALID_ARGUMENTS)


def test_there_are_not_more_than_one_can_keep() -> None:
    many = [replace(REGISTERED, client_id=f"portal-{n}") for n in range(MAX_CLIENTS)]
    given(*many).when(REGISTER).then_refused(Code.LIMIT_REACHED)
    given(*many, Removed(client_id="portal-7")).when(REGISTER).then(REGISTERED)


def test_a_removed_client_is_gone_and_the_authority_turns() -> None:
    remove, removed = RemoveClient(client_id="portal"), Removed(client_id="portal")
    state = given(REGISTERED, replace(REGISTERED, client_id="other")).when(remove).then(removed)
    assert state.registered.keys() == {"other"}
    assert removed.turns_authority
    for facts in ((), (REGISTERED, removed)):
        given(*facts).when(remove).then_refused(Code.NOT_FOUND)


def test_what_is_registered_leaves_the_policy_alone() -> None:
    policy = ClientPolicy(always_ask=True)
    told = PolicySet(policy=policy, was=ClientPolicy())
    assert given(told).when(REGISTER).then(REGISTERED).policy == policy


@pytest.mark.parametrize("command", [RegisterClient, RemoveClient])
def test_clients_are_a_setting(command: type[RegisterClient] | type[RemoveClient]) -> None:
    assert command.permission is Permission.SETTINGS_MANAGE


@pytest.mark.parametrize(
    "client_id",
    ["", "dcr_mine", "https://portal.example/client", "-portal", "por tal", "x" * 101, "ü"],
)
def test_an_id_cannot_be_taken_for_another_kind_of_clients(client_id: str) -> None:
    asked = {**msgspec.to_builtins(REGISTER), "client_id": client_id}
    with pytest.raises(msgspec.ValidationError, match=r"client_id"):
        msgspec.convert(asked, RegisterClient)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Portal", "portal"),
        ("Help  Portal (2)!", "help-portal-2"),
        ("dcr_mine", "dcr-mine"),
        ("Straße", "strasse"),
        ("ß" * 100, "s" * 100),
        ("帮助", ""),
    ],
)
def test_a_name_makes_an_id_that_can_be_one(name: str, known: str) -> None:
    assert id_by(name) == known
    if known:
        msgspec.convert({**msgspec.to_builtins(REGISTER), "client_id": known}, RegisterClient)
