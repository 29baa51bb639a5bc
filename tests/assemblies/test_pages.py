"""Every page of the rosters opens in a browser for those who may see it, in both languages, and for nobody else."""

from __future__ import annotations

import re

import pytest

from tests.assemblies.rosters import seats_of, sit, term_of
from tests.members.access import Visit, branch_of, member_of
from tests.visitor import Visitor

ID = re.compile("[0-9a-f]{8}-")
WRITING = ("new", "edit", "leave", "imports", "reveal")


def pages(director: Visitor) -> list[str]:
    """One address of each pattern."""
    term = term_of(director, starts_on="2024-10-16", ends_on="2029-10-15")
    seat = director.get(f"/terms/{term['id']}").json()["places"][0]
    holder = sit(director, seat, "王一", phone="13812345678", from_on="2024-10-16")
    past = seats_of(director, term_of(director, "committee", seats=2))[0]
    group = director.post("/residents-groups", json={"number": 1, "name": "东片"}).headers["Location"]
    post = {"name": "孙窗口", "position": "综合窗口", "from_on": "2010-01-01"}
    staff = director.post("/staff-posts", json=post).headers["Location"]
    branch, member = branch_of(director), member_of(director, phone="13812345678")["id"]
    held = f"/seats/{seat['id']}/holders/{holder['id']}"
    return [
        *("/rosters", "/terms", "/terms/new", "/residents-groups", "/residents-groups/new", "/staff-posts"),
        *("/staff-posts/new", "/members", "/members/new", "/members/counts", "/members/imports", "/branches"),
        *("/branches/new", f"/branches/{branch}", f"/branches/{branch}/edit", group, f"{group}/edit", staff),
        *(f"{staff}/edit", f"/terms/{term['id']}", f"/terms/{term['id']}/edit", f"/terms/{term['id']}/imports"),
        *(f"/seats/{seat['id']}", f"/seats/{past['id']}", f"/seats/{seat['id']}/edit"),
        *(f"/seats/{seat['id']}/holders/new", held, f"{held}/edit", f"{held}/reveal"),
        *(f"/members/{member}{step}" for step in ("", "/edit", "/leave", "/reveal")),
    ]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_page_opens(visit_as: Visit, language: str) -> None:
    director = visit_as("王站长")
    found = pages(director)
    readers = {name: visit_as(name) for name in ("李网格", "区督导")}
    outside = {name: visit_as(name) for name in ("外主任", "钱会计", "系统员")}
    for path in found:
        answer = director.page(path, headers={"Accept-Language": language})
        assert answer.status_code == 200 and "13812345678" not in answer.text, path
        writing = any(part in path for part in WRITING)
        for name, reader in readers.items():
            expected = 200 if not writing or (path.endswith("reveal") and name == "李网格") else 403
            assert reader.page(path).status_code == expected, (name, path)
        for name in ("钱会计", "系统员"):
            assert outside[name].page(path).status_code == 403, (name, path)
        if ID.search(path):
            assert outside["外主任"].page(path).status_code == 404, path


def test_before_anything_is_registered_pages_say_what_to_do_first(visit_as: Visit) -> None:
    director = visit_as("王站长")
    for path, words in (
        ("/rosters", "先建立一届"),
        ("/terms", "建立一届"),
        ("/residents-groups", "添加居民小组"),
        ("/staff-posts", "登记工作者"),
        ("/members", "导入名册"),
        ("/branches", "登记支部"),
        ("/members/new", "还没有支部"),
    ):
        assert words in director.page(path).text, path
        assert visit_as("钱会计").page(path).status_code == 403
