"""Answering by the link of a letter or by a typed code: what is shown, kept, taken once, and refused alike."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from httpx2 import Response

from app.ballots import claims, codes
from app.core.db import Database
from app.surveys.rounds.models import Round
from tests.ballots.helpers import SECRECIES as LEVELS
from tests.ballots.helpers import prepared
from tests.cast import Cast
from tests.surveys.answering import made
from tests.visitor import HTML, Visitor

Visit = Callable[[str | None], Visitor]
SECRECIES = ["named", "confidential", "secret"]


@pytest.fixture
def opened(db: Database, cast: Cast) -> Round:
    return made.begin(db, cast)


@pytest.fixture
def phone(visit_as: Visit) -> Visitor:
    """Somebody whom nobody knows."""
    visitor = visit_as(None)
    visitor.client.headers["Accept-Encoding"] = "identity"
    return visitor


def _once(page: Response) -> str:
    found = re.search(r'name="once" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def _checked(page: Response) -> set[str]:
    return {
        f"{name}={value}"
        for name, value in re.findall(r'<input type="radio" name="([^"]+)" value="([^"]+)" checked', page.text)
    }


@pytest.mark.parametrize("secrecy", SECRECIES)
def test_the_form_says_who_asks_until_when_and_how_secret_it_is(
    db: Database, cast: Cast, phone: Visitor, secrecy: str
) -> None:
    round_ = made.begin(db, cast, secrecy=secrecy)
    token = made.token(db, round_)
    page = phone.page(f"/s/{token}")
    assert page.status_code == 200 and page.headers["cache-control"] == "no-store"
    for shown in ("翰林缘社区", "安居物业", claims.claim(secrecy), "秩序维护", "基本满意"):
        assert shown in page.text
    assert "代表1" not in page.text and "_csrf" not in page.text.split('id="answer"')[1]
    form = phone.get(f"/s/{token}").json()
    assert (form["community_name"], form["secrecy"], form["answers"]) == ("翰林缘社区", secrecy, {})
    assert [x["name"] for x in form["subjects"]] == ["安居物业"]
    assert phone.get(f"/s/{token.lower()}").status_code == 200, "as somebody types it"


def _neutral(answer: Response) -> tuple[int, str, dict[str, str]]:
    """Everything in an answer but what is random in each."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("x-request-id", "content-length")}
    headers["content-security-policy"] = re.sub(r"nonce-[^']+", "", headers["content-security-policy"])
    text = re.sub(r'nonce="[^"]+"', "", answer.text)
    text = re.sub(r'"request_id":"[^"]+"', "", text)
    return answer.status_code, re.sub(r'value="/s/[^"]+"', "", text), headers


def test_every_token_that_opens_nothing_gets_the_same_answer(db: Database, cast: Cast, phone: Visitor) -> None:
    round_ = made.begin(db, cast)
    first, second, *_others = made.slips(db, round_)
    assert phone.post(f"/s/{first.token}", json={"once": "an-earlier-press", "a": made.rated()}).status_code == 200
    wrong = codes.new_token()
    asked: list[Callable[[str], Response]] = [
        lambda token: phone.get(f"/s/{token}"),
        lambda token: phone.page(f"/s/{token}"),
        lambda token: phone.page(f"/s/{token}?step=2"),
        lambda token: phone.post(f"/s/{token}", json={"once": "another-press", "a": made.rated()}),
        lambda token: phone.post(f"/s/{token}", json={"once": "another-press", "then": "keep"}),
        lambda token: phone.submit(f"/s/{token}", {"once": "another-press", **made.ticked()}),
        lambda token: phone.submit(f"/s/{token}", {"once": "!", "step": "nonsense"}),
    ]
    said = [_neutral(ask(wrong)) for ask in asked]
    assert {status for status, _text, _headers in said} == {404}
    assert all(made.REFUSED in text for _status, text, _headers in said)
    assert ['href="/s"' in text for _status, text, _headers in said] == [False, True, True, False, False, True, True]
    for ask, expected in zip(asked, said, strict=True):
        assert _neutral(ask(first.token)) == expected, "used"
        assert _neutral(ask("公x" * 9)) == expected, "never a token"
    made.pass_the_hour(db, round_)
    for ask, expected in zip(asked, said, strict=True):
        assert _neutral(ask(second.token)) == expected, "after the closing hour, before any run"
    made.finish(db, round_)
    for ask, expected in zip(asked, said, strict=True):
        assert _neutral(ask(second.token)) == expected and _neutral(ask(first.token)) == expected, "closed"


def test_a_pass_of_a_round_that_is_not_open_yet_does_not_exist(db: Database, cast: Cast, phone: Visitor) -> None:
    for secrecy in LEVELS:
        box = prepared(db, cast, secrecy)
        assert phone.get(f"/s/{box.slips[0].token}").json()["code"] == "token_unusable"


def test_answers_are_kept_shown_again_and_sent_once(db: Database, opened: Round, phone: Visitor) -> None:
    path = f"/s/{made.token(db, opened)}"
    once = _once(phone.page(path))
    kept = phone.submit(
        path, {"once": once, "then": "keep", "a.property.items.greening": "dissatisfied", "a.property.wishes": "修路灯"}
    )
    assert kept.status_code == 303 and kept.headers["location"] == path and made.drafts(db) == 1
    again = phone.page(path)
    assert _checked(again) == {"a.property.items.greening=dissatisfied"}
    assert "修路灯" in again.text and "已暂存" in again.text
    assert made.turnout(db, opened) == (0, 0)
    sent = phone.submit(path, {"once": _once(again), **made.ticked(wishes="修路灯")})
    assert sent.status_code == 200 and "您的答卷已计入" in sent.text
    assert made.drafts(db) == 0 and made.turnout(db, opened) == (1, 0)
    assert phone.page(path).status_code == 404
    made.finish(db, opened)
    assert made.texts(db, opened) == [("property.wishes", "修路灯")]


def test_two_taps_are_one_ballot_and_one_receipt(db: Database, opened: Round, phone: Visitor) -> None:
    path = f"/s/{made.token(db, opened)}"
    press = {"once": _once(phone.page(path)), **made.ticked()}
    first, second = phone.submit(path, press), phone.submit(path, press)
    assert first.status_code == second.status_code == 200 and _neutral(first) == _neutral(second)
    assert made.turnout(db, opened) == (1, 0)
    other = phone.submit(path, {**press, "once": "another-form"})
    assert other.status_code == 404, "somebody else with the same slip learns nothing"
    made.finish(db, opened)
    (receipt,) = [x["code"] for x in phone.get(f"/rounds/{opened.id}/receipts").json()["items"]]
    assert f'<p class="receipt-code mono num">{receipt}</p>' in first.text
    assert _neutral(phone.submit(path, press)) == _neutral(first), "the receipt can be asked for after closing too"


def test_one_question_a_screen_loses_nothing(db: Database, opened: Round, phone: Visitor) -> None:
    path = f"/s/{made.token(db, opened)}"
    fields = made.ticked()
    overall = {"a.property.overall": fields.pop("a.property.overall")}
    page = phone.page(f"{path}?step=1")
    assert "第 1 题，共 3 题" in page.text and "上一题" not in page.text
    moved = phone.submit(path, {"once": _once(page), "then": "keep", "step": "2", **fields})
    assert moved.status_code == 303 and moved.headers["location"] == f"{path}?step=2"
    second = phone.page(f"{path}?step=2")
    hidden = dict(re.findall(r'<input type="hidden" name="(a\.[^"]+)" value="([^"]*)"', second.text))
    assert hidden == fields
    phone.submit(path, {"once": _once(second), "then": "keep", "step": "3", **hidden, **overall})
    last = phone.page(f"{path}?step=3")
    assert "提交" in last.text and "下一题" not in last.text
    hidden = dict(re.findall(r'<input type="hidden" name="(a\.[^"]+)" value="([^"]*)"', last.text))
    assert phone.submit(path, {"once": _once(last), "then": "send", **hidden}).status_code == 200
    assert phone.page(f"{path}?step=999999").status_code in (404, 422)
    assert made.turnout(db, opened) == (1, 0)


def test_a_refused_form_keeps_everything_beside_its_message(db: Database, opened: Round, phone: Visitor) -> None:
    path = f"/s/{made.token(db, opened)}"
    fields = made.ticked(wishes="<b>路灯</b> & 门禁")
    del fields["a.property.items.repairs"]
    page = phone.submit(path, {"once": _once(phone.page(path)), **fields})
    assert page.status_code == 422 and "填写的内容都还在" in page.text
    assert 'id="f-a.property.items.repairs-error"' in page.text
    wanted = {f"{name}={value}" for name, value in fields.items() if value == "satisfied"}
    assert _checked(page) == wanted and "&lt;b&gt;路灯&lt;/b&gt; &amp; 门禁" in page.text
    assert made.turnout(db, opened) == (0, 0)


def test_an_empty_form_says_so(db: Database, opened: Round, phone: Visitor) -> None:
    path = f"/s/{made.token(db, opened)}"
    answer = phone.submit(path, {"once": "an-empty-form"})
    assert (answer.status_code == 422 and "aria-invalid" in answer.text) or "error" in answer.text
    assert made.turnout(db, opened) == (0, 0)


BROKEN: list[Any] = [
    [], 1, "x", None, {"property": []}, {"property": {"overall": {"a": 1}}}, {"": {"x": 1}}, {"property": {"items": 5}},
    {"property": {"wishes": "长" * 5000}}, {"property": {"wishes": "\ud800"}}, {"property": {"overall": "x\x00"}},
    {"someone": {"overall": "satisfied"}}, {"property": {"items": {"cleaning": ["satisfied"]}}},
    {"property": {"overall": 1e999}}, {"property": None},
]  # fmt: skip


@pytest.mark.parametrize("then", ["send", "keep"])
@pytest.mark.parametrize("a", BROKEN, ids=lambda a: repr(a)[:40])
def test_no_answer_however_odd_breaks_anything(db: Database, opened: Round, phone: Visitor, a: Any, then: str) -> None:
    path = f"/s/{made.token(db, opened)}"
    body = json.dumps({"once": "a-broken-press", "then": then, "a": a}).replace("Infinity", "1e999")
    answer = phone.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (200, 422), answer.text
    assert made.turnout(db, opened) == (0, 0) and phone.page(path).status_code == 200


@pytest.mark.parametrize("once", ["", "short", "x" * 65, "with space", "\u516c" * 10])
def test_a_press_without_a_proper_mark_is_refused(db: Database, opened: Round, phone: Visitor, once: str) -> None:
    path = f"/s/{made.token(db, opened)}"
    assert phone.post(path, json={"once": once, "a": made.rated()}).status_code == 422
    assert phone.submit(path, {"once": once, **made.ticked()}).status_code == 422
    assert made.turnout(db, opened) == (0, 0)


def test_a_code_is_typed_as_it_is_printed_or_otherwise(db: Database, opened: Round, phone: Visitor) -> None:
    token = made.token(db, opened)
    assert 'name="code"' in phone.page("/s").text
    for typed in (token, codes.grouped(token), codes.grouped(token).lower(), f" {token.lower()[:14]} {token[14:]} "):
        found = phone.submit("/s", {"code": typed})
        assert found.status_code == 303 and found.headers["location"] == f"/s/{codes.grouped(token)}"
    assert phone.page(found.headers["location"]).status_code == 200
    assert phone.post("/s", json={"code": token}).json() == {"action": f"/s/{codes.grouped(token)}"}


@pytest.mark.parametrize("typed", ["ABCD-EFGH", "公园", "x" * 40, "%00", "2" * 28])
def test_a_wrong_code_stays_in_the_form_with_what_is_wrong(opened: Round, phone: Visitor, typed: str) -> None:
    page = phone.submit("/s", {"code": typed})
    assert page.status_code == 422 and made.REFUSED in page.text and f'value="{typed}"' in page.text
    assert phone.post("/s", json={"code": typed}).json()["code"] == "token_unusable"


@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": "x" * 999}, {"code": "\x00"}])
def test_no_code_at_all(opened: Round, phone: Visitor, body: dict[str, str]) -> None:
    assert phone.post("/s", json=body).status_code == 422
    assert phone.submit("/s", body).status_code == 422


def test_an_extended_round_takes_answers_until_its_new_hour(db: Database, cast: Cast, phone: Visitor) -> None:
    round_ = made.begin(db, cast)
    path = f"/s/{made.token(db, round_)}"
    assert made.is_answerable(db, round_) and phone.page(path).status_code == 200
    made.pass_the_hour(db, round_)
    assert not made.is_answerable(db, round_)
    late = phone.post(path, json={"once": "a-late-press", "a": made.rated()}, headers=HTML)
    assert late.status_code == 404 and made.turnout(db, round_) == (0, 0)
