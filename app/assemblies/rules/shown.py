"""Packs as they are shown: with the version that holds, and what a community uses them for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.rules import service
from app.assemblies.rules.definition import RuleBody
from app.assemblies.rules.models import PackChoice, RulePack, RulePackVersion, VersionState
from app.assemblies.rules.schemas import ChoiceRead, PackDetail, PackRead, VersionDetail, VersionRead
from app.communities.models import Community
from app.core.clock import today
from app.core.errors import NotFound
from app.core.i18n import gettext as _


def packs(s: Session, who: Principal, found: Sequence[RulePack]) -> list[PackRead]:
    owners = {pack.community_id for pack in found if pack.community_id}
    names = {c.id: c.name for c in s.scalars(select(Community).where(col(Community.id).in_(owners)))}
    used = {choice.body: choice.pack_id for choice in choices(s, who)}
    return [_read(s, pack, names, used) for pack in found]


def _read(s: Session, pack: RulePack, names: dict[UUID, str], used: dict[RuleBody, UUID | None]) -> PackRead:
    found = service.versions(s, pack.id)
    published = [v for v in found if v.state == VersionState.published]
    version = shown_version(s, pack)
    definition = service.definition_of(version)
    return PackRead(
        **pack.model_dump(),
        community_name=names.get(pack.community_id, "") if pack.community_id else "",
        example=definition.example,
        citation=version.citation,
        bodies=[RuleBody(rules.body) for rules in definition.sets],
        published_number=published[0].number if published else None,
        has_draft=any(v.state == VersionState.draft for v in found),
        used_for=[body for body, pack_id in used.items() if pack_id == pack.id],
    )


def shown_version(s: Session, pack: RulePack) -> RulePackVersion:
    """The version that holds today, else the newest published one, else the draft."""
    found = service.versions(s, pack.id)
    published = [v for v in found if v.state == VersionState.published]
    return service.effective(s, pack.id, today()) or (published or found)[0]


def detail(s: Session, who: Principal, pack_id: UUID) -> PackDetail:
    pack = service.find(s, who, pack_id)
    return PackDetail(
        **packs(s, who, [pack])[0].model_dump(),
        shown=version_detail(pack, shown_version(s, pack)),
        versions=[VersionRead.model_validate(v) for v in service.versions(s, pack.id)],
        editable=who.may("rules:write") and pack.community_id is not None,
    )


def numbered(s: Session, who: Principal, pack_id: UUID, number: int) -> VersionDetail:
    pack = service.find(s, who, pack_id)
    found = next((v for v in service.versions(s, pack.id) if v.number == number), None)
    if found is None:
        raise NotFound()
    return version_detail(pack, found)


def version_detail(pack: RulePack, row: RulePackVersion) -> VersionDetail:
    return VersionDetail(
        **row.model_dump(exclude={"definition"}),
        pack_key=pack.key,
        pack_title=pack.title,
        definition=service.definition_of(row),
    )


def choices(s: Session, who: Principal, on: date | None = None) -> list[ChoiceRead]:
    """By which pack each body of one's own community decides; nothing for those who look after several."""
    if who.community_id is None:
        return []
    return [_choice(s, who.community_id, body, on or today()) for body in RuleBody]


def _choice(s: Session, community_id: UUID, body: RuleBody, on: date) -> ChoiceRead:
    pack = service.chosen(s, community_id, body, on)
    version = service.effective(s, pack.id, on)
    definition = service.definition_of(version) if version else None
    rules = definition.of(body) if definition else None
    from_on = s.scalar(
        select(col(PackChoice.from_on))
        .where(
            col(PackChoice.community_id) == community_id, col(PackChoice.body) == body, col(PackChoice.from_on) <= on
        )
        .order_by(col(PackChoice.from_on).desc())
        .limit(1)
    )
    return ChoiceRead(
        body=body,
        pack_id=pack.id if rules else None,
        pack_title=pack.title if rules else _("没有现行规则"),
        pack_title_en=pack.title_en if rules else "",
        from_on=from_on,
        example=bool(definition and definition.example),
        decides=bool(rules and rules.decides),
        notice_days=rules.notice_days if rules else None,
    )
