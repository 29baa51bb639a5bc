"""Letters with QR codes: as often as needed where a name stands on them, once where nobody may know whose they are."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlmodel import select

from app.core import qr
from app.core.audit import AuditEntry
from app.core.clock import today
from app.core.db import Database
from app.surveys.rounds import running
from app.surveys.rounds.models import Round
from tests.cast import Cast
from tests.surveys.answering import made
from tests.surveys.rounds import helpers
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]


def _printed(db: Database, round_: Round) -> int:
    with db.read() as s:
        wanted = select(AuditEntry).where(AuditEntry.action == "round.print_letters", AuditEntry.object_id == round_.id)
        return len(s.exec(wanted).all())


@pytest.mark.parametrize("secrecy", ["named", "confidential"])
def test_named_letters_can_be_printed_again(db: Database, cast: Cast, visit_as: Visit, secrecy: str) -> None:
    round_ = made.begin(db, cast, secrecy=secrecy)
    path, director = f"/rounds/{round_.id}/letters", visit_as("王站长")
    before = director.page(path)
    assert before.status_code == 200 and "制作 12 张" in before.text and "/s/" not in before.text
    assert director.get(path).json()["letters"] == [] and _printed(db, round_) == 0
    first, second = (director.post(path).json()["letters"] for _n in range(2))
    assert first == second and len(first) == 12 and _printed(db, round_) == 2
    assert {letter["name"] for letter in first} == {f"代表{n}" for n in range(1, 13)}
    for letter in first[:2]:
        assert visit_as(None).get(letter["href"].removeprefix("http://testserver")).status_code == 200
    code, token = first[0]["code"], first[0]["href"].rsplit("/", 1)[1]
    assert code.replace("-", "") == token and len(first[0]["serial"]) == 9
    page = director.submit(path, {})
    assert page.status_code == 200 and page.text.count('<article class="slip">') == 12 and "代表12" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert director.post(f"/s/{token}", json={"once": "an-answer", "a": made.rated()}).status_code == 200
    assert len(director.post(path).json()["letters"]) == 12, "who answered is nobody's business"


def test_the_picture_is_the_address(db: Database, cast: Cast, visit_as: Visit) -> None:
    round_ = made.begin(db, cast, count=2)
    (letter, _other) = visit_as("王站长").post(f"/rounds/{round_.id}/letters").json()["letters"]
    assert letter["picture"] == qr.picture(letter["href"]) and letter["picture"].startswith("data:image/svg+xml")


def test_secret_slips_are_seen_once_and_belong_to_nobody(db: Database, cast: Cast, visit_as: Visit) -> None:
    round_ = made.begin(db, cast, secrecy="secret")
    path, director, phone = f"/rounds/{round_.id}/letters", visit_as("王站长"), visit_as(None)
    assert director.get(path).json()["recipients"] == sorted(f"代表{n}" for n in range(1, 13))
    first = director.post(path).json()["letters"]
    assert {letter["name"] for letter in first} == {None} and {letter["address"] for letter in first} == {""}
    page = director.submit(path, {})
    tokens = [code.replace("-", "") for code in re.findall(r'mono num strong">([^<]+)<', page.text)]
    assert len(tokens) == 12 and not {f"/s/{t}" for t in tokens} & {"/s/" + x["code"].replace("-", "") for x in first}
    assert "代表" not in page.text.split('class="slips"')[1].replace("居民代表", ""), "names are not beside the slips"
    gone = first[0]["href"].removeprefix("http://testserver")
    assert phone.get(gone).status_code == 404, "all earlier slips are void"
    assert phone.post(f"/s/{tokens[0]}", json={"once": "the-first", "a": made.rated()}).status_code == 200
    refused = director.post(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "slips_in_use")
    told = director.submit(path, {})
    assert told.status_code == 409 and "不能再换答题条" in told.text and "制作 12 张" not in told.text
    assert director.get(path).json()["may_print"] is False
    assert phone.get(f"/s/{tokens[1]}").status_code == 200


def test_letters_for_residents_say_where_they_live(db: Database, cast: Cast, visit_as: Visit) -> None:
    helpers.sample_of_residents(
        db, cast.community, public_number=False, publish="manual", opens_day=today().day, opens_hour=0,
        starts_on=today().replace(day=1), catch_up=0,
    )  # fmt: skip
    running.run_due(db, None, None)
    round_ = helpers.the_round(db)
    letters = visit_as("王站长").post(f"/rounds/{round_.id}/letters").json()["letters"]
    assert len(letters) == 8
    assert all(re.fullmatch(r"\d+-1-\d+", letter["address"]) for letter in letters), letters
    assert len({letter["address"] for letter in letters}) == 8, "one of a household"


def test_only_an_open_round_has_letters(db: Database, cast: Cast, visit_as: Visit) -> None:
    round_ = made.begin(db, cast)
    made.finish(db, round_)
    path, director = f"/rounds/{round_.id}/letters", visit_as("王站长")
    assert "没有可以打印的信函" in director.page(path).text
    refused = director.submit(path, {})
    assert refused.status_code == 409 and "只有进行中的轮次才能打印" in refused.text


@pytest.mark.parametrize(("name", "status"), [("李网格", 403), ("周代表", 403), ("区督导", 403), ("外主任", 404)])
def test_who_may_not(db: Database, cast: Cast, visit_as: Visit, name: str, status: int) -> None:
    path = f"/rounds/{made.begin(db, cast).id}/letters"
    visitor = visit_as(name)
    assert visitor.get(path).status_code == visitor.post(path).status_code == status
    assert visit_as(None).post(path).status_code == 401
