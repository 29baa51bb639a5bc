"""Running an installation: the command line, what `qinlian check` finds, and what other systems are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlmodel import col, select, update

from app.communities.webhooks.models import WebhookDelivery, WebhookEndpoint
from app.core.db import Database
from app.surveys.rounds import checks
from app.surveys.rounds.models import DrawPick, FrameEntry, Round, RoundBundle
from tests.cast import Cast
from tests.operations.server import qinlian
from tests.surveys.rounds import helpers


def test_the_command_line_runs_what_is_due(db: Database, cast: Cast, database_url: str, tmp_path: Path) -> None:
    helpers.ready(db, cast.community)
    done = qinlian(database_url, tmp_path, "rounds", "run-due", "--json", "--as-of", "2012-06-25T10:00:00+08:00")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["opened"] == [str(helpers.the_round(db).id)]
    again = qinlian(database_url, tmp_path, "rounds", "run-due", "--as-of", "2012-06-25")
    assert again.stdout.strip() == "opened 0, reminded 0, closed 0, published 0"


@pytest.mark.parametrize(
    ("words", "more", "said"),
    [
        (["--as-of", "yesterday"], {}, "neither a date"),
        (["--as-of", "2012-06-25T10:00:00"], {}, "time zone"),
        (
            ["--as-of", "2012-06-25"],
            {
                "APP_ENV": "production",
                "APP_SECRET": "k7Jq2mXw9ZpL4vRt8bNc3hYd6gFs1aEu",
                "APP_ALLOWED_HOSTS": "example.org",
                "APP_BASE_URL": "https://example.org",
            },
            "trying out",
        ),
    ],
)
def test_the_command_line_refuses_in_one_line(
    database_url: str, tmp_path: Path, words: list[str], more: dict[str, str], said: str
) -> None:
    done = qinlian(database_url, tmp_path, "rounds", "run-due", *words, **more)
    assert done.returncode == 1 and said in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.fixture
def finished(db: Database, cast: Cast) -> Round:
    helpers.sample_of_residents(db, cast.community, public_number=False)
    helpers.run(db, "2012-06-25T09:00:00")
    helpers.answer(db, helpers.the_round(db), 6)
    helpers.run(db, "2012-06-30T09:00:00")
    return helpers.the_round(db)


def _found(db: Database) -> set[str]:
    return {name for name, check in checks.CHECKS.items() if list(check(db))}


def test_all_is_well(db: Database, finished: Round) -> None:
    assert finished.state == "published" and _found(db) == set()


def test_a_round_put_back_by_hand_is_found(db: Database, finished: Round) -> None:
    with db.write() as s:
        s.execute(update(Round).values(state="open"))
    assert _found(db) == {"round_boxes", "round_publications"}


def test_a_bundle_changed_after_publication_is_found(db: Database, finished: Round) -> None:
    with db.write() as s:
        s.execute(update(RoundBundle).values(content="{}"))
    assert _found(db) == {"round_publications"}


def test_somebody_drawn_by_hand_is_found(db: Database, finished: Round) -> None:
    with db.write() as s:
        drawn = set(s.scalars(select(DrawPick.public_id)))
        other = s.scalars(select(FrameEntry.public_id).where(col(FrameEntry.public_id).not_in(drawn))).first()
        first = s.scalars(select(DrawPick.public_id).where(DrawPick.position == 1)).one()
        s.execute(update(DrawPick).where(col(DrawPick.public_id) == first).values(public_id=other))
    assert _found(db) == {"round_draws"}


def test_somebody_moved_to_another_household_is_found(db: Database, finished: Round) -> None:
    with db.write() as s:
        s.execute(update(FrameEntry).values(cluster=""))
    assert _found(db) == {"round_draws"}


def test_other_systems_are_told_once_and_without_a_name(db: Database, cast: Cast) -> None:
    events = ["round.opened", "round.reminder", "round.closed", "score.published"]
    with db.write() as s:
        s.add(
            WebhookEndpoint(
                community_id=cast.community, url="https://example.org/hook", events=events, secret=b"\x00" * 32
            )
        )
    helpers.ready(db, cast.community)
    helpers.run(db, "2012-06-25T09:00:00")
    helpers.answer(db, helpers.the_round(db), 6)
    for at in ("2012-06-27T09:00:00", "2012-06-27T09:00:00", "2012-06-30T09:00:00"):
        helpers.run(db, at)
    with db.read() as s:
        told = s.exec(select(WebhookDelivery).order_by(col(WebhookDelivery.created_at), col(WebhookDelivery.id))).all()
    assert [one.event for one in told] == ["round.opened", "round.reminder", "round.closed", "score.published"]
    for one in told:
        assert "代表" not in one.body and json.loads(one.body)
    assert str(helpers.the_round(db).id) in told[0].body
