"""The long work of a job: checking its file, and writing it into the register. Runs in the worker's thread.

A job belongs to whoever holds its lease; every change of the job asks for it. The register is written in one
transaction that also marks the job as written, so a crash leaves either everything or nothing, and nothing is done
twice. On SQLite, where a write holds up all others, what is derived from the register (search terms, and what higher
rooms make of changed households) follows in small transactions; a crash between them is made good by whoever takes
the job over.
"""

from __future__ import annotations

import contextlib
import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from app.accounts.models import User
from app.core import audit
from app.core.clock import now, today
from app.core.db import Database, lock_row
from app.core.i18n import N_
from app.households.imports import store, survey
from app.households.imports.bulk import Changed
from app.households.imports.changes import Changes
from app.households.imports.lines import LineReader
from app.households.imports.models import ImportJob, ImportState
from app.households.imports.planner import Decision, Planner
from app.households.imports.prepared import Prepared, tell
from app.households.imports.problems import FileRefused, Problem, problem
from app.households.imports.reading import open_table
from app.households.imports.register import Register
from app.households.models import Household
from app.households.residents.models import Resident
from app.households.residents.service import write_terms

LEASE = timedelta(seconds=30)
WRITING_LEASE = timedelta(minutes=5)
LONGEST_READING = 120.0  # seconds
MOST_ATTEMPTS = 3
_BEAT = 1.0
_PAUSE = 0.001
_TERMS_AT_ONCE = 40_000  # fewer would write the same pages of the index again and again
_HOMES_AT_ONCE = 2_000
_OUTDATED = N_("检查之后，系统里的资料有了变动，报告已更新，没有写入任何内容。请核对后再次确认。")
_BUSY = N_("系统里的资料正被频繁修改，没有写入任何内容。请稍后再次确认。")
OPEN_STATES = (ImportState.uploaded, ImportState.checking, ImportState.running)

live: dict[UUID, tuple[str, int, int]] = {}  # progress that this process knows and the table not yet: step, done, rows


class LeaseLost(Exception):
    """Another server has taken the job over."""


@dataclass(frozen=True)
class _Actor:
    """Whoever confirmed the import, in the audit log."""

    kind: str
    id: UUID | None
    name: str


def claim(db: Database, owner: str) -> UUID | None:
    """Takes the lease of a job that nobody works on."""
    free = or_(col(ImportJob.lease_until).is_(None), col(ImportJob.lease_until) < now())
    waiting = col(ImportJob.state).in_(OPEN_STATES)
    with db.read() as s:
        found = s.scalars(select(col(ImportJob.id)).where(waiting, free).order_by(col(ImportJob.created_at))).first()
    if found is None:
        return None
    values = {"lease_owner": owner, "lease_until": now() + LEASE, "attempts": col(ImportJob.attempts) + 1}
    with db.write() as s:
        taken = s.execute(update(ImportJob).where(col(ImportJob.id) == found, waiting, free).values(**values))
        return found if taken.rowcount == 1 else None  # type: ignore[attr-defined]


class Work:
    """One job in the hands of one worker."""

    def __init__(self, db: Database, job_id: UUID, owner: str) -> None:
        self.db, self.job_id, self.owner = db, job_id, owner
        self._last_beat = time.monotonic()

    def run(self) -> None:
        with self.db.read() as s:
            job = s.get_one(ImportJob, self.job_id)
        try:
            if job.attempts > MOST_ATTEMPTS and job.written_at is None:
                self._end(ImportState.failed, problem(N_("处理多次中断，没有写入任何内容。请重新上传。")))
            elif job.state == ImportState.running:
                self._commit(job)
            else:
                self._check(job)
        except FileRefused as refused:
            self._end(ImportState.failed, refused.problem)
        except LeaseLost:
            pass
        finally:
            live.pop(self.job_id, None)
            _give_back()

    # --- The lease ---

    def _update(self, s: Session, **values: Any) -> None:
        mine = (col(ImportJob.id) == self.job_id, col(ImportJob.lease_owner) == self.owner)
        done = s.execute(
            update(ImportJob)
            .where(*mine, col(ImportJob.state).in_(OPEN_STATES))
            .values(version=col(ImportJob.version) + 1, updated_at=now(), **values)
        )
        if done.rowcount != 1:  # type: ignore[attr-defined]
            raise LeaseLost

    def _beat(self, step: str, done: int, rows: int, *, lease: timedelta = LEASE, at_once: bool = False) -> None:
        """Shows progress, keeps the lease, and lets others have the processor."""
        live[self.job_id] = (step, done, rows)
        if at_once or time.monotonic() - self._last_beat > _BEAT:
            with self.db.write() as s:
                self._update(s, step=step, done=done, rows=rows, lease_until=now() + lease)
            self._last_beat = time.monotonic()
        time.sleep(_PAUSE)

    def _end(self, state: ImportState, why: Problem | None = None) -> None:
        with self.db.write() as s:
            self._finish(s, state, why)

    def _finish(self, s: Session, state: ImportState, why: Problem | None, **values: Any) -> None:
        if state in (ImportState.done, ImportState.failed):
            values["finished_at"] = now()
            store.erase(s, self.job_id, store.FILE, store.LINES)
        self._update(
            s,
            state=state,
            step="",
            problem=None if why is None else {"plain": why.plain()},
            lease_owner=None,
            lease_until=None,
            attempts=0,
            **values,
        )

    # --- Checking ---

    def _check(self, job: ImportJob) -> None:
        with self.db.write() as s:
            self._update(s, state=ImportState.checking, lease_until=now() + LEASE)
        report = store.ReportWriter(self.job_id)
        with self.db.read() as s:
            register = Register(s, job.community_id)
            found = self._read(store.file_of(s, job.id), job, register)
            lines = store.sealed_lines(job.id, found.kept())
            planner = self._plan(register, found, Changes(), "checking", report)
        self._checked(planner, found, report, None, lines)

    def _check_again(self, job: ImportJob) -> None:
        """The register has changed since the check: a new report, and nothing is written."""
        report = store.ReportWriter(self.job_id)
        with self.db.read() as s:
            register = Register(s, job.community_id)
            found = self._restore(s, job, register)
            planner = self._plan(register, found, Changes(), "checking", report)
        self._checked(planner, found, report, problem(_OUTDATED))

    def _checked(
        self,
        planner: Planner,
        found: survey.Survey,
        report: store.ReportWriter,
        why: Problem | None,
        lines: list[dict[str, Any]] | None = None,
    ) -> None:
        report.finish()
        with self.db.write() as s:
            report.write(s)
            if lines:  # in place of the file
                store.erase(s, self.job_id, store.FILE, store.LINES)
                store.put(s, lines)
            self._finish(
                s,
                ImportState.checked,
                why,
                done=found.rows,
                rows=found.rows,
                fates=dict(planner.fates),
                totals=dict(+planner.changes.totals),
                unknown_columns=found.unknown_columns,
                digest=planner.digest,
                checked_at=now(),
            )

    def _plan(
        self,
        register: Register,
        found: survey.Survey,
        changes: Changes,
        step: str,
        report: store.ReportWriter | None = None,
    ) -> Planner:
        """Decides every row."""
        planner = Planner(register, found, changes, today())
        done = 0
        for lines in found.lines():
            for decision in planner.decide(lines):
                if report is not None:
                    report.add(decision.fate, _item(decision))
            done += len(lines)
            self._beat(step, done, found.rows)
        return planner

    def _restore(self, s: Session, job: ImportJob, register: Register) -> survey.Survey:
        """What the check read, against the grid areas as they are now."""
        found = survey.Survey(register.grid_areas, unknown_columns=job.unknown_columns)
        for rows in found.again(store.lines_of(s, job.id)):
            self._beat("preparing", rows, job.rows)
        return found

    def _read(self, data: bytes, job: ImportJob, register: Register) -> survey.Survey:
        table = open_table(data, f"register.{job.format}")
        found = survey.Survey(register.grid_areas, unknown_columns=table.unknown_columns)
        reader, deadline = LineReader(table.date_1904), time.monotonic() + LONGEST_READING
        for row, cells in table.rows:
            found.take(row, cells, reader)
            if found.rows % survey.PACK == 0:
                self._beat("reading", found.rows, 0)
                if time.monotonic() > deadline:
                    raise FileRefused(N_("读取这个文件用时过长，已停止。请分成几个文件导入。"))
        if not found.rows:
            raise FileRefused(N_("表头下面没有任何内容。"))
        return found

    # --- Writing ---

    def _commit(self, job: ImportJob) -> None:
        if job.written_at is not None:  # a server died between the register and what is derived from it
            self._derive_again(job, job.written_at)
            self._end(ImportState.done)
            return
        for _attempt in range(MOST_ATTEMPTS):
            ready = self._prepare(job)
            if ready is None:
                return
            prepared, mark = ready
            self._beat("writing", 0, prepared.size, lease=WRITING_LEASE, at_once=True)
            try:
                self._write(job, prepared, mark)
                break
            except (Changed, IntegrityError):
                self._beat("preparing", 0, job.rows, at_once=True)
        else:
            self._end(ImportState.checked, problem(_BUSY))
            return
        if prepared.in_steps:
            self._derive(prepared)
            self._end(ImportState.done)
        self.db.analyze_if_idle()

    def _prepare(self, job: ImportJob) -> tuple[Prepared, list[Any]] | None:
        """Plans again and makes everything ready. None where the plan is no longer the one that was agreed to."""
        with self.db.read() as s:
            register = Register(s, job.community_id)
            mark = register.mark()
            orders = {number: b.walk_order for number, b in register.buildings.items()}
            prepared = Prepared(job.community_id, self.db.engine.dialect, orders)
            found = self._restore(s, job, register)
            planner = self._plan(register, found, prepared, "preparing")
        if planner.digest != job.digest:
            del prepared
            self._check_again(job)
            return None
        del planner, found, register  # large, and done with
        return prepared, mark

    def _write(self, job: ImportJob, prepared: Prepared, mark: list[Any]) -> None:
        """The one transaction. What could have changed since the plan was made is looked at again first."""
        written = 0

        def tick(count: int) -> None:
            nonlocal written
            written += count
            live[self.job_id] = ("writing", min(written, prepared.size), prepared.size)

        with self.db.write() as s:
            held = lock_row(s, ImportJob, self.job_id)
            if held is None or held.lease_owner != self.owner or held.state != ImportState.running:
                raise LeaseLost
            if Register(s, job.community_id).mark() != mark:
                raise Changed
            audit.set_actor(s, _actor(s, job))
            prepared.write(s, tick)
            audit.note(
                s,
                "import.commit",
                "import_job",
                job.id,
                job.community_id,
                import_job_id=job.id,
                sha256=job.sha256,
                rows=job.rows,
                fates=job.fates,
                totals=dict(+prepared.totals),
                allow_partial=job.allow_partial,
                written_at=prepared.at,
            )
            found = {"totals": dict(+prepared.totals), "done": job.rows, "rows": job.rows, "written_at": prepared.at}
            if prepared.in_steps:
                self._update(s, step="indexing", lease_until=now() + LEASE, **found)
            else:
                self._finish(s, ImportState.done, None, **found)

    # --- What follows on SQLite, in small transactions, so that others who write need not wait for it all ---

    def _derive(self, prepared: Prepared) -> None:
        self._tell(list(prepared.homes))
        done = 0
        for some in prepared.terms.in_order(_TERMS_AT_ONCE):
            with self.db.write() as s:
                prepared.terms.insert(s, some)
            done += len(some)
            self._beat("indexing", done, prepared.terms.count)

    def _tell(self, homes: list[UUID]) -> None:
        for at in range(0, len(homes), _HOMES_AT_ONCE):
            with self.db.write() as s:
                tell(s, homes[at : at + _HOMES_AT_ONCE])
            self._beat("indexing", at, len(homes))

    def _derive_again(self, job: ImportJob, written_at: datetime) -> None:
        """All households once more, and the terms of everybody whom the job registered, from the names as they are."""
        with self.db.read() as s:
            homes = list(s.scalars(select(col(Household.id)).where(col(Household.community_id) == job.community_id)))
        self._tell(homes)
        own = (col(Resident.community_id) == job.community_id, col(Resident.created_at) == written_at)
        with self.db.read() as s:
            people = list(s.scalars(select(col(Resident.id)).where(*own).order_by(col(Resident.id))))
        for at in range(0, len(people), survey.PACK):
            with self.db.write() as s:
                for resident in s.scalars(select(Resident).where(col(Resident.id).in_(people[at : at + survey.PACK]))):
                    write_terms(s, resident)
            self._beat("indexing", at, len(people))


def _give_back() -> None:
    """Returns memory that is free again to the system (glibc keeps a third of what a large import took)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _actor(s: Session, job: ImportJob) -> _Actor:
    user = s.get(User, job.committed_by) if job.committed_by else None
    return _Actor("user", job.committed_by, user.display_name if user else "")


def _item(decision: Decision) -> store.Item:
    line = decision.line
    return [line.row, line.label, line.name, [detail.plain() for detail in decision.details]]


def drain(db: Database, owner: str = "here", on_claim: Callable[[UUID], None] | None = None) -> int:
    """Does every job that waits, in this thread. Returns how many."""
    count = 0
    while (job_id := claim(db, owner)) is not None:
        if on_claim:
            on_claim(job_id)
        Work(db, job_id, owner).run()
        count += 1
    return count
