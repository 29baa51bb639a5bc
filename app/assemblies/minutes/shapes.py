"""What minutes are made of: parts with lines and tables, signed as they are read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel

from app.core.clock import zone


class Table(BaseModel):
    columns: list[str]
    rows: list[list[str]]


class Part(BaseModel):
    """A part of the minutes: its facts in lines, and where there are many of a kind, a table."""

    key: str
    title: str
    lines: list[str] = []
    table: Table | None = None


class Facts(BaseModel):
    """What the record says. Nobody edits it; what people add stands beside it as remarks."""

    title: str
    community: str
    parts: list[Part]


def clock(at: datetime | None, pattern: str = "%Y年%-m月%-d日 %H:%M") -> str:
    return at.astimezone(zone()).strftime(pattern) if at else ""


def seal(facts: Mapping[str, object], remarks: Mapping[str, str]) -> str:
    """SHA-256 over the words that are signed: facts and remarks as JSON with sorted keys and no spaces."""
    words = {"facts": facts, "remarks": {key: text for key, text in remarks.items() if text}}
    text = json.dumps(words, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
