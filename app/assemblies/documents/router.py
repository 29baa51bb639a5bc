"""Charter, assessment rules and their versions."""

from __future__ import annotations

from app.core.hypermedia import APIRouter

router = APIRouter(tags=["documents"])
