"""What the browser tests do with a tablet: wait until it has settled, look into its store, write to the database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from playwright.sync_api import Page
from sqlmodel import select

from app.core.clock import today
from app.core.db import Database
from app.households.visits import refresh
from app.households.visits.models import Visit, VisitDue
from tests.cast import Cast

_CONTROLLED = """() => navigator.serviceWorker.ready.then(() => new Promise((done) =>
  navigator.serviceWorker.controller ? done()
    : navigator.serviceWorker.addEventListener("controllerchange", () => done())))"""
_RECORDS = """() => new Promise((done, failed) => {
  const opening = indexedDB.open("qinlian", 1);
  opening.onerror = () => failed(opening.error);
  opening.onsuccess = () => {
    const found = opening.result.transaction("records").objectStore("records").getAll();
    found.onsuccess = () => {
      opening.result.close();
      done(found.result.map(({kind, user, state}) => ({kind, user, state})));
    };
  };
})"""


def plan(db: Database, cast: Cast) -> None:
    """Makes every household with residents due: area 1 since yesterday."""
    yesterday = today() - timedelta(days=1)
    with db.write() as s:
        refresh.refresh_community(s, cast.community)
        refresh.refresh_community(s, cast.other_community)
        for due in s.exec(select(VisitDue)):
            due.owed_on = due.due_on = yesterday


def settle(page: Page, *, worker: bool = False) -> Page:
    """Waits for the page's own script, and for the service worker where it matters."""
    page.wait_for_selector("html[data-offline-ready]", state="attached")
    if worker:
        page.evaluate(_CONTROLLED)
    return page


def records(page: Page, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(_RECORDS)
    return [r for r in found if r["kind"] == kind]


def visits(db: Database) -> list[Visit]:
    with db.read() as s:
        return list(s.exec(select(Visit).order_by(Visit.recorded_at)))  # type: ignore[arg-type]
