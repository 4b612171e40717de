"""How the system stands, for those who manage settings: what is wrong and what to do, and the rest."""

from datetime import timedelta
from typing import NamedTuple

from litestar import Response, get
from litestar.di import NamedDependency

from api.pages.front import Front, Page
from api.pages.panel import ADMIN, ADMINISTRATION, Here, panel_of
from api.system import ServerProcess, System, ViewsState
from domain.permissions import Permission
from domain.standing import budget_standing

SYSTEM = f"{ADMIN}/system"
_HERE = Here(bar=ADMIN, section=ADMINISTRATION, path=SYSTEM)
# Views are behind for a moment all the time: longer than this, somebody should look.
LATE = timedelta(seconds=10)
_KILO = 1_000
_MIGRATE = "Run deskledger migrate with the newest version, then restart the others."


class Concern(NamedTuple):
    """Something that is not as it should be, what to do about it, and what it means till then."""

    what: str
    remedy: str
    meaning: str = ""


class ProcessLine(NamedTuple):
    """A process that serves, and what it does for the views."""

    process: ServerProcess
    place: str
    up: str
    heard: str
    part: str


@get(SYSTEM)
async def system_page(request: Page, front: NamedDependency[Front]) -> Response[str]:
    panel = await panel_of(request, front)
    panel.acting.reading(Permission.SETTINGS_MANAGE)
    system = await front.services.system()
    shown = {
        "system": system,
        "concerns": concerns_of(system),
        "up": lasting(front.services.now() - system.started_at),
        "processes": [_line(process, system) for process in system.processes],
        "log_size": size(system.database.log_bytes),
        "views_size": size(system.database.views_bytes),
        "view_states": {
            view.name: _state(view.version, view.wanted) for view in system.views.views
        },
        "standing": await budget_standing(front.services.helpdesk),
    }
    return panel.page("admin/system", shown, _HERE)


def concerns_of(system: System) -> list[Concern]:
    """Return what somebody should look after, the worst first; empty where all is well."""
    found = [*_of_views(system)]
    applied, known = system.database.migrations, system.database.migrations_known
    if applied > known:
        found.append(Concern("The database is newer than this process.", "Update Deskledger here."))
    elif applied < known:
        found.append(Concern("The database is older than this process.", _MIGRATE))
    if not any(process.answers for process in system.processes):
        found.append(
            Concern(
                "The process that answers here has no session of its own with PostgreSQL.",
                "If this stays, look whether DATABASE_DIRECT_URL leads past the pooler.",
            )
        )
    if system.housekeeping and system.housekeeping.failed:
        errands = ", ".join(system.housekeeping.failed)
        found.append(
            Concern(f"Housekeeping could not do all: {errands}.", "The server's log says why.")
        )
    return found


def _of_views(system: System) -> list[Concern]:
    views = system.views
    if views.position is None:
        return [Concern("There are no views.", _MIGRATE)]
    if any(view.version != view.wanted for view in views.views):
        return [Concern("The views are not those of this version.", _MIGRATE)]
    if views.failure:
        return [
            Concern(
                f"The views stand still: {views.failure}.",
                "Update Deskledger if there is a newer version. Where a view is damaged, "
                "deskledger views rebuild builds all of them anew.",
                "Calls and changes are recorded all the same, but lists and searches do not show "
                "them. It is tried again every few seconds.",
            )
        ]
    if _is_late(system):
        if not (system.projected_elsewhere or any(one.projects for one in system.processes)):
            return [
                Concern(
                    "No process moves the views.",
                    "One takes over within a second. If none does, the server's log says why; "
                    "restart it.",
                )
            ]
        return [
            Concern(
                f"The views are {_facts(views)} behind.",
                "They catch up by themselves. If they do not, look how busy the database is, and "
                "for sessions that lock it.",
            )
        ]
    return []


def _is_late(system: System) -> bool:
    since = system.views.waiting_since
    return bool(system.views.waiting) and (since is None or system.at - since > LATE)


def _facts(views: ViewsState) -> str:
    return f"{views.waiting:,} fact{'s' * (views.waiting != 1)}"


def _line(process: ServerProcess, system: System) -> ProcessLine:
    return ProcessLine(
        process=process,
        place=process.address or "the database's machine",
        up=lasting(system.at - process.connected_at),
        heard=f"{lasting(system.at - process.heard_at)} ago" if process.heard_at else "",
        part="moves the views" if process.projects else "stands by" if process.heard_at else "",
    )


def _state(version: int | None, wanted: int) -> str:
    if version == wanted:
        return ""
    return "missing" if version is None else f"of version {version}, not {wanted}"


def lasting(time: timedelta) -> str:
    """Return a duration in its two largest units."""
    seconds = max(int(time.total_seconds()), 0)
    days, hours, minutes = seconds // 86_400, seconds // 3_600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"


def size(number: int) -> str:
    """Return a number of bytes as people read it."""
    amount, units = float(number), ["bytes", "kB", "MB", "GB", "TB"]
    while amount >= _KILO and len(units) > 1:
        amount, units = amount / _KILO, units[1:]
    return f"{amount:.{0 if units[0] == 'bytes' else 1}f} {units[0]}"


ENDPOINTS = (system_page,)
