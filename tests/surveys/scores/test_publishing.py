"""Publishing: rows that never change, corrections as revisions, an order in which nobody misses a row."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from app.core import audit
from app.core.audit import AuditEntry
from app.core.clock import now
from app.core.db import Database
from app.core.errors import Conflict
from app.surveys.instruments.subjects import Subject
from app.surveys.scores import service
from app.surveys.scores.models import FEED, Score, ScoreFeed
from tests.cast import Cast
from tests.surveys.scores.made import facts_of, make_round, publish, scored
from tests.visitor import Visitor


def rows(db: Database) -> list[Score]:
    with db.read() as s:
        return list(s.exec(select(Score).order_by(col(Score.published_at), col(Score.id))))


@pytest.mark.parametrize("statement", ["UPDATE score SET satisfied = 60", "DELETE FROM score"])
def test_a_published_score_never_changes(db: Database, cast: Cast, statement: str) -> None:
    with db.write() as s:
        publish(s, cast.community)
    with pytest.raises(DBAPIError, match="append-only"), db.write() as s:
        s.execute(text(statement))
    assert [score.satisfied for score in rows(db)] == [57]


@pytest.mark.postgres
def test_postgres_refuses_to_empty_the_table(db: Database, cast: Cast) -> None:
    with db.write() as s:
        publish(s, cast.community)
    with pytest.raises(DBAPIError, match="append-only"), db.write() as s:
        s.execute(text("TRUNCATE score CASCADE"))


def test_what_is_stored(db: Database, cast: Cast) -> None:
    with db.write() as s:
        head = audit.head(s)["hash"]
        publish(s, cast.community, scored(48, 9, 3, 2, invited=66))
    (score,) = rows(db)
    assert (score.valid, score.satisfied, score.strict, score.people, score.responses) == (60, 57, 48, 60, 62)
    assert (score.rate, score.strict_rate, score.low, score.high, score.mean) == (9500, 8000, 8636, 9545, 9200)
    assert (score.revision, score.supersedes, score.reason, score.suppressed) == (1, None, "", "")
    assert score.audit_head == head


def test_a_score_of_a_few_is_stored_without_figures(db: Database, cast: Cast) -> None:
    with db.write() as s:
        publish(s, cast.community, scored(3, 1, 0, 9, invited=60))
    (score,) = rows(db)
    assert score.suppressed == "few" and score.responses == 13 and score.invited == 60
    assert [getattr(score, n) for n in ("people", "valid", "satisfied", "strict", "rate", "low", "high", "mean")] == [
        None
    ] * 8
    assert score.items == [] and score.areas == []
    with db.read() as s:
        said = " ".join(e.changes for e in s.exec(select(AuditEntry).where(AuditEntry.object_type == "score")))
    assert "satisfied" not in said and "valid" not in said


def test_each_publication_is_in_the_audit_log(db: Database, cast: Cast) -> None:
    with db.write() as s:
        (score,) = publish(s, cast.community)
    with db.read() as s:
        entry = s.exec(select(AuditEntry).where(AuditEntry.object_id == score.id)).one()
    assert (entry.action, entry.community_id) == ("score.publish", cast.community)


def test_a_second_publication_needs_a_reason(db: Database, cast: Cast) -> None:
    with db.write() as s:
        round_ = make_round(s, cast.community)
        service.store(s, facts_of(round_), scored(57, 0, 3))
    with pytest.raises(Conflict), db.write() as s:
        service.store(s, facts_of(round_), scored(40, 0, 20))
    assert len(rows(db)) == 1


def test_a_correction_is_a_new_row(db: Database, cast: Cast) -> None:
    with db.write() as s:
        round_ = make_round(s, cast.community)
        (first,) = service.store(s, facts_of(round_), scored(57, 0, 3))
    with db.write() as s:
        (second,) = service.store(s, facts_of(round_), scored(50, 0, 10), reason="十张选票录错了一列")
        assert service.of_round(s, round_.id, latest=True) == [second]
    before, after = rows(db)
    assert (before.satisfied, after.satisfied) == (57, 50)
    assert (after.revision, after.supersedes, after.reason) == (2, first.id, "十张选票录错了一列")
    assert after.published_at > before.published_at


def test_a_correction_writes_only_what_differs(db: Database, cast: Cast) -> None:
    other = Subject("b", "staff", "李工")
    with db.write() as s:
        round_ = make_round(s, cast.community)
        service.store(s, facts_of(round_), [*scored(57, 0, 3), *scored(30, 0, 30, subject=other)])
    with db.write() as s:
        again = [*scored(57, 0, 3), *scored(20, 0, 40, subject=other)]
        written = service.store(s, facts_of(round_), again, reason="复核")
    assert [score.subject_name for score in written] == ["李工"]


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [((56, 0, 4), "revision"), ((57, 0, 4), "revision"), ((57, 0, 3, 2), "revision"), ((52, 0, 8), "")],
)
def test_two_revisions_never_show_the_answers_of_a_few(
    db: Database, cast: Cast, counts: tuple[int, ...], hidden: str
) -> None:
    """Also who "does not know": the counts of the options are published with the item."""
    with db.write() as s:
        round_ = make_round(s, cast.community)
        service.store(s, facts_of(round_), scored(57, 0, 3))
    with db.write() as s:
        (second,) = service.store(s, facts_of(round_), scored(*counts, invited=65), reason="补录")
    assert second.suppressed == hidden
    assert (second.satisfied is None) == bool(hidden)


def test_a_revision_is_held_against_every_one_before(db: Database, cast: Cast) -> None:
    """57 -> 40 may be shown, but 40 -> 56 may not: it is one vote from the first."""
    with db.write() as s:
        round_ = make_round(s, cast.community)
        for counts, hidden in (((57, 0, 3), ""), ((40, 0, 20), ""), ((56, 0, 4), "revision")):
            (score,) = service.store(s, facts_of(round_), scored(*counts), reason="更正")
            assert score.suppressed == hidden


def test_a_clock_that_runs_ahead_does_not_break_the_order(db: Database, cast: Cast) -> None:
    with db.write() as s:
        publish(s, cast.community)
    ahead = now() + timedelta(hours=3)
    with db.write() as s:
        feed = s.get_one(ScoreFeed, FEED)
        feed.last_at = ahead
    with db.write() as s:
        (score,) = publish(s, cast.community, period="2026-07")
    assert score.published_at == ahead + timedelta(milliseconds=1)


def pull(db: Database, seen: list[Score]) -> None:
    """What a puller does who keeps the last place."""
    with db.read() as s:
        statement = select(Score).order_by(col(Score.published_at), col(Score.id))
        if seen:
            last = seen[-1]
            statement = statement.where(
                (col(Score.published_at) > last.published_at)
                | ((col(Score.published_at) == last.published_at) & (col(Score.id) > last.id))
            )
        seen.extend(s.exec(statement))


def test_parallel_publishers_and_a_puller_that_misses_nothing(db: Database, cast: Cast) -> None:
    staff = [Subject(f"s{i}", "staff", f"员{i}") for i in range(4)]
    made = [score for subject in staff for score in scored(30, 10, 10, subject=subject)]
    periods = [f"{year}-{month:02d}" for year in (2024, 2025) for month in range(1, 13)]
    with db.write() as s:
        rounds = [facts_of(make_round(s, cast.community, period)) for period in periods]

    def work(facts: service.RoundFacts) -> None:
        with db.write() as s:
            service.store(s, facts, made)

    seen: list[Score] = []
    with ThreadPoolExecutor(6) as pool:
        tasks = [pool.submit(work, facts) for facts in rounds]
        while not all(task.done() for task in tasks):
            pull(db, seen)
        for task in tasks:
            task.result()
    pull(db, seen)
    assert len(seen) == len({score.id for score in seen}) == len(rounds) * 4
    with db.read() as s:
        assert s.get_one(ScoreFeed, FEED).size == len(seen)


_PUBLISHER = """
    import sys
    from uuid import UUID
    import app.tables
    from app.core.db import Database
    from app.surveys.scores import service
    from tests.surveys.scores.made import scored
    db = Database(sys.argv[1])
    for pair in sys.argv[3:]:
        round_id, period = pair.split("=")
        with db.write() as s:
            facts = service.RoundFacts(UUID(sys.argv[2]), UUID(round_id), "property_monthly", period)
            service.store(s, facts, scored(57, 0, 3))
    db.close()
"""


@pytest.mark.postgres
def test_several_processes_publish_in_the_order_of_their_commits(db: Database, cast: Cast, database_url: str) -> None:
    with db.write() as s:
        rounds = [
            [make_round(s, cast.community, f"{year}-{month:02d}") for month in range(1, 13)]
            for year in (2023, 2024, 2025)
        ]
        pairs = [[f"{r.id}={r.period}" for r in group] for group in rounds]
    command = [sys.executable, "-c", textwrap.dedent(_PUBLISHER), database_url, str(cast.community)]
    root = Path(__file__).resolve().parents[3]
    env = {**os.environ, "PYTHONPATH": str(root)}
    running = [subprocess.Popen([*command, *group], cwd=root, env=env) for group in pairs]
    seen: list[Score] = []
    while any(process.poll() is None for process in running):
        pull(db, seen)
    pull(db, seen)
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(seen) == 36 and [r.id for r in seen] == [r.id for r in rows(db)]


def test_a_subject_keeps_its_name_of_then(db: Database, cast: Cast, visit_as: Callable[[str | None], Visitor]) -> None:
    with db.write() as s:
        (score,) = publish(s, cast.community)
    assert visit_as("王站长").get(f"/scores/{score.id}").json()["subject_name"] == "翰林物业"


def test_a_failed_publication_leaves_nothing(db: Database, cast: Cast) -> None:
    class Stop(Exception):
        pass

    def fail(s: Session) -> None:
        publish(s, cast.community)
        raise Stop

    with pytest.raises(Stop), db.write() as s:
        fail(s)
    assert rows(db) == []
