"""Scores and webhooks of the acceptance data: the scores come from its rounds, endpoints are made here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlmodel import Session, col, select

from app.communities.webhooks import service
from app.communities.webhooks.models import WebhookEndpoint
from app.communities.webhooks.schemas import Event
from app.core.clock import now
from app.core.models import new_id
from app.demo.acceptance_place import Place
from app.surveys.scores.models import Score


def add_webhooks(s: Session, place: Place) -> None:
    """Two endpoints at names that are reserved for examples; they are switched off, so nobody is called."""
    for name in ("district", "board"):
        endpoint = WebhookEndpoint(
            id=new_id(),
            community_id=place.community.id,
            url=f"https://{name}.example.org/hooks/{place.community.code}",
            events=[Event.score_published],
            secret=b"",
            disabled_at=now(),
            disabled_why="by_hand",
        )
        service.give_secret(endpoint)
        s.add(endpoint)
    s.flush()


def _endpoint(s: Session, place: Place) -> Any:
    wanted = select(col(WebhookEndpoint.id)).where(WebhookEndpoint.community_id == place.community.id)
    return s.exec(wanted.order_by(col(WebhookEndpoint.id))).first()


def _score(s: Session, place: Place) -> Any:
    wanted = select(col(Score.id)).where(Score.community_id == place.community.id)
    return s.exec(wanted.order_by(col(Score.published_at), col(Score.id))).first()


OBJECTS: dict[str, Callable[[Session, Place], Any]] = {"score_id": _score, "webhook_id": _endpoint}
