"""Consultations, opinions, documents and minutes of the acceptance data.

Meetings to come, opinions of grid area 1 that nobody has answered, documents in force with a draft each, and drafts
of the minutes of assemblies long past.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from app.accounts.authentication import principal_for
from app.accounts.models import User
from app.accounts.permissions import Principal
from app.assemblies.documents import service as documents
from app.assemblies.documents.models import Document, DocumentKind, DocumentVersion, VersionState
from app.assemblies.documents.schemas import Adoption, DocumentCreate
from app.assemblies.meetings.models import Assembly, Kind, State
from app.assemblies.minutes import service as minutes
from app.assemblies.minutes.models import Minutes
from app.consultations import meetings, opinions
from app.consultations.models import Category, Consultation, Opinion, Source
from app.consultations.schemas import ConsultationWrite, OpinionCreate
from app.core.clock import now, zone
from app.demo.acceptance_place import Place

_SAID = ("楼道灯不亮", "车位不够", "想学书法", "垃圾桶太远")
_ADOPTED = date(2000, 6, 1)


def add_consultations(s: Session, place: Place, director: User) -> None:
    """Two meetings and some opinions of people in the first grid area."""
    who = principal_for(s, director)
    for number, topic in enumerate(("停车怎么停", "晨练和休息"), start=1):
        told = ConsultationWrite(
            topic=topic, held_at=now() + timedelta(days=number), place="居民之家", host=director.display_name
        )
        meeting = meetings.create(s, who, told)
    for text in _SAID:
        opinions.create(
            s,
            who,
            OpinionCreate(
                source=Source.consultation,
                category=Category.facilities,
                text=text,
                room=place.homes[0].label,
                consultation_id=meeting.id,
            ),
        )
    s.flush()
    _add_documents(s, who)
    _add_minutes(s, place, who)


def _add_documents(s: Session, who: Principal) -> None:
    for kind, title in ((DocumentKind.charter, "居民自治章程"), (DocumentKind.assessment, "居委会考核制度")):
        document = documents.create(s, who, DocumentCreate(kind=kind, title=title, text="第一条 本文件供核对使用。"))
        adopted = Adoption(source="2000 年居民代表会议决议", adopted_on=_ADOPTED, effective_on=_ADOPTED)
        first = documents.versions_of(s, document.id)[0]
        documents.adopt(s, who, document.id, first.id, adopted, first.version)
        documents.new_draft(s, who, document.id)


def _add_minutes(s: Session, place: Place, who: Principal) -> None:
    """Of assemblies of the year 2000, when nobody sat yet, so that no check meets them elsewhere."""
    for number in (1, 2):
        began = datetime(2000, 6, number, 10, tzinfo=zone())
        assembly = Assembly(
            community_id=place.community.id,
            kind=Kind.extraordinary,
            year=began.year,
            number=number,
            title=f"2000 年第 {number} 次临时会议",
            scheduled_at=began,
            place="居民之家",
            state=State.closed,
            opened_at=began,
            closed_at=began + timedelta(hours=2),
        )
        s.add(assembly)
        s.flush()
        minutes.draft(s, who, assembly.id, began + timedelta(days=1))


def _first(model: Any, *conditions: Any) -> Callable[[Session, Place], Any]:
    def find(s: Session, place: Place) -> Any:
        wanted = select(col(model.id)).where(col(model.community_id) == place.community.id, *conditions)
        return s.exec(wanted.order_by(col(model.id))).first()

    return find


OBJECTS: dict[str, Callable[[Session, Place], Any]] = {
    "consultation_id": _first(Consultation),
    "opinion_id": _first(Opinion),
    "document_id": _first(Document),
    "document_version_id": _first(DocumentVersion, col(DocumentVersion.state) == VersionState.draft),
    "minutes_id": _first(Minutes),
}
