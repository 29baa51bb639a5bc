"""Consultation meetings and residents' opinions."""

from __future__ import annotations

from app.core.hypermedia import APIRouter

router = APIRouter(tags=["consultations"])
