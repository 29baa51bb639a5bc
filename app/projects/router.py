"""Projects: the promise ledger."""

from __future__ import annotations

from app.core.hypermedia import APIRouter

router = APIRouter(tags=["projects"])
