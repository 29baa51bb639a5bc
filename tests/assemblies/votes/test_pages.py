"""Votes in a browser without JavaScript and as JSON, and who has no access."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from app.assemblies.votes import electorate
from app.assemblies.votes.models import Vote
from app.core.db import Database
from tests.assemblies.votes.helpers import motion, room, vote
from tests.cast import Cast
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]
HTML = {"Accept": "text/html"}


def test_a_count_of_hands_from_the_form_to_the_published_file(db: Database, cast: Cast, visit_as: Visit) -> None:
    here, about = room(db, cast, 5, 4), motion(db, cast)
    director = visit_as("王站长")
    form = director.page(f"/votes/new?assembly_id={here.assembly}&motion_id={about}")
    assert form.status_code == 200 and "改建儿童乐园" in form.text
    empty = director.submit("/votes", {"assembly_id": str(here.assembly), "question": "", "method": "hands"})
    assert empty.status_code == 422 and "请写明表决什么" in empty.text
    sent = {"assembly_id": str(here.assembly), "motion_id": str(about), "question": "是否改建", "matter": "ordinary"}
    made = director.submit("/votes", {**sent, "method": "hands"})
    assert made.status_code == 303
    path = made.headers["location"]
    twice = director.submit("/votes", {**sent, "method": "hands"})
    assert twice.status_code == 409 and "还没有结束的表决" in twice.text and "是否改建" in twice.text
    assert director.submit(f"{path}/open", {}).headers["location"] == path
    open_page = director.page(path).text
    assert "截止表决" in open_page and "4" in open_page
    assert director.get(path).json()["returned"] is None
    assert director.submit(f"{path}/close", {}).status_code == 303
    many = director.submit(f"{path}/counts", {"votes_for": "9", "votes_against": "0", "abstain": "0"})
    assert many.status_code == 422 and 'value="9"' in many.text
    assert (
        director.submit(f"{path}/counts", {"votes_for": "3", "votes_against": "1", "abstain": "0"}).status_code == 303
    )
    assert director.submit(f"{path}/declare", {"text": "改建儿童乐园，六月完工"}).status_code == 303
    result = director.page(path).text
    for page in (f"/motions/{about}", f"/assemblies/{here.assembly}"):
        assert path in director.page(page).text
    assert "/projects/" in result.partition("任何人都可以复核")[0].partition("<main")[2]
    assert "六月完工" in result and "须超过" in result and "如果按别的基数计算" in result
    shown = director.get(path).json()
    stranger = visit_as(None)
    published = stranger.get(f"{path}/bundle.json")
    assert published.headers["etag"] == f'"{shown["bundle_sha256"]}"'
    assert published.json()["resolution"]["number"] == shown["resolution_number"]
    listed = director.get("/resolutions?q=六月").json()["items"]
    assert [one["vote_id"] for one in listed] == [shown["id"]]
    assert director.get("/resolutions/export").content.decode("utf-8-sig").count("六月完工") == 1
    assert director.get("/votes/export?format=xlsx").status_code == 200
    back = director.client.post(
        f"{path}/close",
        data={"_csrf": director.csrf},
        headers={**HTML, "Referer": f"http://testserver/assemblies/{here.assembly}/floor"},
        follow_redirects=False,
    )
    assert back.headers["location"] == f"/assemblies/{here.assembly}/floor"  # a button of the day's screen leads back
    assert visit_as("外主任").get(path).status_code == 404
    assert visit_as("周代表").submit(f"{path}/void", {"reason": "x"}).status_code == 403


def test_a_roll_call_from_the_phone_and_the_clerks_list(db: Database, cast: Cast, visit_as: Visit) -> None:
    made = vote(db, room(db, cast, 3, 3), "roll_call")
    phone, clerk = visit_as("周代表"), visit_as("李网格")
    assert "赞成" in phone.page("/my-votes").text
    cast_it = phone.submit(f"/votes/{made}/cast", {"choice": "for"})
    assert cast_it.headers["location"] == "/my-votes" and "已表决：赞成" in phone.page("/my-votes").text
    other = phone.submit(f"/votes/{made}/cast", {"choice": "against"})
    assert other.status_code == 409 and "一席一票" in other.text
    page = clerk.page(f"/votes/{made}/electors?limit=500").text
    taps = re.findall(rf'action="(/votes/{made}/electors/[0-9a-f-]+)"', page)
    assert len(taps) == 2  # whoever pressed on his own phone has no buttons left
    tapped = clerk.submit(taps[0], {"choice": "against"})
    assert tapped.headers["location"].startswith(f"/votes/{made}/electors")
    wrong = clerk.get(f"/votes/{made}/electors").json()["items"][1]
    fixed = clerk.submit(
        f"{taps[0]}?_method=put", {"choice": "abstain", "reason": "听错", "_version": str(wrong["version"])}
    )
    assert fixed.status_code == 303
    assert clerk.submit(f"{taps[0]}?_method=put", {"choice": "for", "reason": "", "_version": "9"}).status_code in (
        412,
        422,
    )
    table = clerk.get(f"/votes/{made}/electors/export").content.decode("utf-8-sig")
    assert "代表2" in table and "弃权" in table
    seen = visit_as("区督导").get(f"/votes/{made}/electors").json()["items"]
    assert {one["name"] for one in seen} == {"代*1", "代*2", "代*3"}  # from above, names are masked
    assert visit_as("钱会计").submit(taps[1], {"choice": "for"}).status_code == 403
    assert visit_as("外主任").get(f"/votes/{made}/electors").status_code == 404


def test_a_secret_vote_in_the_booth(db: Database, cast: Cast, visit_as: Visit) -> None:
    made = vote(db, room(db, cast, 6, 5), "secret_pass")
    director, voter = visit_as("王站长"), visit_as(None)
    slips = director.submit(f"/votes/{made}/slips", {})
    codes = re.findall(r'<span class="mono num strong">([0-9A-Z-]+)</span>', slips.text)
    assert slips.status_code == 200 and len(set(codes)) == 5 and "代表1" not in slips.text
    assert "代表1" in director.page(f"/votes/{made}/slips").text
    typed = voter.client.post("/b", data={"code": codes[0].lower()}, headers=HTML, follow_redirects=False)
    path = typed.headers["location"]
    assert path == f"/b/{codes[0]}"
    assert "答题码" in voter.page("/s").text and voter.page(f"/s/{codes[0]}").status_code == 404
    page = voter.page(path)
    assert page.status_code == 200 and page.headers["cache-control"] == "no-store" and "无记名" in page.text
    once = re.findall(r'name="once" value="([^"]+)"', page.text)[0]
    nothing = voter.client.post(path, data={"once": once}, headers=HTML)
    assert nothing.status_code == 422 and "请先选一项" in nothing.text
    for wrong in ("maybe", "for&a.other=x"):
        sent = voter.client.post(path, json={"once": once, "a": {"vote": wrong}})
        assert sent.status_code == 422
    first = voter.client.post(path, data={"once": once, "a.vote": "for"}, headers=HTML)
    again = voter.client.post(path, data={"once": once, "a.vote": "for"}, headers=HTML)
    receipt = re.findall(r"receipt-code[^>]*>([^<]+)<", first.text)[0]
    assert first.status_code == again.status_code == 200 and receipt in again.text
    for dead in (path, "/b/" + "2" * 28, "/b/x"):
        refused = voter.get(dead)
        assert refused.status_code == 404 and refused.json()["code"] == "token_unusable"
    at_s = voter.client.post(f"/s/{codes[0]}", json={"once": once, "a": {}})
    assert at_s.status_code == 404  # the other page tells nothing about a voting pass
    open_now = director.get(f"/votes/{made}").json()
    assert (open_now["returned"], open_now["counts"], open_now["conditions"]) == (1, [], [])
    assert voter.get(f"/votes/{made}/receipts").status_code == 404
    director.post(f"/votes/{made}/close")
    director.post(f"/votes/{made}/declare")
    assert receipt in voter.page(f"/votes/{made}/receipts").text
    counted = director.get(f"/votes/{made}").json()["counts"][0]
    assert (counted["issued"], counted["returned"], counted["votes_for"]) == (5, 1, 1)
    assert director.post(f"/votes/{made}/slips").status_code == 409
    assert visit_as("周代表").get(f"/votes/{made}/slips").status_code == 403


def test_many_phones_in_the_same_seconds(db: Database, cast: Cast, visit_as: Visit) -> None:
    """Everybody presses twice, all at once; each pass gives one ballot and one receipt."""
    made = vote(db, room(db, cast, 40, 40), "secret_pass")
    director, voter = visit_as("王站长"), visit_as(None)
    tokens = [slip["code"] for slip in director.post(f"/votes/{made}/slips").json()["slips"]]

    def press(token: str) -> tuple[int, str]:
        sent = voter.client.post(f"/b/{token}", json={"once": "01234567" + token[:4], "a": {"vote": "for"}})
        return sent.status_code, sent.json().get("receipt", "")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(press, tokens * 2))
    assert {status for status, _receipt in answers} == {200}
    assert len({receipt for _status, receipt in answers}) == 40
    director.post(f"/votes/{made}/close")
    assert director.get(f"/votes/{made}").json()["counts"][0]["votes_for"] == 40
    with db.read() as s:
        assert s.get_one(Vote, made).entitled == len(electorate.electors(s, made)) == 40


def test_bad_input_is_refused_and_never_a_crash(db: Database, cast: Cast, visit_as: Visit) -> None:
    here = room(db, cast, 3, 3)
    made = vote(db, here, "hands")
    director = visit_as("王站长")
    ghost = "00000000-0000-0000-0000-000000000000"
    for data in (
        {"question": "x", "method": "dice"},
        {"question": "x", "method": "hands", "assembly_id": ghost},
        {"question": "x", "method": "hands", "assembly_id": "seven"},
        {"question": "x" * 501, "method": "hands", "assembly_id": str(here.assembly)},
        {"question": "x\x00", "method": "hands", "assembly_id": str(here.assembly)},
        {"question": "x", "method": "hands", "assembly_id": str(here.assembly), "agenda_item_id": ghost},
        {"question": "x", "method": "hands", "assembly_id": str(here.assembly), "motion_id": ghost},
    ):
        assert director.post("/votes", json=data).status_code == 422, data
        assert director.submit("/votes", data).status_code == 422, data
    for counts in ({"votes_for": -1, "votes_against": 0, "abstain": 0}, {"votes_for": "many"}, {}):
        assert director.post(f"/votes/{made}/counts", json=counts).status_code == 422
    for path in (
        f"/votes/{ghost}",
        f"/votes/{ghost}/electors",
        f"/votes/{ghost}/bundle.json",
        f"/votes/{made}/receipts",
    ):
        assert director.get(path).status_code == 404
    assert director.post(f"/votes/{made}/electors/{ghost}", json={"choice": "for"}).status_code == 409
    assert director.post(f"/votes/{made}/void", json={"reason": ""}).status_code == 422
    assert (
        director.put(f"/votes/{made}", json={"question": "x", "matter": "ordinary", "method": "hands"}).status_code
        == 428
    )
    assert director.get("/votes?colour=red").status_code == 422
