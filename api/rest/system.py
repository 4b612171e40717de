"""How the whole system stands, for monitoring and for those who run it."""

from litestar import get
from litestar.di import NamedDependency

from api.rest.acting import Acting
from api.system import System
from domain.permissions import Permission


@get("/system", operation_id="get_system", tags=["system"])
async def get_system(acting: NamedDependency[Acting]) -> System:
    """Read how far log and views are, which processes serve, and the settings in force."""
    acting.reading(Permission.SETTINGS_MANAGE)
    return await acting.services.system()


ENDPOINTS = (get_system,)
