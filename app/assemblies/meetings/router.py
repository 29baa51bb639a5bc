"""Assemblies: calling, notice, agenda, presence."""

from __future__ import annotations

from app.core.hypermedia import APIRouter

router = APIRouter(tags=["meetings"])
