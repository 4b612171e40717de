"""OAuth clients, for those who manage settings: which are registered, and which others may come."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency

from api import problems
from api.pages.front import Front, Page
from api.pages.panel import ADMIN, ADMINISTRATION, Here, Panel, panel_of
from api.pages.showing import see_other
from api.rest.acting import Conditions
from api.rest.clients import PolicyChange, end_client, held_clients, set_policy
from domain.clients import ClientPolicy
from domain.refusals import Code, Refused

CLIENTS = f"{ADMIN}/clients"
_HERE = Here(bar=ADMIN, section=ADMINISTRATION, path=CLIENTS)
_DONE = {
    "policy": "It is set. Clients that it does not let in get no new tokens.",
    "removed": "The client is removed, with all access that agents gave it.",
}


@get(CLIENTS)
async def clients_page(request: Page, front: NamedDependency[Front]) -> Response[str]:
    notice = _DONE.get(request.query_params.get("done", ""), "")
    return await _clients(await panel_of(request, front), notice=notice)


@post(f"{CLIENTS}/policy")
async def change_policy(request: Page, front: NamedDependency[Front]) -> Response[Any]:
    """Set who may come: what is not ticked in the form is off."""
    panel = await panel_of(request, front)
    form = await panel.form()
    try:
        await set_policy(panel.acting, _policy_in(form), Conditions())
    except Refused as refused:
        return await _refused(panel, refused, form)
    return see_other(f"{CLIENTS}?done=policy")


@post(f"{CLIENTS}/remove")
async def remove_client(request: Page, front: NamedDependency[Front]) -> Response[Any]:
    panel = await panel_of(request, front)
    form = await panel.form()
    try:
        await end_client(panel.acting, form.get("client", ""), Conditions())
    except Refused as refused:
        return await _refused(panel, refused)
    return see_other(f"{CLIENTS}?done=removed")


def _policy_in(form: Mapping[str, str]) -> PolicyChange:
    hosts = form.get("hosts", "").lower().split()
    if "any_host" not in form and not hosts:
        raise Refused(Code.INVALID_ARGUMENTS, "Name at least one host, or allow any.")
    told = {
        "dynamic_registration": "dynamic_registration" in form,
        "allowed_hosts": None if "any_host" in form else hosts,
        "always_ask": "always_ask" in form,
    }
    try:
        return msgspec.convert(told, PolicyChange)
    except msgspec.ValidationError:
        raise Refused(
            Code.INVALID_ARGUMENTS,
            "Name hosts alone, like claude.ai, one on each line, or a program's scheme with its "
            "colon, like cursor: (at most 200).",
        ) from None


async def _refused(
    panel: Panel, refused: Refused, typed: Mapping[str, str] | None = None
) -> Response[str]:
    status = problems.OF_REFUSALS[refused.code].status
    return await _clients(panel, status, typed, refusal=refused.sentence)


async def _clients(
    panel: Panel, status: int = 200, typed: Mapping[str, str] | None = None, **said: str
) -> Response[str]:
    """Show the page; a form that was refused is as it was `typed`."""
    held, _ = await held_clients(panel.acting)
    shown = {
        "clients": [held.registered[key] for key in sorted(held.registered)],
        "form": _filled(held.policy) if typed is None else {"hosts": "", **typed},
        "base": CLIENTS,
    }
    return panel.page("admin_clients", {**shown, **said}, _HERE, status=status)


def _filled(policy: ClientPolicy) -> Mapping[str, str]:
    """Return the form that would set a policy as it is."""
    boxes = {
        "dynamic_registration": policy.dynamic_registration,
        "always_ask": policy.always_ask,
        "any_host": policy.allowed_hosts is None,
    }
    ticked = {name: "on" for name, is_set in boxes.items() if is_set}
    return {**ticked, "hosts": "\n".join(policy.allowed_hosts or ())}


ENDPOINTS = (clients_page, change_policy, remove_client)
