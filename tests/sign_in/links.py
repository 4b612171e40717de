"""One-time links as the product makes them, as paths to open in a browser."""

from urllib.parse import urlsplit
from uuid import UUID

from api.sign_in.links import password_url, setup_url
from tests.mcp.serving import Served


def setup_path(product: Served) -> str:
    secret = product.run(product.desk.entrance.links.issue_setup("cli"))
    return path_of(setup_url("http://x", secret))


def reset_path(product: Served, member: UUID) -> str:
    secret = product.run(product.desk.entrance.links.issue_reset(member, "cli"))
    return path_of(password_url("http://x", member, secret))


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"
