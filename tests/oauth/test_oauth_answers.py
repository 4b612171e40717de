"""What comes of approving and denying, and of answers that are not quite that."""

import re
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.oauth.locations import CONSENT
from domain.secret import CODE, digest_of, is_well_formed
from tests.examples import examples
from tests.mcp.serving import Served
from tests.oauth.oauth_grants import CHALLENGE
from tests.oauth.oauth_visiting import (
    BROWSER,
    LOOPBACK,
    SITE,
    Person,
    approve,
    arrive,
    asked_by,
    choose,
    documented,
    dynamic,
    enter,
    is_page,
    keep,
    sent,
)
from tests.sign_in.browser import Answer, Browser


@pytest.fixture(scope="module")
def anybody(moving: tuple[Served, object]) -> Person:
    return arrive(moving[0], "Anybody")


def test_approving_sends_a_code_the_state_and_the_issuer(product: Served) -> None:
    person = arrive(product, "Paul")
    keep(product, dynamic("paul"))
    page = person.browser.get(asked_by(dynamic("paul")))
    answer = choose(person.browser, page, "approve")
    assert answer.location.startswith(f"{SITE}?code=")
    assert answer.headers["cache-control"] == "no-store"
    got = sent(answer)
    assert is_well_formed(CODE, got.pop("code"))
    assert got == {"state": "xyz 1/2", "iss": product.desk.settings.base_url}
    assert person.facts(product) == ["consent.granted"]


def test_a_code_is_bound_to_all_that_was_asked(product: Served) -> None:
    pia = arrive(product, "Pia")
    client = keep(product, dynamic("bound", LOOPBACK))
    landing = LOOPBACK.replace("33418", "50123")
    got = approve(pia.browser, asked_by(client, landing, scope="tickets:read openid"))
    grant = product.run(product.desk.oauth.find_grant(digest_of(got["code"])))
    assert grant
    assert (grant.agent, grant.client_id) == (pia.member.id, client.id)
    assert (grant.redirect_uri, grant.redirect_given) == (landing, True)
    assert (grant.scopes, grant.challenge) == (("tickets:read",), CHALLENGE)
    assert grant.resource == f"{product.desk.settings.base_url}/public/api/mcp"
    left = grant.code_expires_at - product.desk.helpdesk.now()
    assert 0 < left.total_seconds() <= 60


def test_denying_is_recorded_and_told(product: Served) -> None:
    person = arrive(product, "Dora")
    client = keep(product, dynamic("dora"))
    page = person.browser.get(asked_by(client))
    got = sent(choose(person.browser, page, "deny"))
    assert (got["error"], got["state"]) == ("access_denied", "xyz 1/2")
    assert got["iss"] == product.desk.settings.base_url
    assert "code" not in got
    assert person.facts(product) == ["consent.declined"]
    assert is_page(person.browser.get(asked_by(client)))


def test_an_answer_without_a_choice_is_none(product: Served) -> None:
    person = arrive(product, "Nora")
    client = keep(product, dynamic("nora"))
    page = person.browser.get(asked_by(client))
    assert is_page(choose(person.browser, page, ""))
    assert person.facts(product) == []


def test_a_forged_answer_is_no_answer(product: Served) -> None:
    person, other = arrive(product, "Fred"), arrive(product, "Olaf")
    client = keep(product, dynamic("fred"))
    fields = person.browser.get(asked_by(client)).fields(CONSENT)
    answer = {**fields, "answer": "approve"}
    forged = [
        person.browser.post(CONSENT, {**answer, "csrf": "x"}),
        person.browser.post(CONSENT, answer, {"Sec-Fetch-Site": "cross-site"}),
        person.browser.post(CONSENT, answer, {"Origin": "https://evil.example"}),
        other.browser.post(CONSENT, answer),
    ]
    assert [one.status for one in forged] == [403] * 4
    assert person.facts(product) == other.facts(product) == []
    assert sent(person.browser.post(CONSENT, answer))["code"]


@pytest.mark.parametrize("field", ["redirect_uri", "scope", "client_id"])
def test_what_was_approved_is_what_was_shown(product: Served, field: str) -> None:
    """The form's hidden request is only as good as the digest of what it led to on the page."""
    person = arrive(product, f"Shown {field}")
    shown = keep(product, dynamic(f"shown_{field}", LOOPBACK, SITE))
    keep(product, dynamic(f"other_{field}", LOOPBACK, SITE))
    page = person.browser.get(asked_by(shown, LOOPBACK, scope="tickets:read"))
    other = {
        "redirect_uri": asked_by(shown, SITE, scope="tickets:read"),
        "scope": asked_by(shown, LOOPBACK, scope="tickets:read tickets:write"),
        "client_id": asked_by(dynamic(f"other_{field}", LOOPBACK, SITE), scope="tickets:read"),
    }[field]
    answer = choose(person.browser, page, "approve", request=other.partition("?")[2])
    assert is_page(answer)
    assert "has changed meanwhile" in answer.text
    assert person.facts(product) == []
    assert sent(choose(person.browser, answer, "approve"))["code"]


def test_a_document_that_changed_while_the_page_was_open_is_shown_again(product: Served) -> None:
    person = arrive(product, "Chiara")
    before = keep(product, documented("changing.example", name="Before"))
    page = person.browser.get(asked_by(before))
    keep(product, documented("changing.example", name="After"))
    answer = choose(person.browser, page, "approve")
    assert "After" in answer.text
    assert "has changed meanwhile" in answer.text
    assert person.facts(product) == []


def test_whoever_was_signed_out_meanwhile_comes_back_to_the_page(product: Served) -> None:
    person = arrive(product, "Oda")
    client = keep(product, dynamic("oda"))
    page = person.browser.get(asked_by(client))
    other = Browser(product.port, **person.browser.cookies)
    other.submit("/account", "/logout")
    answer = choose(person.browser, page, "approve")
    assert answer.status == 303
    assert answer.location.startswith("/login?next=/oauth/authorize%3F")
    assert person.facts(product) == []


def test_somebody_else_can_sign_in_instead(product: Served) -> None:
    one, other = arrive(product, "Una"), arrive(product, "Ugo")
    client = keep(product, dynamic("una"))
    text = one.browser.get(asked_by(client)).text
    link = re.findall(r'href="(/login[^"]+)"', text)[0].replace("&amp;", "&")
    form = one.browser.get(link).fields("/login")
    form |= {"email": other.member.email, "password": "correct horse battery"}
    assert form["next"] == asked_by(client)
    assert one.browser.post("/login", form).status == 200
    assert "Ugo" in one.browser.get(asked_by(client)).text


def test_only_apps_that_prove_nothing_leave_a_mark_in_the_browser(product: Served) -> None:
    person = arrive(product, "Mara")
    site, local = keep(product, dynamic("mara", SITE)), keep(product, dynamic("mar", LOOPBACK))
    approve(person.browser, asked_by(site))
    assert BROWSER not in person.browser.cookies
    approve(person.browser, asked_by(local))
    mark = person.browser.cookies[BROWSER]
    assert re.fullmatch("[0-9a-f]{64}", mark)
    fresh = enter(product, person.member, **{BROWSER: "not ours"})
    approve(fresh, asked_by(local))
    assert fresh.cookies[BROWSER] not in {mark, "not ours"}


def test_answers_that_come_together_make_one_consent(product: Served) -> None:
    """Somebody presses the button again, or two windows of a program ask at once."""
    person = arrive(product, "Tom")
    client = keep(product, documented("together.example"))
    pages = [person.browser.get(asked_by(client, state=str(n))) for n in range(8)]

    def press(page: Answer) -> Answer:
        return choose(person.browser, page, "approve")

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(press, pages))
        later = list(threads.map(person.browser.get, [asked_by(client)] * 8))
    codes = [sent(answer)["code"] for answer in (*answers, *later)]
    found = [product.run(product.desk.oauth.find_grant(digest_of(code))) for code in codes]
    assert len({grant.id for grant in found if grant}) == 16
    assert len({grant.consent for grant in found if grant}) == 1
    assert person.facts(product) == ["consent.granted", *["consent.reused"] * 15]


def test_no_secret_of_an_answer_is_in_the_log(product: Served, desk_database: str) -> None:
    person = arrive(product, "Sara")
    client = keep(product, dynamic("sara", LOOPBACK))
    code = approve(person.browser, asked_by(client, state="told-to-nobody"))["code"]
    with psycopg.connect(desk_database) as connection:

        def facts_with(text: str) -> int:
            found = connection.execute(
                "SELECT count(*) FROM acct_main.events WHERE position(%s in state) > 0",
                (text.encode(),),
            )
            return found.fetchall()[0][0]

        assert facts_with(client.id) == 2  # the consent and its call
        assert [facts_with(text) for text in (code, "told-to-nobody")] == [0, 0]
        assert facts_with(person.browser.cookies[BROWSER]) == 0


@settings(max_examples=examples(20), deadline=None)
@given(
    st.fixed_dictionaries(
        {name: st.text(st.characters(exclude_categories=["Cs"])) for name in ("request", "shown")},
        optional={"answer": st.sampled_from(["approve", "deny"])},
    )
)
def test_any_text_may_be_sent_as_an_answer(anybody: Person, sent_text: dict[str, str]) -> None:
    fields = anybody.browser.get("/account").fields("/logout")
    assert anybody.browser.post(CONSENT, {**fields, **sent_text}).status == 400
