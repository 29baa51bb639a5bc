"""Open data in the Popolo schema."""

from __future__ import annotations

from app.core.hypermedia import APIRouter

router = APIRouter(tags=["popolo"])
