"""Lists of Admin that are longer than a page: each page leads to the next, with the filter kept."""

import asyncio
import re
from html import unescape

from domain.permissions import Role
from tests.database import Databases
from tests.mcp.company import SUPPORT, add_agent, add_department, filled
from tests.mcp.serving import served
from tests.panel.entering import entered
from tests.sign_in.browser import Browser

MANY = 100  # more than a page has left beside those who are there already


def walked(browser: Browser, address: str, below: str) -> list[str]:
    """Return what the pages of a list name, the first page's first."""
    found: list[str] = []
    while address:
        page = browser.get(address)
        assert page.status == 200, page
        names = re.findall(
            rf'<th scope="row"><a href="{below}/[-0-9a-f]{{36}}">(.*?)</a>', page.text
        )
        assert 0 < len(names) <= 100
        found += names
        onward = re.findall(r'<a href="([^"]+)" rel="next">More ', page.text)
        address = unescape(onward[0]) if onward else ""
    return found


def test_a_long_list_is_walked_page_by_page_with_its_filter(databases: Databases) -> None:
    with databases.copy_filled(filled) as (url, company), served(url) as product:
        desk, place = product.desk, company.departments[SUPPORT]

        async def grow() -> None:
            names = [f"Many {number:03}" for number in range(MANY)]
            hired = (add_agent(desk, name, Role.AGENT, place, seat=False) for name in names)
            await asyncio.gather(*hired, *(add_department(desk, name) for name in names))

        product.run(grow())
        olga = entered(product, company.members["Olga"])
        many = [f"Many {number:03}" for number in range(MANY)]
        everybody = walked(olga, "/admin/agents", "/admin/agents")
        assert sorted(everybody) == sorted([*many, "Adam", "Ana", "Ben", "Cora", "Ivo", "Olga"])
        asked = f"/admin/agents?department={place}&role=agent&all=yes"
        works_there = [*many, "Ana", "Ben", "Ida", "Ivo"]
        assert sorted(walked(olga, asked, "/admin/agents")) == sorted(works_there)
        members = walked(olga, f"/admin/departments/{place}", "/admin/agents")
        assert sorted(members) == sorted([*many, "Ana", "Ben", "Ivo", "Olga"])
        departments = walked(olga, "/admin/departments", "/admin/departments")
        assert sorted(departments) == sorted([*many, *company.departments])
