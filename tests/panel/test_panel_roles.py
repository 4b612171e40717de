"""Admin in the panel: roles, what they allow and who has them."""

from domain.permissions import PRIVILEGES, Permission, Role
from infra.desk import new_id
from tests.mcp.company import Company
from tests.panel.admin_pages import ADD_ROLE, AGENTS, ROLES, forms_of, save, send
from tests.panel.conftest import Join, RoleOf
from tests.panel.guarding import forge
from tests.sign_in.browser import Browser

NEW = f"{ROLES}/new"
JSON = {"Accept": "application/json"}


def test_roles_are_listed_with_what_they_allow_in_words_and_who_has_them(
    company: Company, adam: Browser
) -> None:
    listed = adam.get(ROLES).text
    for words in ("owner", "everything", "Resolve tickets", f"{AGENTS}?role=agent"):
        assert words in listed
    page = adam.get(f"{ROLES}/agent")
    assert "built in and stays as it is" in page.text
    assert f"{AGENTS}/{company.members['Ana'].id}" in page.text
    assert f"{ROLES}/agent/change" not in forms_of(page)
    assert forge(adam, f"{ROLES}/agent/change", name="clerk", version="1").status == 403
    assert "clerk" not in adam.get(ROLES).text


def test_a_role_is_made_changed_given_and_removed(adam: Browser, join: Join, word: str) -> None:
    form = forms_of(adam.get(NEW))[ADD_ROLE]
    assert set(form.offered["permissions"]) == {one.value for one in PRIVILEGES}
    filled = {"name": f"Clerk {word}", "permissions": ["tickets:read", "tags:add"]}
    made = send(adam, ADD_ROLE, form, **filled)
    page, _, done = made.location.partition("?")
    assert done == "done=added"
    assert (
        send(adam, ADD_ROLE, form, **filled).location == made.location
    )  # a double click makes one
    role = page.rpartition("/")[2]
    member, clara = join("Clara", role)
    assert clara.send("GET", "/api/v1/departments", "", JSON).status == 403
    shown = adam.get(page)
    assert f"{AGENTS}/{member.id}" in shown.text
    assert f"{page}/remove" not in forms_of(shown)
    refused = forge(adam, f"{page}/remove")
    assert refused.status == 409
    assert "Agents still have the role" in refused.refusal
    change = forms_of(shown)[f"{page}/change"]
    assert change.ticked("permissions") == {"tickets:read", "tags:add"}
    saved = send(adam, f"{page}/change", change, permissions=["tickets:read", "directory:read"])
    assert saved.location == f"{page}?done=saved"
    assert clara.send("GET", "/api/v1/departments", "", JSON).status == 200
    late = send(adam, f"{page}/change", change, name=f"Late {word}", permissions=["tags:add"])
    assert late.status == 412
    assert "Somebody else changed this role" in late.refusal
    kept = forms_of(late)[f"{page}/change"]
    assert (kept.value("name"), kept.ticked("permissions")) == (f"Late {word}", {"tags:add"})
    assert f"Now: Clerk {word}" in late.text
    assert save(adam, page, f"{page}/change").location == f"{page}?done=nothing"
    agent = f"{AGENTS}/{member.id}"
    assert save(adam, agent, f"{agent}/change", role="agent").location == f"{agent}?done=saved"
    assert save(adam, page, f"{page}/remove").location == f"{ROLES}?done=removed"
    assert word not in adam.get(ROLES).text
    assert adam.get(page).status == 404


def test_what_does_not_fit_a_role_is_told_and_kept(adam: Browser, word: str) -> None:
    form = forms_of(adam.get(NEW))[ADD_ROLE]
    for wrong, sentence in (
        ({"name": ""}, "Write a name"),
        ({"name": "x" * 61}, "at most 60 characters"),
        ({"name": "Admin"}, "built-in role"),
        ({"permissions": ["x"]}, "Choose permissions"),
        ({"permissions": [Permission.ADMINS_MANAGE.value]}, "belongs to owners"),
    ):
        filled = {"name": f"Wrong {word}", "permissions": ["tags:add"], **wrong}
        refused = send(adam, ADD_ROLE, form, **filled)
        assert 400 <= refused.status < 500
        assert sentence in refused.refusal
        assert forms_of(refused)[ADD_ROLE].value("name") == filled["name"]
    assert word not in adam.get(ROLES).text


def test_nobody_makes_or_changes_a_role_that_allows_more_than_ones_own(
    join: Join, role_of: RoleOf
) -> None:
    auditors = role_of(Permission.AUDIT_READ)
    _, rieke = join("Rieke", role_of(Permission.ROLES_MANAGE, Permission.TAGS_ADD))
    assert rieke.get("/admin").location == ROLES
    form = forms_of(rieke.get(NEW))[ADD_ROLE]
    assert set(form.offered["permissions"]) == {"roles:manage", "tags:add"}
    page = f"{ROLES}/{auditors}"
    shown = rieke.get(page)
    assert "allows more than yours" in shown.text
    assert not {f"{page}/change", f"{page}/remove"} & forms_of(shown).keys()
    filled = {"name": "Mine", "permissions": Permission.AUDIT_READ.value}
    for forged in (
        forge(rieke, ADD_ROLE, **filled),
        forge(rieke, f"{page}/change", **filled, version="1"),
        forge(rieke, f"{page}/remove"),
    ):
        assert forged.status == 403
    assert f"{AGENTS}?role=" not in rieke.get(ROLES).text  # which would lead nowhere


def test_who_makes_no_roles_sees_none_and_there_are_no_others(adam: Browser, ana: Browser) -> None:
    for page in (ROLES, NEW, f"{ROLES}/{Role.AGENT}"):
        assert ana.get(page).status == 403
    assert forge(ana, ADD_ROLE, name="Mine", permissions="tags:add").status == 403
    for nobody in (new_id(), "clerk", "%00", "x" * 300):
        assert adam.get(f"{ROLES}/{nobody}").status in {400, 404}
        assert forge(adam, f"{ROLES}/{nobody}/remove").status in {400, 404}
