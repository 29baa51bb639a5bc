"""Sending what waits in the outbox: signed as Standard Webhooks says, repeated over days, given up on `410 Gone`.

A message is claimed by moving its next attempt ahead, so several servers never send the same one at once, and one
whose server dies in between is sent again. Receivers tell repeats by `webhook-id`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from app import __version__
from app.communities.webhooks import egress, service
from app.communities.webhooks.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from app.core import logs
from app.core.clock import now
from app.core.crypto import SealBroken
from app.core.db import Database, lock_row

# After the first attempt: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h (Standard Webhooks), 3 days in all.
WAITS = tuple(timedelta(seconds=n) for n in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400))
LEASE = timedelta(minutes=2)
KEPT = timedelta(days=90)
_BATCH = 50
_POLL = 2.0
_TIDY_EVERY = 1800  # polls, about an hour
_GONE = 410


class _Claimed(NamedTuple):
    id: UUID
    endpoint_id: UUID
    url: str
    body: bytes
    headers: dict[str, str]


class Outcome(NamedTuple):
    """What became of one attempt."""

    status: int | None
    problem: str


def sign(keys: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA-256 of `id.timestamp.body`, once for each secret."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    marks = []
    for key in keys:
        raw = base64.b64decode(key.removeprefix("whsec_"))
        marks.append("v1," + base64.b64encode(hmac.new(raw, signed, hashlib.sha256).digest()).decode())
    return " ".join(marks)


def deliver_due(db: Database, most: int = _BATCH) -> dict[str, int]:
    """Sends what is due, each message once. Returns how many arrived, wait for another attempt, or were given up."""
    told = {"delivered": 0, "waiting": 0, "given_up": 0}
    for delivery_id in _due(db, most):
        claimed = _claim(db, delivery_id)
        if claimed is not None:
            told[_settle(db, claimed, _send(claimed))] += 1
    return told


def _due(db: Database, most: int) -> list[UUID]:
    with db.read() as s:
        waiting = select(col(WebhookDelivery.id)).where(
            col(WebhookDelivery.state) == DeliveryState.pending, col(WebhookDelivery.next_at) <= now()
        )
        return list(s.scalars(waiting.order_by(col(WebhookDelivery.next_at)).limit(most)))


def _claim(db: Database, delivery_id: UUID) -> _Claimed | None:
    with db.write() as s:
        mine = update(WebhookDelivery).where(
            col(WebhookDelivery.id) == delivery_id,
            col(WebhookDelivery.state) == DeliveryState.pending,
            col(WebhookDelivery.next_at) <= now(),
        )
        taken = s.execute(
            mine.values(next_at=now() + LEASE, attempts=col(WebhookDelivery.attempts) + 1).returning(
                col(WebhookDelivery.id)
            )
        ).scalar_one_or_none()
        return None if taken is None else _prepare(s, delivery_id)


def _prepare(s: Session, delivery_id: UUID) -> _Claimed:
    delivery = s.get_one(WebhookDelivery, delivery_id, populate_existing=True)
    endpoint = s.get_one(WebhookEndpoint, delivery.endpoint_id)
    timestamp, body = int(now().timestamp()), delivery.body.encode()
    try:
        signature = sign(service.keys(endpoint), str(delivery.id), timestamp, body)
    except SealBroken:  # the installation's secret was changed: nothing can be signed until a new one is made
        signature = ""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"qinlian/{__version__}",
        "webhook-id": str(delivery.id),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature,
    }
    return _Claimed(delivery.id, endpoint.id, endpoint.url, body, headers)


def _send(claimed: _Claimed) -> Outcome:
    if not claimed.headers["webhook-signature"]:
        return Outcome(None, "no_secret")
    try:
        return Outcome(egress.post(claimed.url, claimed.body, claimed.headers), "")
    except (egress.Refused, egress.Failed) as stopped:
        return Outcome(None, str(stopped))


def _settle(db: Database, claimed: _Claimed, outcome: Outcome) -> str:
    """Writes down what became of an attempt. Only 2xx has arrived; a redirect has not."""
    with db.write() as s:
        delivery: WebhookDelivery | None = lock_row(s, WebhookDelivery, claimed.id)
        if delivery is None or delivery.state != DeliveryState.pending:
            return "given_up"  # the endpoint was deleted or switched off meanwhile
        delivery.last_status, delivery.last_problem = outcome.status, outcome.problem
        if outcome.status is not None and 200 <= outcome.status < 300:
            return _end(delivery, DeliveryState.delivered, "delivered")
        if outcome.status == _GONE:
            _end(delivery, DeliveryState.failed, "given_up")
            service.disable(s, s.get_one(WebhookEndpoint, claimed.endpoint_id), "gone")
            return "given_up"
        if delivery.attempts > len(WAITS):
            return _end(delivery, DeliveryState.failed, "given_up")
        wait = WAITS[delivery.attempts - 1] * random.uniform(1.0, 1.2)  # noqa: S311 - so that not all come at once
        delivery.next_at = now() + wait
        return "waiting"


def _end(delivery: WebhookDelivery, state: DeliveryState, word: str) -> str:
    delivery.state, delivery.done_at = state, now()
    return word


def tidy(db: Database) -> None:
    """Forgets messages that were done with long ago."""
    with db.write() as s:
        old = [col(WebhookDelivery.state) != DeliveryState.pending, col(WebhookDelivery.done_at) < now() - KEPT]
        s.execute(delete(WebhookDelivery).where(*old))


class Deliverer:
    """A thread beside the server that looks into the outbox every other second."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=egress.IN_ALL)

    def _run(self) -> None:
        polls = 0
        while not self._stop.wait(_POLL):
            try:
                while any(deliver_due(self._db).values()) and not self._stop.is_set():
                    pass
                if polls % _TIDY_EVERY == 0:
                    tidy(self._db)
            except Exception as error:
                logs.log.error("webhook delivery", kind=type(error).__name__)
            polls += 1
