"""A real browser, where one is installed."""

import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
FOUND = next(filter(None, map(shutil.which, NAMES)), None)
needs_chromium = pytest.mark.skipif(
    FOUND is None, reason=f"none of {', '.join(NAMES)} is installed"
)
