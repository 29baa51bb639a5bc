"""Files kept beside records: uploads, thumbnails and who may see them."""

from __future__ import annotations

from app.core.hypermedia import APIRouter

router = APIRouter(tags=["attachments"])
