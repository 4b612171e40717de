"""OAuth clients, for those who manage settings: who may come, who is registered, and who is in use."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import UNSET

from api.mcp import PATH
from api.pages.admin.client_forms import changed, client_in, filled, hosts_in, policy_in
from api.pages.admin.client_use import agents_by_id, stopped_by, uses_under
from api.pages.front import Front, Page, notice_of
from api.pages.panel import ADMIN, ADMINISTRATION, Here, Panel, panel_of
from api.pages.rendering import see_other
from api.pages.wording import explained
from api.problems import status_of
from api.rest.acting import Conditions
from api.rest.clients import (
    ClientShown,
    PolicyChange,
    end_client,
    held_clients,
    new_client,
    set_policy,
)
from domain.refusals import Code, Refused
from projections.clients_in_use import MOST

CLIENTS = f"{ADMIN}/clients"
_HERE = Here(bar=ADMIN, section=ADMINISTRATION, path=CLIENTS)
_DONE = {
    "policy": "It is set. Clients that it does not let in get no new tokens.",
    "removed": "The client is removed, with all access that agents gave it.",
}
Typed = Mapping[str, str]


@get(CLIENTS)
async def clients_page(request: Page, front: NamedDependency[Front]) -> Response[str]:
    notice = notice_of(request, _DONE)
    return await _clients(await panel_of(request, front), notice=notice)


@post(f"{CLIENTS}/policy")
async def change_policy(request: Page, front: NamedDependency[Front]) -> Response[Any]:
    """Set who may come; where that stops clients in use, only once somebody was told which."""
    panel = await panel_of(request, front)
    form = await panel.form()
    try:
        change = policy_in(form)
        # Sure of these hosts, and of no others that were typed afterwards.
        hosts = " ".join(hosts_in(form))
        if form.get("sure") != hosts and (stopped := await _stopped(panel, change)):
            return await _clients(panel, policy=form, stopped=stopped, sure=hosts)
        await set_policy(panel.acting, change, Conditions())
    except Refused as refused:
        return await _refused(panel, refused, policy=form)
    return see_other(f"{CLIENTS}?done=policy")


@post(f"{CLIENTS}/register")
async def register(request: Page, front: NamedDependency[Front]) -> Response[str]:
    """Register a client and show its secret, if it has one, this once."""
    panel = await panel_of(request, front)
    form = await panel.form()
    try:
        made = (await new_client(panel.acting, client_in(form))).answer
    except Refused as refused:
        return await _refused(panel, refused, client=form)
    return _made(panel, made)


@post(f"{CLIENTS}/remove")
async def remove_client(request: Page, front: NamedDependency[Front]) -> Response[Any]:
    panel = await panel_of(request, front)
    form = await panel.form()
    try:
        await end_client(panel.acting, form.get("client", ""), Conditions())
    except Refused as refused:
        return await _refused(panel, refused)
    return see_other(f"{CLIENTS}?done=removed")


async def _stopped(panel: Panel, change: PolicyChange) -> list[str]:
    held, _ = await held_clients(panel.acting)
    clients = await panel.services.views.list_clients_in_use()
    stopped = stopped_by(changed(held.policy, change), held.policy, clients)
    return [use.label for use in stopped]


async def _refused(panel: Panel, refused: Refused, **typed: Typed) -> Response[str]:
    status = status_of(refused)
    if refused.code is Code.PERMISSION_DENIED:
        raise refused  # for there is no page to say so on
    wrong = "hosts" if "policy" in typed else ""
    return await _clients(panel, status, **typed, refusal=explained(refused), wrong=wrong)


async def _clients(
    panel: Panel,
    status: int = 200,
    policy: Typed | None = None,
    client: Typed | None = None,
    **said: object,
) -> Response[str]:
    """Show the page; a form that was refused, or is to be sent once more, is as it was typed."""
    held, _ = await held_clients(panel.acting)
    in_use = await panel.services.views.list_clients_in_use()
    shown: dict[str, object] = {
        "clients": [held.registered[key] for key in sorted(held.registered)],
        "agents": agents_by_id(in_use),
        "uses": uses_under(held.policy, in_use),
        "most": MOST if len(in_use) == MOST else 0,
        "form": filled(held.policy) if policy is None else {"hosts": "", **policy},
        "client": {"name": "", "client_id": "", "redirect_uris": "", "kind": "", **(client or {})},
        "stopped": [],
        "sure": "",
        "wrong": "",
        "base": CLIENTS,
    }
    return panel.page("admin/clients", {**shown, **said}, _HERE, status=status)


def _made(panel: Panel, made: ClientShown) -> Response[str]:
    shown = {
        "client": made,
        "secret": "" if made.client_secret is UNSET else made.client_secret,
        "url": f"{panel.front.base_url}{PATH}",
        "issuer": panel.front.base_url,
        "base": CLIENTS,
    }
    return panel.page("admin/client_made", shown, _HERE, status=201)


ENDPOINTS = (clients_page, change_policy, register, remove_client)
