"""The rules of an assembly: those it was noticed under, or those in force on its day."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlmodel import Session

from app.assemblies.meetings.models import Assembly
from app.assemblies.rules import decide, service
from app.assemblies.rules.decide import Counts, Tested
from app.assemblies.rules.definition import RuleBody, RuleSet
from app.assemblies.rules.models import RulePackVersion
from app.core.clock import local_date
from app.core.errors import Conflict
from app.core.i18n import gettext as _


def version_of(s: Session, assembly: Assembly) -> RulePackVersion:
    """The version that the notice named; before the notice, the one in force on the meeting's day (409 if none)."""
    if assembly.pack_version_id is not None:
        return s.get_one(RulePackVersion, assembly.pack_version_id)
    return service.pack_for(s, assembly.community_id, assembly.body, local_date(assembly.scheduled_at))


def rules_of(s: Session, assembly: Assembly) -> RuleSet:
    """The rules of its body; refused (409) where the pack has none."""
    return service.rules_of(version_of(s, assembly), assembly.body)


def rules_shown(s: Session, assembly: Assembly) -> RuleSet:
    """The same for a page, which is there also where no rule is: an empty set."""
    try:
        return rules_of(s, assembly)
    except Conflict:
        return RuleSet(body=RuleBody(assembly.body))


def rules_on(s: Session, community_id: UUID, body: str, on: date) -> RuleSet:
    """The rules of a body on a day, or an empty set."""
    try:
        return service.rules_of(service.pack_for(s, community_id, body, on), body)
    except Conflict:
        return RuleSet(body=RuleBody(body))


def test_quorum(rules: RuleSet, present: int, entitled: int) -> list[Tested]:
    """The quorum's conditions with both sides worked out."""
    counts = Counts(present=present, entitled=entitled)
    return [decide.holds(condition, counts) for condition in rules.quorum]


def refusal(message: str, code: str, version: RulePackVersion, source: str = "") -> Conflict:
    """A 409 that carries where the rule is written: the rule's own source and the pack's citation."""
    cited = "；".join(dict.fromkeys(part for part in (source, version.citation) if part))
    text = _("%(rule)s（依据：%(source)s）", rule=message, source=cited) if cited else message
    return Conflict(text, code=code, extra={"citation": version.citation, "source": source})
