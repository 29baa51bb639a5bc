"""Jobs and their leases: one server does one job, and another takes over what a dead one left."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

from sqlmodel import select

from app.core.clock import now
from app.core.db import Database
from app.households.imports import work
from app.households.imports.models import ImportJob
from app.households.imports.worker import Worker
from tests.imports.files import check, csv_of, job, people_in, person, upload


def set_job(db: Database, **values: object) -> None:
    with db.write() as s:
        held = s.exec(select(ImportJob)).one()
        for key, value in values.items():
            setattr(held, key, value)


def test_two_servers_do_not_do_one_job(visit_as, database_url: str, db) -> None:
    wang = visit_as("王站长")
    found = check(db, wang, csv_of([person("901", "甲")]))
    wang.post(f"/imports/{found['id']}/commit", json={})
    other, taken, gate = Database(database_url), [], threading.Barrier(2)

    def serve(mine: Database, owner: str) -> None:
        gate.wait()
        job_id = work.claim(mine, owner)
        if job_id:
            taken.append(owner)
            work.Work(mine, job_id, owner).run()

    threads = [threading.Thread(target=serve, args=pair) for pair in ((db, "one"), (other, "two"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert len(taken) == 1
    assert job(wang, found["id"])["state"] == "done" and len(people_in(db, "1-1-901")) == 1


def test_a_job_is_taken_over_when_its_lease_has_run_out(visit_as, db) -> None:
    wang = visit_as("王站长")
    found = upload(wang, csv_of([person("901", "甲")])).json()
    assert work.claim(db, "dead") is not None
    assert work.claim(db, "alive") is None
    set_job(db, lease_until=now() - timedelta(seconds=1))
    assert work.drain(db, "alive") == 1
    assert job(wang, found["id"])["state"] == "checked"


def test_whoever_lost_the_lease_writes_nothing(visit_as, db, monkeypatch) -> None:
    wang = visit_as("王站长")
    found = check(db, wang, csv_of([person("901", "甲")]))
    wang.post(f"/imports/{found['id']}/commit", json={})
    job_id = work.claim(db, "slow")
    assert job_id is not None
    original = work.Work._write

    def too_late(self: work.Work, *args: Any) -> None:
        set_job(db, lease_owner="quick")
        original(self, *args)

    monkeypatch.setattr(work.Work, "_write", too_late)
    work.Work(db, job_id, "slow").run()
    assert job(wang, found["id"])["state"] == "running"
    assert people_in(db, "1-1-901") == {}


def test_a_job_that_breaks_again_and_again_is_ended(visit_as, db) -> None:
    wang = visit_as("王站长")
    found = upload(wang, csv_of([person("901", "甲")])).json()
    set_job(db, attempts=work.MOST_ATTEMPTS)
    work.drain(db)
    ended = job(wang, found["id"])
    assert ended["state"] == "failed" and "多次中断" in ended["message"]


def test_a_file_that_arrived_by_half_is_refused(visit_as, db) -> None:
    from app.households.imports import store

    wang = visit_as("王站长")
    found = upload(wang, csv_of([person("901", "甲")])).json()
    with db.write() as s:
        store.erase(s, s.exec(select(ImportJob)).one().id, store.FILE)
    work.drain(db)
    assert job(wang, found["id"])["state"] == "failed"


def test_the_worker_of_a_server_does_what_comes(visit_as, db, app) -> None:
    worker = app.state.import_worker = Worker(db)
    worker.start()
    try:
        wang = visit_as("王站长")
        found = upload(wang, csv_of([person("901", "甲")])).json()
        wait_for(wang, found["id"], "checked")
        wang.post(f"/imports/{found['id']}/commit", json={})
        wait_for(wang, found["id"], "done")
    finally:
        worker.stop()
    assert len(people_in(db, "1-1-901")) == 1


def wait_for(who, job_id: str, state: str) -> None:
    pause = threading.Event()
    for _ in range(600):
        if job(who, job_id)["state"] == state:
            return
        pause.wait(0.05)
    raise AssertionError(job(who, job_id))


def test_progress_is_seen_while_it_works(visit_as, db, monkeypatch) -> None:
    wang = visit_as("王站长")
    found = upload(wang, csv_of([person(str(n), "甲") for n in range(100, 900)])).json()
    seen = []
    original = work.Work._beat

    def look(self: work.Work, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        shown = job(wang, found["id"])
        seen.append((shown["state"], shown["step"], shown["done"], shown["rows"]))

    monkeypatch.setattr(work.Work, "_beat", look)
    work.drain(db)
    assert ("checking", "checking", 500, 800) in seen
    assert job(wang, found["id"])["state"] == "checked"


def test_the_same_key_uploads_once(visit_as, db) -> None:
    wang = visit_as("王站长")
    key = {"Idempotency-Key": "k-1"}
    first = upload(wang, csv_of([person("901", "甲")]), headers=key)
    again = upload(wang, csv_of([person("901", "甲")]), headers=key)
    other = upload(wang, csv_of([person("902", "甲")]), headers=key)
    assert first.status_code == again.status_code == 201 and first.json()["id"] == again.json()["id"]
    assert again.headers["Location"] == f"/imports/{first.json()['id']}"
    assert other.status_code == 422
    refused = upload(wang, b"%PDF", headers={"Idempotency-Key": "k-2"})
    mended = upload(wang, b"%PDF", headers={"Idempotency-Key": "k-2"})
    assert refused.status_code == mended.status_code == 422
