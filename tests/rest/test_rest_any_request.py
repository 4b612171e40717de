"""Any request that the document allows, and many that it does not: no answer is a surprise."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg

from domain.permissions import ALL_SCOPES
from tests.database import Databases
from tests.examples import TIMES
from tests.mcp.company import filled, generate_token
from tests.mcp.records import Log
from tests.mcp.serving import served
from tests.oauth.oauth_grants import connect_app
from tests.rest.client import PATH, Client

# How many requests of each operation; in CI beside those that cover each part of its schemas.
EXAMPLES, PHASES = (4, "fuzzing") if TIMES == 1 else (10, "coverage,fuzzing")
ROOT = Path(__file__).parents[2]
# What is sent is mostly nonsense: these are the ways to refuse it.
CONFIGURATION = """
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 409, 412, 413, 415, 422]
[parameters]
"path.ticket_id" = "{ticket}"
"path.agent_id" = "{agent}"
"path.token_id" = "{token}"
"path.app_id" = "{app}"
"""
# Of a request that the document allows, much may still be refused: unknown ids, foreign cursors.
LEFT_OUT = "positive_data_acceptance"


def test_no_request_fails_or_is_answered_as_the_document_does_not_say(
    databases: Databases, tmp_path: Path
) -> None:
    with (
        databases.copy_filled(filled) as (url, company),
        psycopg.connect(url, autocommit=True) as connection,
    ):
        # Not the owner, nor the token in use: else all that follows would be refused.
        ben = company.members["Ben"]
        with served(url) as product:
            owner = company.members["Olga"].id
            token, _ = product.run(generate_token(product.desk, owner, scopes=ALL_SCOPES))
            app = product.run(connect_app(product.desk, ben.id))
            (tmp_path / "schemathesis.toml").write_text(
                CONFIGURATION.format(
                    ticket=company.tickets["lid"].code,
                    agent=ben.id,
                    token=ben.credential,
                    app=app.consent,
                )
            )
            run = subprocess.run(
                [
                    str(Path(sys.executable).with_name("st")),
                    "run",
                    f"http://127.0.0.1:{product.port}{PATH}/openapi.json",
                    f"--header=Authorization: Bearer {token}",
                    "--seed=20260502",
                    f"--max-examples={EXAMPLES}",
                    f"--phases={PHASES}",
                    f"--exclude-checks={LEFT_OUT}",
                    "--generation-database=none",
                ],
                capture_output=True,
                text=True,
                check=False,
                cwd=tmp_path,
                env={
                    **os.environ,
                    "SCHEMATHESIS_HOOKS": "tests.rest.unconditional",
                    "PYTHONPATH": str(ROOT),
                },
            )
            assert run.returncode == 0, run.stdout + run.stderr
            # The token was alive to the end, and not everything was refused.
            assert Client(product.port, token).get("/session").status == 200
        done = {
            call.fact.tool
            for call in Log(url, connection).calls_above(0)
            if call.fact.outcome == "ok"
        }
        assert done >= {"add_tags", "change_ticket", "write_message", "add_reply", "revoke_app"}
