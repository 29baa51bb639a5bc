"""A year of rounds, with cron and phones only: a district has every score exactly once, and anyone can check them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient

from app.core.config import get_settings
from app.core.db import Database
from app.core.pages import STATIC
from app.demo import acceptance
from app.main import create_app
from app.migrate import migrate
from tests import pg
from tests.conftest import ENGINE

pytestmark = pytest.mark.timeout(300)
BEGIN, END = datetime(2013, 1, 1, 1, tzinfo=UTC), datetime(2013, 12, 31, 1, tzinfo=UTC)
EVERY = timedelta(days=5)


class Year:
    """One installation in 2013, with those who meet it from outside: cron, phones and a district system."""

    def __init__(self, db: Database) -> None:
        migrate(db)
        self.seeded = acceptance.seed(db, get_settings())
        self.client = TestClient(create_app(database=db), raise_server_exceptions=False)
        self.pulled: list[dict[str, Any]] = []
        self.cursor: str | None = None
        user = self.seeded["users"]["director_a"]
        self.director = TestClient(self.client.app)
        assert self.director.post("/sign-in", json={k: user[k] for k in ("username", "password")}).status_code == 200

    def ask(self, method: str, path: str, client: str, **more: Any) -> Any:
        token = self.seeded["clients"][client]["token"]
        answer = self.client.request(method, "/api/v1" + path, headers={"Authorization": f"Bearer {token}"}, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def cron(self) -> dict[str, list[str]]:
        body = {"as_of": datetime.now(UTC).isoformat()} if ENGINE == "postgresql" else {}  # the server's clock stands
        done: dict[str, list[str]] = self.ask("POST", "/rounds/run-due", "cron", json=body)
        again = self.ask("POST", "/rounds/run-due", "cron", json=body)
        assert not any(again.values()), "running it twice changes nothing"
        return done

    def pull(self) -> None:
        """What a district system does: from the place kept last, until nothing follows."""
        while True:
            page = self.ask("GET", "/scores", "district_scores", params={"cursor": self.cursor} if self.cursor else {})
            self.pulled += page["items"]
            self.cursor = page["cursor"] or self.cursor
            if page["next"] is None:
                return

    def phones(self, round_id: str) -> int:
        """Everybody with a slip answers, but for one."""
        letters = self.director.post(f"/rounds/{round_id}/letters", headers={"Sec-Fetch-Site": "same-origin"})
        if letters.status_code == 404:
            return 0  # the other community's
        assert letters.status_code == 200, letters.text
        codes = [letter["code"] for letter in letters.json()["letters"]][1:]
        for number, code in enumerate(codes):
            self._answer(code, number)
        return len(codes)

    def _answer(self, code: str, number: int) -> None:
        form = self.client.get(f"/s/{code}").json()
        body = {"once": form["once"], "a": _filled(form, unhappy=number == 0)}
        sent = self.client.post(f"/s/{code}", json=body)
        assert sent.status_code == 200 and sent.json()["receipt"], sent.text
        assert self.client.post(f"/s/{code}", json=body).json()["receipt"] == sent.json()["receipt"]
        assert self.client.get(f"/s/{code}").status_code == 404


def _filled(form: dict[str, Any], *, unhappy: bool) -> dict[str, dict[str, Any]]:
    filled: dict[str, dict[str, Any]] = {}
    for section in form["definition"]["sections"]:
        for subject in (s["key"] for s in form["subjects"] if s["kind"] == section["subject_kind"]):
            for question in section["questions"]:
                if question["options"]:
                    option = question["options"][2 if unhappy else 0]["key"]
                    rows = {row["key"]: option for row in question["rows"]}
                    filled.setdefault(subject, {})[question["key"]] = rows or option
    return filled


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    if ENGINE != "postgresql":
        made = Database(f"sqlite:///{tmp_path / 'year.db'}")
        yield made
        made.close()
        return
    server, name = pg.server_url(), f"year_{abs(hash(str(tmp_path)))}"
    made = Database(pg.create_database(server, name))
    yield made
    made.close()
    pg.drop_database(server, name)


def test_a_year_runs_by_itself(db: Database, tmp_path: Path) -> None:
    with time_machine.travel(BEGIN, tick=True) as traveller:
        year = Year(db)
        year.cron()
        year.pull()
        begun = len(year.pulled)
        answered: dict[str, int] = {}
        while (at := datetime.now(UTC) + EVERY) < END:
            traveller.move_to(at)
            opened = year.cron()["opened"]
            if opened:
                _signed_in(year)
            for round_id in opened:
                answered[round_id] = year.phones(round_id)
            year.pull()
        _signed_in(year)
        for round_id in answered:  # what its schedule leaves to a person
            year.director.post(f"/rounds/{round_id}/publish", headers={"Sec-Fetch-Site": "same-origin"})
        year.pull()
        rounds = year.ask("GET", "/rounds", "district_read", params={"limit": 500})["items"]
        everything = year.ask("GET", "/scores", "district_scores", params={"limit": 500})["items"]
    ours = {r["id"]: r for r in rounds if r["id"] in answered and answered[r["id"]]}
    periods = {r["period"] for r in ours.values() if r["instrument_key"] == "property_monthly"}
    assert periods >= {f"2013-{month:02d}" for month in range(2, 13)}
    assert {"2013-H1", "2013-H2"} <= {r["period"] for r in ours.values()}
    assert len({(r["schedule_id"], r["period"]) for r in rounds}) == len(rounds)
    assert [x["id"] for x in year.pulled] == [x["id"] for x in everything], "every score once, in its place"
    assert len(year.pulled) > begun + 30
    _check(year, [r for r in ours.values() if r["state"] == "published"], answered, tmp_path)


def _signed_in(year: Year) -> None:
    """Sessions end after some hours, so the director signs in again."""
    user = year.seeded["users"]["director_a"]
    year.director.cookies.clear()
    year.director.post("/sign-in", json={k: user[k] for k in ("username", "password")})


def _check(year: Year, rounds: list[dict[str, Any]], answered: dict[str, int], tmp_path: Path) -> None:
    """A resident with the published file and the script gets the same sample and the same score."""
    assert {r["instrument_key"] for r in rounds} == {"property_monthly", "committee_halfyear", "integrity_yearly"}
    assert len(rounds) >= 13
    script = tmp_path / "verify.py"
    script.write_bytes((STATIC / "verify.py").read_bytes())
    for round_ in rounds:
        assert round_["answered"] == answered[round_["id"]]
        bundle = year.client.get(f"/rounds/{round_['id']}/bundle").content
        counted = json.loads(bundle)
        assert counted["counts"]["returned"] == round_["answered"]
        verified = subprocess.run([sys.executable, script, "-"], input=bundle, capture_output=True, check=False)
        assert verified.returncode == 0, verified.stdout.decode()
