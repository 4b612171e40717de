"""The database goes away under the machine endpoints: they say so, and promise nothing."""

from concurrent.futures import ThreadPoolExecutor

from domain.secret import CODE, encode_secret
from infra.migrations import migrate
from infra.postgres.embedded import EmbeddedPostgres
from tests.database import temporary_folder
from tests.mcp.company import filled
from tests.mcp.serving import served, until
from tests.oauth.oauth_wire import Wire

METADATA = "/.well-known/oauth-authorization-server"


def test_without_the_database_clients_are_asked_to_come_again() -> None:
    with temporary_folder() as folder, EmbeddedPostgres(folder, durable=False) as server:
        migrate(server.url())
        filled(server.url())
        with served(server.url(), rate_per_address=100_000) as product:
            wire = Wire(product.port)
            said = {"redirect_uris": ["http://127.0.0.1/cb"]}
            client = wire.json("/oauth/register", said).body["client_id"]
            code = {
                "grant_type": "authorization_code",
                "client_id": client,
                "code": encode_secret(CODE, bytes(32)),
                "code_verifier": "v" * 43,
            }
            revoked = {"client_id": client, "token": "x"}

            server.stop()
            with ThreadPoolExecutor(4) as threads:
                answers = [
                    asked.result()
                    for asked in (
                        threads.submit(wire.get, METADATA),
                        threads.submit(wire.json, "/oauth/register", said),
                        threads.submit(wire.form, "/oauth/token", code),
                        threads.submit(wire.form, "/oauth/revoke", revoked),
                    )
                ]
            for answer in answers:
                answer.refused(503, "temporarily_unavailable")
                assert int(answer.headers["retry-after"]) > 0

            server.start()
            until(lambda: wire.get(METADATA).status == 200)
            assert wire.json("/oauth/register", said).body["client_id"] == client
            wire.form("/oauth/token", code).refused(400, "invalid_grant")
