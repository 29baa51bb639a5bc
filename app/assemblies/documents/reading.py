"""What is shown of documents: lists, one with all its versions, what changed, and the public page."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.documents import diff, service
from app.assemblies.documents.models import Document, DocumentVersion, VersionState
from app.assemblies.documents.schemas import (
    AdoptionForm,
    BlockRead,
    DiffRead,
    DocumentItem,
    DocumentRead,
    PublicDocument,
    PublicDocuments,
    PublicText,
    PublicVersion,
    VersionItem,
    VersionRead,
)
from app.assemblies.votes import service as votes
from app.assemblies.votes.models import Vote
from app.communities.models import Community
from app.core.clock import local_date, today
from app.core.errors import NotFound

MOST_RESOLUTIONS = 200


def listed(s: Session, documents: Sequence[Document]) -> list[DocumentItem]:
    """Documents with the version in force today, in two statements however many there are."""
    grouped: dict[UUID, list[DocumentVersion]] = defaultdict(list)
    wanted = select(DocumentVersion).where(col(DocumentVersion.document_id).in_([d.id for d in documents]))
    for version in s.scalars(wanted.order_by(col(DocumentVersion.number).desc())):
        grouped[version.document_id].append(version)
    numbers = _numbers(s, [v for versions in grouped.values() for v in versions])
    return [_item(d, grouped[d.id], numbers) for d in documents]


def _numbers(s: Session, versions: Sequence[DocumentVersion]) -> dict[UUID | None, str]:
    """The numbers of the resolutions."""
    wanted = select(col(Vote.id), col(Vote.resolution_number)).where(
        col(Vote.id).in_([v.vote_id for v in versions if v.vote_id])
    )
    return {vote_id: number or "" for vote_id, number in s.execute(wanted)}


def _item(document: Document, versions: list[DocumentVersion], numbers: dict[UUID | None, str]) -> DocumentItem:
    now = service.in_force(versions, today())
    return DocumentItem(
        **document.model_dump(include={"id", "community_id", "kind", "title", "version"}),
        in_force=_version_item(now, numbers, now) if now else None,
        draft=any(v.state == VersionState.draft for v in versions),
        versions=len(versions),
    )


def _version_item(
    version: DocumentVersion, numbers: dict[UUID | None, str], now: DocumentVersion | None
) -> VersionItem:
    return VersionItem(
        **version.model_dump(include=set(VersionItem.model_fields) - {"standing", "resolution_number"}),
        standing=_standing(version, now),
        resolution_number=numbers.get(version.vote_id, ""),
    )


def _standing(version: DocumentVersion, now: DocumentVersion | None) -> str:
    if version.effective_on is None:
        return "draft"
    if now is not None and version.id == now.id:
        return "in_force"
    return "coming" if version.effective_on > today() else "past"


def detail(s: Session, document: Document) -> DocumentRead:
    versions = service.versions_of(s, document.id)
    numbers, now = _numbers(s, versions), service.in_force(versions, today())
    return DocumentRead(
        **_item(document, versions, numbers).model_dump(),
        community_code=s.get_one(Community, document.community_id).code,
        text=(now or versions[0]).text,
        history=[_version_item(v, numbers, now) for v in versions],
    )


def version_read(s: Session, document: Document, version: DocumentVersion) -> VersionRead:
    now = service.in_force(service.versions_of(s, document.id), today())
    item = _version_item(version, _numbers(s, [version]), now)
    return VersionRead(**item.model_dump(), title=document.title, kind=document.kind, text=version.text)


def adoption_form(s: Session, document: Document, version: DocumentVersion) -> AdoptionForm:
    """The draft with the resolutions that may have adopted it, the latest first."""
    carried = votes.carried(s, document.community_id)
    found = [
        (v.id, f"{v.resolution_number or ''} {v.question}".strip(), local_date(v.declared_at))
        for v in carried
        if v.declared_at
    ]
    found.sort(key=lambda row: row[2], reverse=True)
    return AdoptionForm(
        **version_read(s, document, version).model_dump(),
        may_cite=service.may_cite(s, document.id),
        resolutions=found[:MOST_RESOLUTIONS],
    )


def compared(s: Session, who: Principal, document_id: UUID, from_id: UUID | None, to_id: UUID | None) -> DiffRead:
    """What changed between two versions; without names, what the latest one changes."""
    document = service.find(s, who, document_id)
    versions = service.versions_of(s, document.id)
    after = _chosen(versions, to_id) if to_id else versions[0]
    before = _chosen(versions, from_id) if from_id else next((v for v in versions if v.number < after.number), after)
    blocks = diff.compare(before.text, after.text)
    counted = Counter(block.kind for block in blocks)
    numbers, now = _numbers(s, versions), service.in_force(versions, today())
    return DiffRead(
        document_id=document.id,
        title=document.title,
        before=_version_item(before, numbers, now),
        after=_version_item(after, numbers, now),
        inserted=counted[diff.INSERTED],
        deleted=counted[diff.DELETED],
        changed=counted[diff.CHANGED],
        blocks=[BlockRead.model_validate(b) for b in blocks],
    )


def _chosen(versions: list[DocumentVersion], version_id: UUID) -> DocumentVersion:
    found = next((v for v in versions if v.id == version_id), None)
    if found is None:
        raise NotFound()
    return found


def _community(s: Session, code: str) -> Community:
    found = s.scalars(select(Community).where(col(Community.code) == code)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def public(s: Session, code: str) -> PublicDocuments:
    """What is in force in a community today."""
    community = _community(s, code)
    documents = s.scalars(
        select(Document)
        .where(col(Document.community_id) == community.id)
        .order_by(col(Document.kind), col(Document.title))
    ).all()
    return PublicDocuments(
        community_code=community.code,
        community_name=community.name,
        documents=[_public(item) for item in listed(s, documents) if item.in_force],
    )


def _public(item: DocumentItem) -> PublicDocument:
    version = item.in_force
    if version is None or version.effective_on is None:
        raise NotFound()
    return PublicDocument(
        id=item.id,
        kind=item.kind,
        title=item.title,
        effective_on=version.effective_on,
        resolution_number=version.resolution_number,
    )


def public_text(s: Session, code: str, document_id: UUID) -> PublicText:
    """The text in force, by which resolutions it came about, and what the last one changed. Drafts are not public."""
    community = _community(s, code)
    document = s.get(Document, document_id)
    if document is None or document.community_id != community.id:
        raise NotFound()
    versions = [v for v in service.versions_of(s, document.id) if v.state == VersionState.adopted]
    now = service.in_force(versions, today())
    if now is None:
        raise NotFound()
    numbers = _numbers(s, versions)
    earlier = next((v for v in versions if v.number < now.number), None)
    return PublicText(
        **_public(_item(document, versions, numbers)).model_dump(),
        community_code=community.code,
        community_name=community.name,
        text=now.text,
        sha256=now.sha256,
        history=[_public_version(v, numbers) for v in versions],
        changes=[BlockRead.model_validate(b) for b in diff.compare(earlier.text, now.text)] if earlier else [],
    )


def _public_version(version: DocumentVersion, numbers: dict[UUID | None, str]) -> PublicVersion:
    adopted: date = version.adopted_on or today()
    return PublicVersion(
        number=version.number,
        resolution_number=numbers.get(version.vote_id, ""),
        source=version.source,
        adopted_on=adopted,
        effective_on=version.effective_on or adopted,
        sha256=version.sha256,
    )
