"""The panel: pages of somebody who is signed in, in one frame with the ways to all others."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from litestar import Response

from api.csrf import csrf_token
from api.pages.form import Sent
from api.pages.front import Front, Page
from api.rest.acting import Acting
from api.services import Services
from domain.agent.rules import AGENT, Agent
from domain.application import Unauthorized
from domain.authentication import Bearer
from domain.caller import Caller
from domain.decider import Ref
from domain.permissions import Permission


class Place(NamedTuple):
    """A page that menus lead to, those who have one of the permissions; without any, everybody."""

    path: str
    name: str
    takes: tuple[Permission, ...] = ()

    def open_to(self, caller: Caller) -> bool:
        return not self.takes or any(caller.may(permission) for permission in self.takes)


class Here(NamedTuple):
    """Where a page stands: under which place of the bar, in which section, and its own path."""

    bar: str = ""
    section: str = ""
    path: str = ""


TICKETS = "/tickets"
AUDIT = "/audit"
ADMIN = "/admin"
ADMINISTRATION = "Admin"
ADMIN_PLACES = (
    Place(f"{ADMIN}/agents", "Agents", (Permission.AGENTS_MANAGE,)),
    Place(f"{ADMIN}/roles", "Roles", (Permission.ROLES_MANAGE,)),
    Place(f"{ADMIN}/departments", "Departments", (Permission.DEPARTMENTS_MANAGE,)),
    Place(f"{ADMIN}/clients", "Clients", (Permission.SETTINGS_MANAGE,)),
    Place(f"{ADMIN}/budget", "Budget", (Permission.SETTINGS_MANAGE, Permission.AUDIT_READ)),
    Place(f"{ADMIN}/system", "System", (Permission.SETTINGS_MANAGE,)),
)
AUDITING = "Audit"
FACTS = f"{AUDIT}/facts"
AUDIT_PLACES = (
    Place(AUDIT, "Calls", (Permission.AUDIT_READ,)),
    Place(FACTS, "Facts", (Permission.AUDIT_READ,)),
)
_ADMINISTRATORS = tuple({taken for place in ADMIN_PLACES for taken in place.takes})
BAR = (
    Place(TICKETS, "Tickets", (Permission.TICKETS_READ,)),
    Place(AUDIT, AUDITING, (Permission.AUDIT_READ,)),
    Place(ADMIN, ADMINISTRATION, _ADMINISTRATORS),
)
PROFILE = "Edit profile"
MCP = "/account/mcp"
PROFILE_PLACES = (Place("/account", "Account"), Place(MCP, "MCP Integration"))
_SECTIONS = {PROFILE: PROFILE_PLACES, AUDITING: AUDIT_PLACES, ADMINISTRATION: ADMIN_PLACES}


class Me(NamedTuple):
    """Who looks at a page."""

    name: str
    email: str
    role: str

    @property
    def initials(self) -> str:
        words = self.name.split() or ["?"]
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


class Panel:
    """One request for a page of the panel, by somebody who is signed in."""

    def __init__(self, request: Page, front: Front, bearer: Bearer, agent: Agent) -> None:
        self._request = request
        self.front = front
        self.bearer = bearer
        self.agent = agent
        self.acting = Acting(bearer, front.services)

    @property
    def services(self) -> Services:
        return self.front.services

    @property
    def caller(self) -> Caller:
        """Who looks at the page, with the rights that held when the request was let in."""
        return self.bearer.caller

    @property
    def csrf(self) -> str:
        return csrf_token(self.front.session(self._request))

    async def form(self) -> Sent:
        """Read the form of a page of ours. Raises `ForeignForm`."""
        return await self.front.form(self._request, self.front.session(self._request))

    def open(self, places: Sequence[Place]) -> list[Place]:
        """Return those of the places that one may go to."""
        return [place for place in places if place.open_to(self.caller)]

    def page(
        self,
        template: str,
        shown: Mapping[str, object],
        here: Here,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response[str]:
        """Render a page in the frame."""
        frame: dict[str, object] = {
            "me": Me(self.agent.name, self.agent.email or "", self.caller.by.role or ""),
            "csrf": self.csrf,
            "bar": self.open(BAR),
            "places": self.open(_SECTIONS.get(here.section, ())),
            "here": here,
            "may_audit": self.caller.may(Permission.AUDIT_READ),
        }
        return self.front.renderer.page(
            template, {**frame, **shown}, status=status, headers=headers, scripted=True
        )


async def panel_of(request: Page, front: Front) -> Panel:
    """Return the panel of who is signed in. Raises `Unauthorized` where nobody is."""
    bearer = await front.bearer(request)
    key = bearer.caller.agent
    agent = (await front.services.helpdesk.states.refresh(Ref(AGENT, key))).state if key else None
    if agent is None:
        raise Unauthorized
    return Panel(request, front, bearer, agent)
