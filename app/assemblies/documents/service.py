"""The rules of documents: one draft at a time, adopted by a resolution, and never changed afterwards."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.documents.models import Document, DocumentKind, DocumentVersion, VersionState
from app.assemblies.documents.schemas import Adoption, DocumentCreate, DocumentUpdate, VersionUpdate
from app.assemblies.votes import service as votes
from app.assemblies.votes.models import Vote
from app.core.clock import local_date, now
from app.core.db import check_version, flush_or, lock_row, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import gettext as _
from app.households.scope import communities_of
from app.members.service import own_community


def visible(who: Principal) -> Select[Document]:
    return select(Document).where(communities_of(who, col(Document.community_id)))


def find(s: Session, who: Principal, document_id: UUID) -> Document:
    found = s.scalars(visible(who).where(col(Document.id) == document_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def filtered(who: Principal, kind: DocumentKind | None, q: str | None) -> Any:
    found: Any = visible(who)
    if kind is not None:
        found = found.where(col(Document.kind) == kind)
    if q:
        said = select(col(DocumentVersion.document_id)).where(col(DocumentVersion.text).icontains(q, autoescape=True))
        found = found.where(or_(col(Document.title).icontains(q, autoescape=True), col(Document.id).in_(said)))
    return found


def versions_of(s: Session, document_id: UUID) -> list[DocumentVersion]:
    """The latest first."""
    wanted = select(DocumentVersion).where(col(DocumentVersion.document_id) == document_id)
    return list(s.scalars(wanted.order_by(col(DocumentVersion.number).desc())))


def find_version(s: Session, who: Principal, document_id: UUID, version_id: UUID) -> tuple[Document, DocumentVersion]:
    document = find(s, who, document_id)
    found = s.get(DocumentVersion, version_id)
    if found is None or found.document_id != document.id:
        raise NotFound()
    return document, found


def in_force(versions: list[DocumentVersion], on: date) -> DocumentVersion | None:
    """Of the adopted ones that have taken effect, the one that did so last."""
    adopted = [v for v in versions if v.effective_on is not None and v.effective_on <= on]
    return max(adopted, key=lambda v: (v.effective_on or on, v.number), default=None)


def create(s: Session, who: Principal, data: DocumentCreate, at: datetime | None = None) -> Document:
    """A document with its first draft."""
    community_id, begun = own_community(who), at or now()
    document = Document(community_id=community_id, kind=data.kind, title=data.title, created_at=begun)
    s.add(document)
    flush_or(s, _title_taken())
    s.add(_draft(document, 1, data.text, data.note, begun))
    s.flush()
    return document


def _draft(document: Document, number: int, text: str, note: str, at: datetime) -> DocumentVersion:
    return DocumentVersion(
        community_id=document.community_id,
        document_id=document.id,
        number=number,
        text=text,
        note=note,
        created_at=at,
    )


def _title_taken() -> Conflict:
    return Conflict(_("本社区已有同名的文件。"), code="title_taken", field="title")


def update(s: Session, who: Principal, document_id: UUID, data: DocumentUpdate, version: int | None) -> Document:
    document = find(s, who, document_id)
    check_version(document, version)
    document.sqlmodel_update({k: v for k, v in data.model_dump(exclude_unset=True).items() if v is not None})
    touch(document)
    flush_or(s, _title_taken())
    return document


def new_draft(s: Session, who: Principal, document_id: UUID, at: datetime | None = None) -> DocumentVersion:
    """A draft of the next version, with the words of the last one to start from."""
    document = find(s, who, document_id)
    lock_row(s, Document, document.id)
    last = versions_of(s, document.id)[0]
    if last.state == VersionState.draft:
        raise Conflict(_("这份文件已有一份草案，请先通过或删除它。"), code="draft_exists")
    draft = _draft(document, last.number + 1, last.text, "", at or now())
    s.add(draft)
    flush_or(s, Conflict(_("这份文件已有一份草案，请先通过或删除它。"), code="draft_exists"))
    return draft


def _hold_draft(
    s: Session, who: Principal, document_id: UUID, version_id: UUID, version: int | None
) -> DocumentVersion:
    find_version(s, who, document_id, version_id)
    lock_row(s, Document, document_id)
    draft = cast(DocumentVersion, lock_row(s, DocumentVersion, version_id))
    check_version(draft, version)
    if draft.state != VersionState.draft:
        raise Conflict(_("已通过的版本不能再改；要修订，请起草新的一版，由居民代表大会通过。"), code="version_adopted")
    return draft


def update_draft(
    s: Session, who: Principal, document_id: UUID, version_id: UUID, data: VersionUpdate, version: int | None
) -> DocumentVersion:
    draft = _hold_draft(s, who, document_id, version_id, version)
    draft.sqlmodel_update({k: v for k, v in data.model_dump(exclude_unset=True).items() if v is not None})
    touch(draft)
    s.add(draft)
    return draft


def remove_draft(s: Session, who: Principal, document_id: UUID, version_id: UUID, version: int | None) -> None:
    """Takes a draft back; with the only one the document goes too."""
    draft = _hold_draft(s, who, document_id, version_id, version)
    s.delete(draft)
    s.flush()
    if not versions_of(s, document_id):
        s.delete(s.get_one(Document, document_id))
        s.flush()


def may_cite(s: Session, document_id: UUID) -> bool:
    """Only what was in force before this system knows of a resolution that no vote here stands for."""
    adopted = select(func.count()).select_from(DocumentVersion)
    adopted = adopted.where(
        col(DocumentVersion.document_id) == document_id, col(DocumentVersion.state) == VersionState.adopted
    )
    return s.scalar(adopted) == 0


def adopt(
    s: Session, who: Principal, document_id: UUID, version_id: UUID, data: Adoption, version: int | None
) -> DocumentVersion:
    """Records by which resolution a draft was adopted. A vote names its own day; the text is sealed by its hash."""
    draft = _hold_draft(s, who, document_id, version_id, version)
    vote = _resolution(s, draft, data)
    draft.vote_id, draft.source = vote.id if vote else None, "" if vote else data.source
    adopted_on = local_date(vote.declared_at) if vote and vote.declared_at else data.adopted_on
    if adopted_on is None:
        raise Invalid(_("请填写通过的日期。"), code="adopted_when", field="adopted_on")
    if data.effective_on < adopted_on:
        raise Invalid(_("生效日期不能早于通过的日期。"), code="effective_before", field="effective_on")
    _check_order(s, draft, adopted_on)
    draft.state, draft.adopted_on, draft.effective_on = VersionState.adopted, adopted_on, data.effective_on
    draft.sha256 = hashlib.sha256(draft.text.encode()).hexdigest()
    touch(draft)
    s.add(draft)
    s.flush()
    return draft


def _resolution(s: Session, draft: DocumentVersion, data: Adoption) -> Vote | None:
    """The carried vote that adopts the draft, or None where words name one of before this system."""
    if data.vote_id is not None:
        found = next((v for v in votes.carried(s, draft.community_id) if v.id == data.vote_id), None)
        if found is None:
            raise Invalid(_("请选择本社区已通过的决议。"), code="no_such_resolution", field="vote_id")
        return found
    if not data.source:
        raise Invalid(_("请选择通过它的决议。"), code="which_resolution", field="vote_id")
    if not may_cite(s, draft.document_id):
        raise Conflict(_("修订只能由系统中的决议通过。"), code="resolution_needed", field="vote_id")
    return None


def _check_order(s: Session, draft: DocumentVersion, adopted_on: date) -> None:
    last = s.scalar(
        select(func.max(col(DocumentVersion.adopted_on))).where(col(DocumentVersion.document_id) == draft.document_id)
    )
    if last is not None and adopted_on < last:
        raise Invalid(
            _("上一版在 %(day)s 才通过，这一版不能更早。", day=last.isoformat()),
            code="adopted_before",
            field="adopted_on",
        )
