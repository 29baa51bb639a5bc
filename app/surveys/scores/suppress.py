"""What may not be published, because it would tell what single people said. Pure functions.

- A cell of fewer than `smallest` people is hidden, and so is a breakdown of fewer than ten who all said the same.
- Where the whole is published, what is hidden together must itself be publishable, or the whole less the shown parts
  would reveal it: the next smallest cells are hidden with it until it is (12, 11, 3, 14, 20 hides 3 and 11).
- A correction that differs from an earlier revision in the answers of fewer than `smallest` people would show theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

UNANIMOUS_UNDER = 10
FEW, SECONDARY, UNANIMOUS, REVISION = "few", "secondary", "unanimous", "revision"


@dataclass(frozen=True)
class Cell:
    """One part of a breakdown: how many people answered, and how their valid answers fall."""

    people: int
    valid: int
    satisfied: int


def unanimous(cell: Cell) -> bool:
    return cell.people < UNANIMOUS_UNDER and cell.satisfied in (0, cell.valid)


def breakdown(cells: Sequence[Cell], smallest: int, *, disjoint: bool, rest: Cell | None = None) -> list[str]:
    """For each cell why it is hidden, or "" for one that is shown.

    `disjoint`: each person is in one cell (grid areas), so what is hidden together adds up. Items are answered by the
    same people, so together they hide no more people than the largest of them does. `rest` is what is never shown by
    itself but is left over when all cells are subtracted from the whole.
    """
    why = [alone(cell, smallest) for cell in cells]
    while not all(why):
        hidden = [cell for cell, reason in zip(cells, why, strict=True) if reason]
        hidden += [rest] if rest is not None else []
        if not hidden or not alone(_together(hidden, disjoint=disjoint), smallest):
            break
        shown = [index for index, reason in enumerate(why) if not reason]
        why[min(shown, key=lambda index: (cells[index].valid, index))] = SECONDARY
    return why


def alone(cell: Cell, smallest: int) -> str:
    """Why a cell may not be shown, were it the only one; "" where it may."""
    if cell.people < smallest:
        return FEW
    return UNANIMOUS if unanimous(cell) else ""


def _together(cells: Sequence[Cell], *, disjoint: bool) -> Cell:
    people = [cell.people for cell in cells]
    return Cell(
        people=sum(people) if disjoint else max(people),
        valid=sum(cell.valid for cell in cells),
        satisfied=sum(cell.satisfied for cell in cells),
    )


def changed(before: Mapping[str, int], after: Mapping[str, int]) -> int:
    """The fewest people whose answers to one item could make the difference between two publications of it."""
    gained = lost = 0
    for option in before.keys() | after.keys():
        difference = after.get(option, 0) - before.get(option, 0)
        gained += max(difference, 0)
        lost += max(-difference, 0)
    return max(gained, lost)


def revealing(changes: Sequence[int], smallest: int) -> bool:
    """Whether the difference of two revisions, item by item, could be that of fewer than `smallest` people."""
    return any(0 < change < smallest for change in changes)
