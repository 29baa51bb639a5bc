"""The floor: bare Starlette and sqlite3 with the same rows. No sign-in, no permission, no audit, no validation.

What a careful person would write by hand if nothing but speed counted: prepared statements on one connection per
thread, json.dumps for JSON, one Jinja template without macros or translation for a page of the same size and marks.
A visit is saved with all that must be durable: the visit, its needs, the household's next day by its policy. With
`?audit=1` it is also chained to the audit log, for whoever wants to know what that costs by itself.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from jinja2 import Environment
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

_local = threading.local()
_write_lock = threading.Lock()


def db() -> sqlite3.Connection:
    if not hasattr(_local, "connection"):
        c = sqlite3.connect(os.environ["FLOOR_DATABASE"], isolation_level=None, check_same_thread=False)
        c.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON"):
            c.execute(f"PRAGMA {pragma}")
        _local.connection = c
    connection: sqlite3.Connection = _local.connection
    return connection


def _people(ids: list[str], day: str) -> dict[str, list[dict[str, Any]]]:
    marks = ",".join("?" * len(ids))
    rows = db().execute(
        "SELECT y.household_id, y.relation, r.id, r.name, r.birth_on, c.category FROM residency y "
        "JOIN resident r ON r.id = y.resident_id LEFT JOIN care_record c ON c.resident_id = r.id "
        "AND c.from_on <= ? AND (c.to_on IS NULL OR c.to_on >= ?) "
        f"WHERE y.household_id IN ({marks}) AND y.to_on IS NULL",
        [day, day, *ids],
    )
    homes: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        here = homes.setdefault(row["household_id"], {})
        person = here.get(row["id"])
        if person is None:
            born = row["birth_on"]
            age = int(day[:4]) - int(born[:4]) - (day[5:] < born[5:]) if born else None
            person = {"id": row["id"], "name": row["name"], "age": age, "relation": row["relation"], "categories": []}
            here[row["id"]] = person
        if row["category"]:
            person["categories"].append(row["category"])
    return {home: list(found.values()) for home, found in homes.items()}


def households(request: Request) -> Response:
    community, day = request.query_params["community"], date.today().isoformat()
    rows = (
        db()
        .execute(
            "SELECT h.id, h.label, h.tenure, h.grid_area_id, h.walk_key, b.address, a.name AS grid_area FROM household h "
            "JOIN building b ON b.id = h.building_id JOIN grid_area a ON a.id = h.grid_area_id "
            "WHERE h.community_id = ? AND h.closed_on IS NULL ORDER BY h.walk_key, h.id LIMIT 51",
            [community],
        )
        .fetchall()
    )
    total = db().execute("SELECT count(*) FROM household WHERE community_id = ? AND closed_on IS NULL", [community])
    people = _people([row["id"] for row in rows[:50]], day)
    items = [{**dict(row), "people": people.get(row["id"], [])} for row in rows[:50]]
    body = json.dumps({"items": items, "next": rows[-1]["walk_key"], "total": total.fetchone()[0]}, ensure_ascii=False)
    return Response(body, media_type="application/json")


def _frame() -> tuple[str, str]:
    """What stands before and after the lists of a Today page of Qinlian: the floor sends as much, as fixed text."""
    page = Path(os.environ["FLOOR_PAGE"]).read_text()
    before = re.split(r'<section class="section" id="(?:events|overdue|due|needs|coming)">', page)[0]
    after = page.rpartition("</section>")[2]
    return f"{{% raw %}}{before}{{% endraw %}}", f"{{% raw %}}{after}{{% endraw %}}"


_BEFORE, _AFTER = _frame()
_CHEVRON = (
    '<svg class="icon" aria-hidden="true"><use href="/static/icons.svg?v=dd52e6441130#chevron-right"/></svg></a></li>'
)
_ITEM = (
    '<li data-household="{{ h.household_id }}" data-form="/visits/new?household_id={{ h.household_id }}">'
    '<a class="item stop" href="/visits/new?household_id={{ h.household_id }}"><strong class="door num">{{ h.label }}</strong>'
)
_TODAY = Environment(autoescape=True).from_string(
    f'{_BEFORE}<p>{{{{ done }}}} / {{{{ due }}}}</p><section class="section"><h2>突发情况</h2><ul class="list visits">'
    f"{{% for h in matters %}}{_ITEM}<div><span>{{{{ h.kind }}}}</span><span>{{{{ h.detail }}}}</span></div>"
    f"<span>{{{{ h.at }}}}</span>{_CHEVRON}{{% endfor %}}</ul></section>"
    f'<section class="section"><h2>应访</h2><ul class="list visits">{{% for h in homes %}}{_ITEM}<div><div class="who">'
    "{% for p in h.people[:4] %}"
    '{% if p.categories %}<span class="someone"><b>{{ p.name }}</b> {{ p.age }} 岁'
    '{% for c in p.categories %} <span class="care">{{ c }}</span>{% endfor %}</span>'
    '{% else %}<span class="someone">{{ p.name }} {{ p.age }} 岁</span>{% endif %}{% endfor %}'
    '</div><span class="sub">{{ h.tier }} · 上次 {{ h.last_visit_on }} {{ h.outcome }}：{{ h.note }}</span></div>'
    f'<span class="badge">{{{{ h.due_on }}}}</span>{_CHEVRON}{{% endfor %}}</ul></section>{_AFTER}'
)


def today(request: Request) -> Response:
    area, day = request.query_params["area"], date.today().isoformat()
    soon = (date.today() + timedelta(days=7)).isoformat()
    homes = (
        db()
        .execute(
            "SELECT d.household_id, h.label, h.walk_key, d.tier, d.categories, d.last_visit_on, d.last_attempt_on, "
            "d.owed_on, d.due_on, v.outcome, substr(v.note, 1, 80) AS note FROM visit_due d "
            "JOIN household h ON h.id = d.household_id LEFT JOIN visit v ON v.id = d.last_visit_id "
            "WHERE d.grid_area_id = ? AND d.due_on <= ? ORDER BY d.due_on > ?, d.due_on, h.walk_key LIMIT 120",
            [area, soon, day],
        )
        .fetchall()
    )
    figures = (
        db()
        .execute(
            "SELECT (SELECT count(*) FROM visit v JOIN household h ON h.id = v.household_id WHERE h.grid_area_id = ? "
            "AND v.visited_at >= ?) AS done, (SELECT count(*) FROM visit_due WHERE grid_area_id = ? AND due_on <= ?) AS due",
            [area, day, area, day],
        )
        .fetchone()
    )
    matters = (
        db()
        .execute(
            "SELECT e.household_id, h.label, e.kind, e.detail, e.due_at AS at FROM visit_event e JOIN household h "
            "ON h.id = e.household_id WHERE e.done_visit_id IS NULL AND h.grid_area_id = ? UNION ALL "
            "SELECT n.household_id, h.label, n.category, n.detail, n.raised_at FROM need n JOIN household h "
            "ON h.id = n.household_id WHERE n.urgent AND n.state = 'open' AND h.grid_area_id = ?",
            [area, area],
        )
        .fetchall()
    )
    people = _people([row["household_id"] for row in homes], day)
    shown = [{**dict(row), "people": people.get(row["household_id"], [])} for row in homes]
    facts = {"done": figures["done"], "due": figures["due"], "matters": [dict(m) for m in matters], "homes": shown}
    if request.query_params.get("as") == "json":
        return Response(json.dumps(facts, ensure_ascii=False), media_type="application/json")
    return HTMLResponse(_TODAY.render(facts))


async def save_visit(request: Request) -> Response:
    body, audited = await request.body(), "audit" in request.query_params
    return await run_in_threadpool(_save, request.path_params["visit_id"].replace("-", ""), body, audited)


def _save(visit_id: str, body: bytes, audited: bool) -> Response:
    """The visit, its needs, and the household's next due date by its policy, in one durable transaction."""
    data = json.loads(body)
    home, at = data["household_id"].replace("-", ""), datetime.now(UTC).isoformat(sep=" ")
    people, content = json.dumps(data["people_met"]), hashlib.sha256(body).hexdigest()
    with _write_lock:
        c = db()
        c.execute("BEGIN IMMEDIATE")
        plan = c.execute(_PLAN, [home]).fetchone()
        c.execute(
            "INSERT INTO visit (id, created_at, updated_at, version, community_id, household_id, worker_id, visited_at, "
            "recorded_at, purpose, outcome, note, people_met, content_hash) "
            "SELECT ?, ?, ?, 1, ?, ?, id, ?, ?, ?, ?, ?, ?, ? FROM user_account WHERE role = 'worker' LIMIT 1",
            [visit_id, at, at, plan[0], home, at, at, data["purpose"], data["outcome"], data["note"], people, content],
        )
        c.executemany(
            "INSERT INTO need (id, created_at, updated_at, version, community_id, household_id, visit_id, serial, category, "
            "detail, urgent, state, raised_at) VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, 'open', ?)",
            [
                (n := uuid4().hex, at, at, plan[0], home, visit_id, n[:12], w["category"], w["detail"], w["urgent"], at)
                for w in data["needs"]
            ],
        )
        days = plan[1] * {"day": 1, "week": 7, "month": 30}[plan[2]]
        due = (date.fromisoformat(at[:10]) + timedelta(days=days)).isoformat()
        c.execute(_MOVE, [visit_id, at[:10], due, due, home])
        if audited:
            _chain(c, at, plan[0], visit_id, body.decode())
        c.execute("COMMIT")
    return Response(json.dumps({"id": visit_id}), status_code=201, media_type="application/json")


_PLAN = (
    "SELECT d.community_id, p.every, p.unit FROM visit_due d JOIN visit_policy p "
    "ON p.community_id = d.community_id AND p.tier = d.tier WHERE d.household_id = ?"
)
_MOVE = "UPDATE visit_due SET last_visit_id = ?, last_visit_on = ?, owed_on = ?, due_on = ? WHERE household_id = ?"


def _chain(c: sqlite3.Connection, at: str, community: str, visit_id: str, changes: str) -> None:
    """One entry behind the last one of the audit log, chained by SHA-256 but not signed."""
    size, last = c.execute("SELECT size, hash FROM audit_head WHERE id = 1").fetchone()
    entry = [size + 1, at, "user", "worker", community, "visit.create", "visit", visit_id, changes, "", last]
    mark = hashlib.sha256(json.dumps(entry, ensure_ascii=False).encode()).hexdigest()
    c.execute(
        "INSERT INTO audit_entry (seq, at, actor_kind, actor_name, community_id, action, object_type, object_id, changes, "
        "request_id, previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [*entry, mark],
    )
    c.execute("UPDATE audit_head SET size = ?, hash = ?, signed_at = ? WHERE id = 1", [size + 1, mark, at])


app = Starlette(
    routes=[
        Route("/households", households),
        Route("/today", today),
        Route("/visits/{visit_id}", save_visit, methods=["PUT"]),
    ]
)
