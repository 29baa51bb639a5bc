"""What of the rooms above still stands in the way: they register how to ask whether a vote is open."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from sqlmodel import Session

from app.assemblies.meetings.models import Assembly
from app.core.errors import Conflict
from app.core.i18n import gettext as _

# Names of what is open: in an assembly, or of one item of its agenda.
Finder = Callable[[Session, UUID, UUID | None], list[str]]
_finders: list[Finder] = []


def register(finder: Finder) -> None:
    """`finder(s, assembly_id, agenda_item_id or None)` names the votes that are open."""
    if finder not in _finders:
        _finders.append(finder)


def open_business(s: Session, assembly: Assembly, item_id: UUID | None = None) -> list[str]:
    return [name for finder in _finders for name in finder(s, assembly.id, item_id)]


def require_none(s: Session, assembly: Assembly, item_id: UUID | None = None) -> None:
    """Refuses (409) while a vote is open."""
    if found := open_business(s, assembly, item_id):
        text = _("还有表决没有结束：%(names)s。请先截止并宣布结果，或者作废。", names=_("、").join(found))
        raise Conflict(text, code="vote_open")
