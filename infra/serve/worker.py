"""The application of one server process, put together from the settings in its environment."""

import gc
import os
from typing import cast

from litestar.types import ASGIApp

from infra.desk import Desk
from infra.serve.draining import Draining
from infra.serve.running import configure_logging
from infra.settings import read_settings


def application() -> ASGIApp:
    """Build the ASGI application; uvicorn calls this once in every process."""
    configure_logging()
    app = Draining(cast("ASGIApp", Desk(read_settings(os.environ)).app()))
    # What was imported stays for good: the collector need not look at it ever again.
    gc.freeze()
    return cast("ASGIApp", app)
