"""The forms of Admin's page of clients: who may come, and a client to register."""

import re
from collections.abc import Mapping

import msgspec
from msgspec import UNSET

from api.rest.clients import NewClient, PolicyChange
from domain.clients import ClientPolicy
from domain.refusals import Code, Refused

_HOSTS = re.compile(r"[\s,;]+")
_NAMELESS = (
    "A client needs a name of at most 100 characters. Its id, if you choose one, is of letters, "
    "digits, points, dashes and underscores, and does not begin with dcr_."
)


def policy_in(form: Mapping[str, str]) -> PolicyChange:
    """Return what the form wants set: what is not ticked is off. Refuses with `invalid_arguments`."""
    hosts = hosts_in(form)
    if "any_host" not in form and not hosts:
        raise Refused(Code.INVALID_ARGUMENTS, "Name at least one host, or allow any.")
    policy = {
        "dynamic_registration": "dynamic_registration" in form,
        "allowed_hosts": None if "any_host" in form else hosts,
        "always_ask": "always_ask" in form,
    }
    try:
        return msgspec.convert(policy, PolicyChange)
    except msgspec.ValidationError:
        raise Refused(
            Code.INVALID_ARGUMENTS,
            "Name hosts alone, like claude.ai, one on each line, or a program's scheme with its "
            "colon, like cursor: (at most 200).",
        ) from None


def hosts_in(form: Mapping[str, str]) -> list[str]:
    """Return the hosts that were typed, in lower case."""
    return [host for host in _HOSTS.split(form.get("hosts", "").lower()) if host]


def changed(policy: ClientPolicy, change: PolicyChange) -> ClientPolicy:
    """Return what a change that names everything makes of a policy."""
    hosts = change.allowed_hosts
    return ClientPolicy(
        dynamic_registration=bool(change.dynamic_registration),
        allowed_hosts=policy.allowed_hosts if hosts is UNSET else hosts,
        always_ask=bool(change.always_ask),
    )


def filled(policy: ClientPolicy) -> Mapping[str, str]:
    """Return the form that would set a policy as it is."""
    boxes = {
        "dynamic_registration": policy.dynamic_registration,
        "always_ask": policy.always_ask,
        "any_host": policy.allowed_hosts is None,
    }
    ticked = {name: "on" for name, is_set in boxes.items() if is_set}
    return {**ticked, "hosts": "\n".join(policy.allowed_hosts or ())}


def client_in(form: Mapping[str, str]) -> NewClient:
    """Return the client that the form wants registered. Refuses with `invalid_arguments`.

    Whether codes may go where it says is for the rules.
    """
    uris = form.get("redirect_uris", "").split()
    if not 1 <= len(uris) <= 10:  # noqa: PLR2004 - as `NewClient` has it
        raise Refused(Code.INVALID_ARGUMENTS, "Name one to ten redirect URIs, one on each line.")
    name, client_id = form.get("name", "").strip(), form.get("client_id", "").strip()
    if "\0" in "".join(form.values()):
        raise Refused(Code.INVALID_ARGUMENTS, _NAMELESS)
    client = {
        "name": name,
        "redirect_uris": uris,
        "confidential": form.get("kind") == "confidential",
    }
    try:
        return msgspec.convert(
            {**client, "client_id": client_id} if client_id else client, NewClient
        )
    except msgspec.ValidationError:
        raise Refused(Code.INVALID_ARGUMENTS, _NAMELESS) from None
