"""An election by QR slips: the booth on a phone, closing, and what may be recomputed afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from app.assemblies.elections import checks
from app.assemblies.elections.models import ElectionCount, Elector
from app.core.db import Database
from tests.assemblies.elections.helpers import ok, published, seat_representatives
from tests.cast import Cast
from tests.visitor import Visitor

Open = Callable[[str | None], Visitor]
ELECTORS = 9


@pytest.fixture
def director(visit_as: Open, db: Database, cast: Cast) -> Visitor:
    seat_representatives(db, cast, ELECTORS)
    return visit_as("王站长")


def _ready(director: Visitor) -> tuple[str, list[str]]:
    """An open election for two seats, and the codes of its slips."""
    address = published(director, method="pass", posts=[{"post": "member", "seats": 2}])
    assert director.post(f"{address}/opening").json()["code"] == "slips_missing"
    spoilt = ok(director.post(f"{address}/slips"))["slips"]
    slips = ok(director.post(f"{address}/slips"))["slips"]
    assert len(slips) == ELECTORS == len({x["code"] for x in slips} - {x["code"] for x in spoilt})
    ok(director.post(f"{address}/opening"))
    return address, [x["code"] for x in slips]


def _vote(voter: Visitor, code: str, marks: list[str], **changes: Any) -> Any:
    """Reads the ballot and marks these names."""
    form = ok(voter.get(f"/b/{code}"))
    (contest,) = form["contests"]
    keys = {x["label"]: x["key"] for x in contest["options"]}
    sent = {"once": form["once"], "a": {contest["key"]: {keys[name]: "on" for name in marks}}, **changes}
    return voter.post(f"/b/{code}", json=sent)


def test_an_election_by_slips(director: Visitor, visit_as: Open) -> None:
    address, codes = _ready(director)
    voter = visit_as(None)
    receipts = [ok(_vote(voter, code, ["甲一", "乙二"]))["receipt"] for code in codes[:4]]
    receipts += [ok(_vote(voter, code, ["丙三"]))["receipt"] for code in codes[4:6]]
    assert _vote(voter, codes[6], ["甲一", "乙二", "丙三"]).status_code == 422
    assert _vote(voter, codes[6], []).status_code == 422
    receipts.append(ok(_vote(voter, codes[6], [], blank=True))["receipt"])
    assert voter.get(f"/b/{codes[0]}").status_code == 404
    page = ok(director.get(address))
    assert (page["turnout"], page["result"], page["counts"]) == (7, None, [])
    assert director.post(f"{address}/slips").status_code == 409

    shown = ok(director.post(f"{address}/closing"))
    (count,) = shown["counts"]
    assert (count["issued"], count["returned"], count["unreturned"], count["by_machine"]) == (9, 7, 2, True)
    assert count["posts"][0]["marks"] == {"1": 2, "2": 4}
    assert voter.get(f"/b/{codes[8]}").status_code == 404
    assert director.post(f"{address}/counts", json={**_nothing(), "posts": {}}).json()["code"] == "counted_by_machine"
    result = ok(director.post(f"{address}/declaration"))["result"]
    (contest,) = result["contests"]
    assert [(x["name"], x["votes"], x["fate"]) for x in contest["standings"][:3]] == [
        ("甲一", 4, "elected"),
        ("乙二", 4, "elected"),
        ("丙三", 2, "short"),
    ]
    assert (contest["valid"], contest["invalid"]["blank"]) == (6, 1)
    listed = ok(voter.get(f"{address}/receipts"))["items"]
    assert sorted(receipts) == [x["code"] for x in listed]


def _nothing() -> dict[str, int]:
    return {"issued": 0, "returned": 0, "unreturned": 0}


def test_voiding_destroys_the_ballots_unread(director: Visitor, visit_as: Open) -> None:
    address, codes = _ready(director)
    voter = visit_as(None)
    ok(_vote(voter, codes[0], ["甲一"]))
    shown = ok(director.post(f"{address}/void", json={"reason": "误开"}))
    assert (shown["state"], shown["void_reason"], shown["counts"], shown["result"]) == ("void", "误开", [], None)
    assert voter.get(f"/b/{codes[1]}").status_code == 404
    assert director.post(f"{address}/closing").status_code == 409


def _verify(path: Path) -> tuple[int, str]:
    run = subprocess.run(
        [sys.executable, "app/static/verify.py", str(path), "--en"], capture_output=True, text=True, check=False
    )
    return run.returncode, run.stdout + run.stderr


def test_anybody_recomputes_it(director: Visitor, visit_as: Open, tmp_path: Path) -> None:
    address, codes = _ready(director)
    voter = visit_as(None)
    for code, marks in zip(codes, [["甲一", "乙二"]] * 3 + [["甲一", "丙三"]] * 3 + [["丁四"]], strict=False):
        ok(_vote(voter, code, marks))
    ok(director.post(f"{address}/closing"))
    assert director.get(f"{address}/bundle.json").status_code == 404
    ok(director.post(f"{address}/declaration"))
    answer = voter.get(f"{address}/bundle.json")
    assert answer.headers["ETag"].strip('"') == ok(voter.get(f"{address}/result"))["bundle_sha256"]
    path = tmp_path / "bundle.json"
    path.write_bytes(answer.content)
    code, said = _verify(path)
    assert code == 0, said
    assert "DOES NOT HOLD" not in said

    for wrong in _tampered(answer.json()):
        path.write_text(json.dumps(wrong), encoding="utf-8")
        code, said = _verify(path)
        assert code == 1, said
        assert "DOES NOT HOLD" in said


def _tampered(bundle: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each way to cheat, one at a time."""
    (contest,), outcome = bundle["contests"], bundle["outcome"]["contests"][0]
    first, last = outcome["standings"][0]["candidate_id"], outcome["standings"][-1]["candidate_id"]

    def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        copy: dict[str, Any] = json.loads(json.dumps(bundle))
        change(copy)
        return copy

    yield changed(lambda b: b["contests"][0]["votes"].update({first: contest["votes"][first] - 1, last: 1}))
    yield changed(lambda b: b["contests"][0]["marks"].update({"3": 1, "1": 0}))
    yield changed(lambda b: b["contests"][0].update(seats=1))
    yield changed(lambda b: b["outcome"]["contests"][0]["standings"][-1].update(fate="elected"))
    yield changed(lambda b: b["counts"].update(registered=8))
    yield changed(lambda b: b["counts"].update(unreturned=1))
    yield changed(lambda b: b["electors"]["ids"].pop())
    yield changed(lambda b: b["receipts"].pop())
    yield changed(lambda b: b["rules"]["elected"][0].update(num=1, den=3))
    yield changed(lambda b: b["pack"].update(number=2))
    yield changed(lambda b: b["outcome"].update(valid=False))


def test_the_operators_check_sees_what_was_changed(director: Visitor, visit_as: Open, db: Database) -> None:
    address, codes = _ready(director)
    for code in codes[:5]:
        ok(_vote(visit_as(None), code, ["甲一"]))
    ok(director.post(f"{address}/closing"))
    ok(director.post(f"{address}/declaration"))
    assert [*checks.lists(db), *checks.results_hold(db)] == []
    with db.write() as s:
        count = s.exec(select(ElectionCount)).one()
        (row,) = count.posts
        taken = {**row["votes"], next(iter(row["votes"])): 6}
        count.posts = [{**row, "votes": taken}]
        s.exec(select(Elector)).first().struck = True  # type: ignore[union-attr]
    (strange,) = checks.lists(db)
    assert "another list of electors" in strange
    faults = " ".join(checks.results_hold(db))
    for fault in ("does not reconcile", "otherwise than its box says", "not what its count gives"):
        assert fault in faults
