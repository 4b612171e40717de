"""Admin in the panel: departments, and who works in them."""

from domain.permissions import Permission
from infra.desk import new_id
from tests.mcp.company import SUPPORT, Company
from tests.panel.admin_pages import (
    ADD_AGENT,
    ADD_DEPARTMENT,
    AGENTS,
    DEPARTMENTS,
    forms_of,
    save,
    send,
)
from tests.panel.conftest import Join, RoleOf
from tests.panel.guarding import forge
from tests.sign_in.browser import Browser


def test_a_department_is_added_renamed_and_filled(adam: Browser, join: Join, word: str) -> None:
    form = forms_of(adam.get(DEPARTMENTS))[ADD_DEPARTMENT]
    made = send(adam, ADD_DEPARTMENT, form, name=f" Dept {word} ")
    page, _, done = made.location.partition("?")
    assert done == "done=added"
    assert send(adam, ADD_DEPARTMENT, form, name=f"Dept {word}").location == made.location
    shown = adam.get(made.location)
    assert "Nobody yet" in shown.text
    assert f'href="{AGENTS}/new?department={page.rpartition("/")[2]}"' in shown.text
    rename = forms_of(shown)[f"{page}/rename"]
    assert send(adam, f"{page}/rename", rename, name=f"D {word}").location == f"{page}?done=saved"
    late = send(adam, f"{page}/rename", rename, name=f"Late {word}")
    assert late.status == 412
    assert "Somebody else changed this department" in late.refusal
    assert f"Now: D {word}" in late.text
    assert forms_of(late)[f"{page}/rename"].value("name") == f"Late {word}"
    member, _ = join("Dina")
    agent = f"{AGENTS}/{member.id}"
    saved = save(adam, agent, f"{agent}/change", department=page.rpartition("/")[2])
    assert saved.location == f"{agent}?done=saved"
    assert f'href="{agent}"' in adam.get(page).text
    new = forms_of(adam.get(f"{AGENTS}/new?department={page.rpartition('/')[2]}"))[ADD_AGENT]
    assert new.ticked("department") == {page.rpartition("/")[2]}


def test_names_that_cannot_be_are_refused_and_kept(adam: Browser, company: Company) -> None:
    support = f"{DEPARTMENTS}/{company.departments[SUPPORT]}"
    for action, page in ((ADD_DEPARTMENT, DEPARTMENTS), (f"{support}/rename", support)):
        for name, status in (("", 400), ("x" * 101, 400), ("billing", 409)):
            refused = save(adam, page, action, name=name)
            assert refused.status == status
            assert refused.refusal
            assert forms_of(refused)[action].value("name") == name
    assert adam.get(f"{DEPARTMENTS}?cursor=x").status == 400
    assert adam.get(f"{support}?cursor=x").status == 400


def test_who_manages_departments_alone_sees_members_as_far_as_he_may(
    company: Company, join: Join, role_of: RoleOf, ana: Browser
) -> None:
    support = f"{DEPARTMENTS}/{company.departments[SUPPORT]}"
    _, doro = join("Doro", role_of(Permission.DEPARTMENTS_MANAGE))
    assert doro.get("/admin").location == DEPARTMENTS
    assert "Your role does not list agents" in doro.get(support).text
    _, dirk = join("Dirk", role_of(Permission.DEPARTMENTS_MANAGE, Permission.DIRECTORY_READ))
    shown = dirk.get(support).text
    assert ">Ana<" in shown
    assert AGENTS not in shown
    for page in (DEPARTMENTS, support):
        assert ana.get(page).status == 403
    for action in (ADD_DEPARTMENT, f"{support}/rename"):
        assert forge(ana, action, name="Mine", version="1").status == 403
    assert doro.get(f"{DEPARTMENTS}/{new_id()}").status == 404
    assert forge(doro, f"{DEPARTMENTS}/{new_id()}/rename", name="Mine", version="1").status == 404
