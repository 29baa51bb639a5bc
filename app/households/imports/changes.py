"""What a plan changes. `Changes` only counts (the dry run); `prepared.Prepared` also makes it ready to be written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app.households.imports.lines import Line
from app.households.imports.survey import Home
from app.households.models import Building

Care = tuple[str, int | None, int | None]


class Changes:
    """Counts what would change."""

    def __init__(self) -> None:
        self.totals: Counter[str] = Counter()

    def building(self, new: UUID, area: UUID, number: str, address: str, walk_order: int) -> None:
        self.totals["new_buildings"] += 1

    def readdress(self, building: Building, address: str) -> None:
        self.totals["updated_buildings"] += 1

    def household(self, new: UUID, building: UUID, area: UUID, line: Line, said: Home, from_on: date) -> None:
        self.totals["new_households"] += 1

    def update_household(self, existing: Any, fields: Mapping[str, Any], on: date) -> None:
        self.totals["updated_households"] += 1

    def person(self, home: UUID, line: Line, care: Sequence[Care], from_on: date, on: date) -> None:
        self.totals["new_people"] += 1
        self.totals["new_care_records"] += len(care)

    def move(self, person: Any, home: UUID, relation: str, on: date, label: str) -> None:
        self.totals["moves"] += 1

    def update_person(
        self,
        person: Any,
        home: UUID,
        fields: Mapping[str, Any],
        care: Sequence[Care],
        care_changes: Sequence[tuple[Any, Mapping[str, Any]]],
        line: Line,
        on: date,
    ) -> None:
        self.totals["updated_people"] += 1
        self.totals["new_care_records"] += len(care)
