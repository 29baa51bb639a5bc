"""Importing a household register of 100,000 people: check, then commit, against a floor measured in the same run.

    python -m benchmarks.import_register [--rows 100000] [--format csv|xlsx] [--postgres]

The floor is bare sqlite3: one executemany per table of the very rows that the import wrote, the same schema and
indexes, one transaction, WAL and synchronous=FULL. Meanwhile another thread reads and writes as requests do.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import os
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建国文玉兰红梅志海燕云飞龙凤春生"
HEADERS = (
    "楼栋 单元 室 建筑面积 网格 地址 使用情况 姓名 身份证号 "
    "性别 出生日期 电话 与户主关系 文化程度 入住日期 关爱类别 关爱原因 备注"
)
TABLES = (
    *("building", "household", "household_tenure", "resident", "residency"),
    *("care_record", "resident_term", "visit_due"),
)


def check_digit(body: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def register(count: int) -> list[list[str]]:
    """People in households of one to four, forty dwellings a building; numbers made up (region 999999)."""
    rng = random.Random(20120603)
    rows: list[list[str]] = []
    home = 0
    while len(rows) < count:
        home += 1
        building, place = divmod(home - 1, 40)
        unit, room = place // 20 + 1, f"{place % 20 // 2 + 1}0{place % 2 + 1}"
        for person in range(min(rng.choice((1, 2, 3, 3, 4)), count - len(rows))):
            born = date(1930, 1, 1) + timedelta(days=(len(rows) * 7919) % 33_000)  # no number comes twice
            body = f"999999{born:%Y%m%d}{len(rows) // 33_000:03d}"
            name = rng.choice(SURNAMES) + "".join(rng.choices(GIVEN, k=rng.choice((1, 2, 2))))
            moved = max(born, date(2009, 8, 1)) + timedelta(days=rng.randrange(900))
            rows.append([
                str(building + 1), str(unit), room, f"{60 + home % 90}.50", str(building % 4 + 1),
                f"翰林路{building + 1}号", "自住" if home % 7 else "出租", name, body + check_digit(body),
                "男" if int(body[16]) % 2 else "女", born.isoformat(), f"13{rng.randrange(10**9):09d}",
                ("户主", "配偶", "子", "父母")[person], ("本科", "高中", "初中", "小学")[len(rows) % 4],
                min(moved, date(2026, 1, 1)).isoformat(),
                "独居" if len(rows) % 40 == 0 else "", "子女在外地" if len(rows) % 40 == 0 else "", "",
            ])  # fmt: skip
    return rows


def write_file(path: Path, rows: list[list[str]]) -> None:
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as out:
            csv.writer(out).writerows([HEADERS.split(), *rows])
        return
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in [HEADERS.split(), *rows]:
        sheet.append([cell or None for cell in row])
    book.save(path)


class Others(threading.Thread):
    """What other requests feel: a small read and a small write, again and again."""

    def __init__(self, db: Any) -> None:
        super().__init__(daemon=True)
        self.db, self.reads, self.writes, self.over = db, [], [], threading.Event()

    def run(self) -> None:
        from sqlalchemy import text

        from app.core.errors import Unavailable

        while not self.over.is_set():
            began = time.perf_counter()
            with self.db.read() as s:
                s.execute(text("SELECT count(*) FROM community")).scalar()
            self.reads.append(time.perf_counter() - began)
            began = time.perf_counter()
            with contextlib.suppress(Unavailable), self.db.write() as s:
                s.execute(text("UPDATE instance SET began_at = began_at"))
            self.writes.append(time.perf_counter() - began)
            time.sleep(0.01)


def measure(url: str, path: Path) -> dict[str, object]:
    """Runs in a process of its own, so that its memory is only the import's."""
    os.environ.setdefault("APP_SECRET", "a-secret-for-benchmarks-only-0123456789")
    os.environ["APP_LOG_LEVEL"] = "CRITICAL"
    import app.main  # noqa: F401 - the whole application, as a server has it
    from app.accounts.models import Role, User
    from app.accounts.permissions import Principal, permissions_of
    from app.communities.models import Community, District, GridArea
    from app.core.db import Database
    from app.households.imports import service, work
    from app.households.imports.models import ImportJob
    from app.migrate import migrate

    db = Database(url)
    migrate(db)
    with db.write() as s:
        district = District(name="区", code="999999")
        s.add(district)
        s.flush()
        community = Community(district_id=district.id, name="社区", code="999999000001")
        s.add(community)
        s.flush()
        for number in range(1, 5):
            s.add(GridArea(community_id=community.id, number=number, name=f"第{number}网格"))
        user = User(username="d", display_name="主任", role=Role.director, community_id=community.id,
                    district_id=district.id, password_hash="x")  # fmt: skip
        s.add(user)
    who = Principal("user", user.id, "主任", "director", permissions_of(Role.director), district.id, community.id)
    held: list[float] = []
    original = work.Work._write

    def timed(*args: Any) -> None:
        began = time.perf_counter()
        original(*args)
        held.append(time.perf_counter() - began)

    work.Work._write = timed
    at_rest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    others = Others(db)
    others.start()
    began, cpu = time.perf_counter(), time.process_time()
    job = service.upload(db, who, path.read_bytes(), path.name)
    work.drain(db)
    checked = time.perf_counter()
    with db.write() as s:
        fates = service.commit(s, who, job.id, allow_partial=False).fates
    work.drain(db)
    done = time.perf_counter()
    cpu = time.process_time() - cpu
    first_peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    others.over.set()
    others.join()
    with db.read() as s:
        assert s.get_one(ImportJob, job.id).state == "done", s.get_one(ImportJob, job.id).problem
    again = service.upload(db, who, path.read_bytes(), path.name)
    repeat = time.perf_counter()
    work.drain(db)
    repeated = time.perf_counter() - repeat
    with db.read() as s:
        second = s.get_one(ImportJob, again.id).fates
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    db.close()
    reads, writes = sorted(others.reads), sorted(others.writes)
    return {
        "check_s": checked - began, "commit_s": done - checked, "total_s": done - began, "cpu_s": cpu,
        "lock_s": held[0], "same_file_again_s": repeated, "fates": fates, "fates_again": second,
        "rss_at_rest_mb": at_rest, "rss_peak_mb": first_peak, "rss_peak_again_mb": peak, "reads": len(reads),
        "read_ms_median": statistics.median(reads) * 1000,
        "read_ms_p99": reads[int(len(reads) * 0.99)] * 1000, "read_ms_max": reads[-1] * 1000,
        "write_ms_median": statistics.median(writes) * 1000, "write_ms_max": writes[-1] * 1000,
    }  # fmt: skip


def floor(path: Path) -> float:
    """The same rows by bare sqlite3."""
    source = sqlite3.connect(path)
    schema = [
        sql
        for (sql,) in source.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
        )
    ]
    rows = {table: source.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}
    rows = {"district": source.execute("SELECT * FROM district").fetchall(), **rows}
    target = sqlite3.connect(path.with_suffix(".floor"), isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-16000", "temp_store=MEMORY"):
        target.execute(f"PRAGMA {pragma}")
    for sql in schema:
        target.execute(sql)
    began = time.perf_counter()
    target.execute("BEGIN IMMEDIATE")
    for table, some in rows.items():
        if some:
            target.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(some[0]))})", some)
    target.execute("COMMIT")
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--format", choices=["csv", "xlsx"], default="csv")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        print(json.dumps(measure(chosen.measure[0], Path(chosen.measure[1]))))
        return
    with tempfile.TemporaryDirectory() as directory:
        path, base = Path(directory) / f"register.{chosen.format}", Path(directory) / "bench.db"
        write_file(path, register(chosen.rows))
        url = f"sqlite:///{base}"
        if chosen.postgres:
            from tests import pg

            server = pg.server_url()
            url = pg.create_database(server, "bench_import")
        command = [sys.executable, "-m", "benchmarks.import_register", "--measure", url, str(path)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found = json.loads(done.stdout.splitlines()[-1])
        found["file_mb"] = path.stat().st_size / 1024 / 1024
        found["rows_per_s"] = chosen.rows / found["total_s"]
        if not chosen.postgres:
            found["floor_s"] = floor(base)
            found["floor_over_total"] = found["floor_s"] / found["total_s"]
            found["floor_over_lock"] = found["floor_s"] / found["lock_s"]
        for key, value in found.items():
            print(f"{key:20} {value:.2f}" if isinstance(value, float) else f"{key:20} {value}")


if __name__ == "__main__":
    main()
