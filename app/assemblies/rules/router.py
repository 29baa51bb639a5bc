"""Rule packs: what they say, which one holds, and trying them."""

from __future__ import annotations

from app.core.hypermedia import APIRouter

router = APIRouter(tags=["rules"])
