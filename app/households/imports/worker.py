"""The server's own worker: one thread that does import jobs as they come, and tidies up after them."""

from __future__ import annotations

import os
import secrets
import threading
import time
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col

from app.core import logs
from app.core.clock import now
from app.core.db import Database, is_unavailable
from app.core.errors import Unavailable
from app.core.i18n import N_
from app.households.imports.models import ImportJob, ImportPart, ImportState
from app.households.imports.problems import problem
from app.households.imports.work import OPEN_STATES, Work, claim

KEPT = timedelta(days=7)
_POLL = 3.0
_TIDY = 3600.0
_EXPIRED = N_("超过 7 天没有确认导入，文件和报告已删除。")
_CRASHED = N_("导入时出错，没有写入任何内容。请重新上传；若仍出错，请联系管理员。")


def do_next(db: Database, owner: str) -> bool:
    """Does one waiting job, if there is one. A store that cannot be reached leaves the job for later."""
    job_id = claim(db, owner)
    if job_id is None:
        return False
    try:
        Work(db, job_id, owner).run()
    except Exception as error:
        waits = isinstance(error, Unavailable) or is_unavailable(error)
        logs.log.error("import failed", kind=type(error).__name__, later=waits, exc_info=None if waits else error)
        _give_up(db, job_id, owner, waits=waits)
    return True


def _give_up(db: Database, job_id: UUID, owner: str, *, waits: bool) -> None:
    values = {"lease_until": now()} if waits else {
        "state": ImportState.failed,
        "problem": {"plain": problem(_CRASHED).plain()},
        "finished_at": now(),
        "lease_owner": None,
        "lease_until": None,
    }  # fmt: skip
    try:
        with db.write() as s:
            mine = [col(ImportJob.id) == job_id, col(ImportJob.lease_owner) == owner]
            if not waits:  # what is written already is finished by the next to take the job
                mine.append(col(ImportJob.written_at).is_(None))
            s.execute(update(ImportJob).where(*mine, col(ImportJob.state).in_(OPEN_STATES)).values(**values))
    except (DBAPIError, Unavailable):
        pass  # the lease runs out by itself


def tidy(db: Database) -> None:
    """Erases files and reports after some days; what was never confirmed is closed."""
    before = now() - KEPT
    with db.read() as s:
        if not _leftovers(s):
            return
    with db.write() as s:
        old = select(col(ImportJob.id)).where(col(ImportJob.updated_at) < before)
        s.execute(delete(ImportPart).where(col(ImportPart.job_id).in_(old)))
        s.execute(
            update(ImportJob)
            .where(col(ImportJob.updated_at) < before, col(ImportJob.state) == ImportState.checked)
            .values(state=ImportState.failed, problem={"plain": problem(_EXPIRED).plain()}, finished_at=now())
        )


def _leftovers(s: Session) -> bool:
    before = now() - KEPT
    old = select(col(ImportJob.id)).join(ImportPart, col(ImportPart.job_id) == col(ImportJob.id))
    return s.scalar(old.where(col(ImportJob.updated_at) < before).limit(1)) is not None


class Worker:
    """Started with the server, stopped with it. A job in the middle of which the server stops is taken up again."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._owner = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="imports", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout=10)

    def wake(self) -> None:
        """There is something to do: look at once, not at the next poll."""
        self._wake.set()

    def _run(self) -> None:
        tidied = float("-inf")
        while not self._stop.is_set():
            woken = self._wake.wait(timeout=_POLL)
            self._wake.clear()
            try:
                self._work_off(woken)
                if time.monotonic() - tidied > _TIDY:
                    tidied = time.monotonic()
                    tidy(self._db)
            except Exception as error:
                logs.log.error("import worker", kind=type(error).__name__)

    def _work_off(self, woken: bool) -> None:
        """Whoever wakes the worker may commit a moment later, so it looks more than once."""
        for _look in range(10 if woken else 1):
            found = False
            while not self._stop.is_set() and do_next(self._db, self._owner):
                found = True
            if found or self._stop.wait(0.1):
                return
