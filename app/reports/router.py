"""Everything that is composed from all rooms and writes nothing."""

from __future__ import annotations

from app.core.hypermedia import APIRouter
from app.reports.board.router import router as board

router = APIRouter()
router.routes.extend(board.routes)
