"""The database goes away under the pages: they say so, and people go on where they were."""

from concurrent.futures import ThreadPoolExecutor

from infra.migrations import migrate
from infra.postgres.embedded import EmbeddedPostgres
from tests.database import temporary_folder
from tests.mcp.company import filled
from tests.mcp.serving import served, until
from tests.sign_in.browser import Browser
from tests.sign_in.conftest import PASSWORD, give_password

WRITTEN = "What I wrote\nfor <b>an hour</b>"


def test_without_the_database_nobody_is_sent_away_or_let_in() -> None:
    with temporary_folder() as folder, EmbeddedPostgres(folder, durable=False) as server:
        migrate(server.url())
        company = filled(server.url())
        ana, ticket = company.members["Ana"], next(iter(company.tickets.values()))
        with served(server.url(), rate_per_address=100_000) as product:
            give_password(product, ana, PASSWORD)
            browser, other = Browser(product.port), Browser(product.port)
            assert browser.sign_in(ana.email, PASSWORD).status == 303
            session = browser.session
            form = {**other.get("/login").fields("/login"), "email": ana.email}
            path = f"/tickets/{ticket.code}"
            written = {**browser.get(path).fields(f"{path}/reply"), "body": WRITTEN}
            secret = {**browser.get("/account").fields("/account/password"), "current": WRITTEN}

            server.stop()
            with ThreadPoolExecutor(5) as threads:
                answers = [
                    asked.result()
                    for asked in (
                        threads.submit(browser.get, "/account"),
                        threads.submit(other.post, "/login", {**form, "password": PASSWORD}),
                        threads.submit(other.post, "/login", {**form, "password": "wrong"}),
                        threads.submit(browser.post, f"{path}/reply", written),
                        threads.submit(browser.post, "/account/password", secret),
                    )
                ]
            assert [answer.status for answer in answers] == [503] * 5
            assert int(answers[0].headers["retry-after"]) > 0
            assert int(answers[0].headers["refresh"]) > 0
            assert "does not answer" in answers[0].text
            assert (browser.session, other.session) == (session, "")
            assert other.get("/login").status == 200

            server.start()
            until(lambda: browser.get("/account").status == 200)
            *_, reply, password = answers
            assert "refresh" not in reply.headers
            kept = reply.fields(f"{path}/reply")
            # What reads is back before what writes, and what follows the log.
            until(lambda: browser.post(f"{path}/reply", kept).status == 303)
            until(lambda: "What I wrote" in browser.get(path).text)
            assert browser.get(path).text.count("What I wrote") == 1
            assert "What I wrote" not in password.text
