"""Which rules an election is held under: those of its body, as the pack that the community chose has them."""

from __future__ import annotations

from sqlmodel import Session

from app.assemblies.elections.counting import Terms
from app.assemblies.elections.models import Election
from app.assemblies.meetings.packs import refusal
from app.assemblies.rules import service
from app.assemblies.rules.definition import Definition, ElectionRules, RuleSet
from app.assemblies.rules.models import RulePackVersion

__all__ = ["keep", "kept", "of", "refusal", "terms"]

from app.core.i18n import gettext as _


def of(s: Session, election: Election) -> tuple[RulePackVersion, ElectionRules]:
    """The pack's version on the day of the election, and what it says of elections. Without a word: 409."""
    version = service.pack_for(s, election.community_id, election.body, election.held_on)
    found = service.rules_of(version, election.body).election
    if found is None or not found.valid or not found.elected:
        raise refusal(_("规则包没有写明选举怎样才有效、得多少票才当选。"), "rule_missing", version)
    return version, found


def keep(s: Session, election: Election) -> None:
    """Keeps the pack with the election: whatever is changed later, this one is counted by it."""
    version, _found = of(s, election)
    election.pack_version_id, election.pack_hash = version.id, version.hash
    election.pack = service.document_of(s, version)


def kept(election: Election) -> RuleSet:
    """The rules that the election keeps."""
    definition = Definition.model_validate((election.pack or {})["definition"])
    found = definition.of(election.body)
    if found is None or found.election is None:
        raise LookupError(f"election {election.id} keeps a pack without rules of elections")
    return found


def terms(election: Election) -> Terms:
    """The conditions of this round, from the pack that the election keeps."""
    found = kept(election).election
    if found is None:
        raise LookupError(f"election {election.id} keeps a pack without rules of elections")
    further = election.round > 1 and bool(found.second_round)
    return Terms(valid=found.valid, elected=found.second_round if further else found.elected)
