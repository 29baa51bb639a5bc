"""Which rules hold for a community, a body and a day, and whose packs somebody sees. `editing` changes them."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.rules.builtins import EXAMPLE, LAW_1989, OWNERS
from app.assemblies.rules.definition import Definition, RuleBody, RuleSet, document
from app.assemblies.rules.models import PackChoice, RulePack, RulePackVersion, VersionState
from app.communities.service import in_scope
from app.core.errors import Conflict, NotFound
from app.core.i18n import gettext as _

# What holds where a community has chosen nothing.
DEFAULTS: dict[str, str] = {RuleBody.owners_assembly: OWNERS, RuleBody.residents_assembly: LAW_1989}


def visible(who: Principal) -> Select[Any]:
    """The built-in packs, and those of the communities within reach."""
    return select(RulePack).where(or_(col(RulePack.community_id).is_(None), in_scope(who, RulePack.community_id)))


def find(s: Session, who: Principal, pack_id: UUID) -> RulePack:
    found: RulePack | None = s.scalars(visible(who).where(col(RulePack.id) == pack_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def versions(s: Session, pack_id: UUID) -> list[RulePackVersion]:
    """All versions, the latest first; a draft is the latest."""
    wanted = select(RulePackVersion).where(col(RulePackVersion.pack_id) == pack_id)
    return list(s.scalars(wanted.order_by(col(RulePackVersion.number).desc())))


def effective(s: Session, pack_id: UUID, on: date) -> RulePackVersion | None:
    """The published version that holds on a day: the one that took effect last."""
    return s.scalars(
        select(RulePackVersion)
        .where(
            col(RulePackVersion.pack_id) == pack_id,
            col(RulePackVersion.state) == VersionState.published,
            col(RulePackVersion.effective_from) <= on,
            or_(col(RulePackVersion.effective_to).is_(None), col(RulePackVersion.effective_to) >= on),
        )
        .order_by(col(RulePackVersion.effective_from).desc(), col(RulePackVersion.number).desc())
        .limit(1)
    ).one_or_none()


def chosen(s: Session, community_id: UUID, body: str, on: date) -> RulePack:
    """The pack that the community decides by in a body on a day: the last one chosen, else the built-in default."""
    wanted = (
        select(RulePack)
        .join(PackChoice, col(PackChoice.pack_id) == col(RulePack.id))
        .where(
            col(PackChoice.community_id) == community_id, col(PackChoice.body) == body, col(PackChoice.from_on) <= on
        )
        .order_by(col(PackChoice.from_on).desc())
        .limit(1)
    )
    found = s.scalars(wanted).one_or_none()
    return found or built_in(s, DEFAULTS.get(body, EXAMPLE))


def built_in(s: Session, key: str) -> RulePack:
    return s.scalars(select(RulePack).where(col(RulePack.community_id).is_(None), col(RulePack.key) == key)).one()


def pack_for(s: Session, community_id: UUID, body: str, on: date) -> RulePackVersion:
    """The rules of a body on a day. A decision keeps them: `document_of` and `hash`.

    Refused (409) where the chosen pack has no version that holds on that day, or none for this body.
    """
    pack = chosen(s, community_id, body, on)
    version = effective(s, pack.id, on)
    if version is None:
        raise Conflict(
            _("规则包“%(title)s”在 %(day)s 没有生效的版本，请先选择或发布规则。", title=pack.title, day=on.isoformat()),
            code="no_rules",
        )
    rules_of(version, body)
    return version


def definition_of(version: RulePackVersion) -> Definition:
    return Definition.model_validate(version.definition)


def rules_of(version: RulePackVersion, body: str) -> RuleSet:
    """The rules of a body in a version; refused (409) where it has none."""
    found = definition_of(version).of(body)
    if found is None:
        raise Conflict(_("所选的规则包没有这个组织的规则。"), code="no_rules")
    return found


def document_of(s: Session, version: RulePackVersion) -> dict[str, Any]:
    """The version in full, as a decision keeps it; its `hash_of` is the version's `hash`."""
    return document(
        s.get_one(RulePack, version.pack_id).key,
        version.number,
        definition_of(version),
        citation=version.citation,
        source_url=version.source_url,
        effective_from=version.effective_from,
        effective_to=version.effective_to,
    )
