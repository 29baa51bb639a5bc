"""Motions and what becomes of them."""

from __future__ import annotations

from app.core.hypermedia import APIRouter

router = APIRouter(tags=["motions"])
