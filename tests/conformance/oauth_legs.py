"""Other people's OAuth clients, as they come, against the product: each connects, works and is revoked."""

import json
import os
import tempfile
import time
from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import click

from api.oauth.locations import Locations
from domain.application import Wish
from domain.clients import RegisterClient
from infra.migrations import migrate
from tests.conformance.node import node, package
from tests.conformance.suite import read_checks, report, suite_command
from tests.database import Databases, choose_server
from tests.mcp.company import filled
from tests.mcp.serving import Served, listen, served
from tests.oauth.clients.driving import Driven, drive, running
from tests.oauth.clients.mcp_remote import bridge
from tests.oauth.clients.person import Person
from tests.sign_in.browser import Browser
from tests.sign_in.conftest import PASSWORD, give_password

SCRIPTS = Path(__file__).parents[1] / "oauth" / "clients"
# The package, its version, and our script that uses it.
LIBRARIES = {
    "typescript-sdk": ("@modelcontextprotocol/sdk", "1.32.2", "typescript_sdk.mjs"),
    "oauth4webapi": ("oauth4webapi", "3.8.8", "oauth4webapi.mjs"),
    "openid-client": ("openid-client", "6.8.9", "openid_client.mjs"),
}
BRIDGE = ("mcp-remote", "0.15.1")
AUTHORIZATION = "authorization"
# The document of a client that takes https only: it is pinned, as nothing is at its address.
PUBLISHED = {
    "client_id": "https://app.example/oauth/client.json",
    "client_name": "Published App",
    "redirect_uris": ["http://127.0.0.1/callback"],
}
OAUTH_LEGS = (*LIBRARIES, BRIDGE[0], AUTHORIZATION)


class Helpdesk(NamedTuple):
    """A small company, with Ana of Support at a browser.

    `documents` is the host and port that may serve clients' documents over plain http.
    """

    product: Served
    ana: Person
    documents: str


@contextmanager
def helpdesk() -> Generator[Helpdesk]:
    """Serve the company for as long as the block runs."""
    documents = f"127.0.0.1:{_free_port()}"
    with (
        choose_server(os.environ).opened as server,
        closing(Databases(server, "")) as databases,
        databases.empty() as url,
        tempfile.NamedTemporaryFile("w", suffix=".json") as pinned,
    ):
        json.dump(PUBLISHED, pinned)
        pinned.flush()
        migrate(url)
        ana = filled(url).members["Ana"]
        with served(url, client_documents=pinned.name, insecure_client_hosts=documents) as product:
            give_password(product, ana, PASSWORD)
            yield Helpdesk(product, Person(Browser(product.port), ana.email, PASSWORD), documents)


def library_leg(desk: Helpdesk, leg: str) -> bool:
    """Have a library connect, and print what it got done."""
    name, version, script = LIBRARIES[leg]
    began = time.monotonic()
    home = package(name, version)
    command = [node(), str(SCRIPTS / script), str(home), desk.product.url, desk.documents]
    driven = drive(command, desk.ana)
    return _report(f"{name} {version}", driven, began)


def bridge_leg(desk: Helpdesk) -> bool:
    """Have the bridge of Claude Desktop connect as its configuration starts it, and print that."""
    name, version = BRIDGE
    script = package(name, version) / "dist" / "proxy.js"
    began = time.monotonic()
    driven = bridge([node(), str(script), desk.product.url], desk.ana)
    return _report(f"{name} {version}", driven, began)


def _report(client: str, driven: Driven, began: float) -> bool:
    if driven.fault:
        click.echo(f"  after: {', '.join(driven.passed) or 'nothing'}\n{driven.fault}")
    outcome = "FAILED" if driven.fault else f"{time.monotonic() - began:.1f} s"
    click.echo(f"oauth {client}: {len(driven.passed)} checks passed, {outcome}")
    return not driven.fault and bool(driven.passed)


def authorization_leg(desk: Helpdesk) -> bool:
    """Run the suite's checks of authorization servers, with a person at its callback's browser."""
    product, port = desk.product, _free_port()
    registered = RegisterClient(
        client_id="conformance",
        name="Conformance suite",
        redirect_uris=(f"http://127.0.0.1:{port}/callback",),
    )
    product.run(product.desk.execute(Wish(registered)))
    at = Locations(product.desk.settings.base_url)
    asked = ["--url", at.issuer, "--client-id", "conformance", "--resource", at.resource]
    with tempfile.TemporaryDirectory() as results:
        command = suite_command(
            "authorization", *asked, "--port", str(port), "--output-dir", results
        )
        said: list[str] = []
        try:
            with running(command) as process:
                said += _followed(process.stdout or (), at, desk.ana)
            ended_well = process.returncode == 0
        except (AssertionError, OSError) as fault:
            said.append(f"The browser cannot go on: {fault}")
            ended_well = False
        checks = read_checks(Path(results))
    ended_well &= all(check.status == "SUCCESS" for _, check in checks)
    return report(AUTHORIZATION, checks, "".join(said), as_expected=ended_well)


def _free_port() -> int:
    with listen() as free:
        return free.getsockname()[1]


def _followed(lines: Iterable[str], at: Locations, person: Person) -> Generator[str]:
    """Read what the suite says, and go where it wants somebody to go, once it listens for that."""
    address, listens = "", False
    for line in lines:
        yield line
        listens |= line.startswith("Callback server started")
        if line.startswith(f"{at.authorize}?"):
            address = line.strip()
        if address and listens:
            person.open_through(address)
            address = ""


def oauth_leg(desk: Helpdesk, leg: str) -> bool:
    """Run one leg, and say whether all went well."""
    if leg == AUTHORIZATION:
        return authorization_leg(desk)
    return bridge_leg(desk) if leg == BRIDGE[0] else library_leg(desk, leg)
