"""Declaring a result: decided by the kept rules, numbered as a resolution where it is carried. Never commits."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.permissions import Principal
from app.assemblies.motions import service as motions
from app.assemblies.motions.models import Motion
from app.assemblies.rules import decide, explaining
from app.assemblies.rules.decide import Decision, Outcome
from app.assemblies.rules.definition import Definition, Matter, RuleSet
from app.assemblies.votes import bundle, counting, service, states
from app.assemblies.votes.models import State, Vote, VoteCount
from app.core.clock import local_date, now
from app.core.db import touch
from app.core.errors import Conflict
from app.core.i18n import gettext as _
from app.core.serials import next_serial

SERIES = "resolution"


def rules_of(vote: Vote) -> RuleSet:
    """The rules that the vote was opened under, whatever has become of the pack since."""
    found = Definition.model_validate(vote.pack["definition"]).of(vote.body)
    if found is None:
        raise Conflict(_("规则包没有写明这类事项怎样才算通过，不能表决。请先补全规则。"), code="rule_missing")
    return found


def decide_by(vote: Vote, count: VoteCount) -> Decision:
    return decide.decide(rules_of(vote), Matter(vote.matter), counting.counts(vote, count))


def decision_of(vote: Vote) -> Decision | None:
    """What was declared."""
    return Decision.model_validate(vote.decision) if vote.decision else None


def explanation(vote: Vote) -> str:
    """The declared decision in one sentence, in the reader's language; "" until then."""
    decision = decision_of(vote)
    return explaining.explain(decision) if decision else ""


def declare(s: Session, who: Principal, vote_id: UUID, text: str = "", at: datetime | None = None) -> Vote:
    """Says what came of it. Pressed twice it is said once; a declared result never changes."""
    vote, at = service.held(s, who, vote_id), at or now()
    if vote.state == State.declared:
        return vote
    states.move(vote, State.declared)
    decision = decide_by(vote, counting.settled(s, vote))
    vote.decision, vote.outcome = decision.model_dump(mode="json"), decision.outcome
    vote.declared_at, vote.declared_by = at, who.id
    if decision.outcome == Outcome.carried:
        vote.resolution_number = next_serial(s, vote.community_id, SERIES, local_date(at).year)
        vote.resolution_text = text or vote.question
    touch(vote)
    s.flush()
    bundle.keep(s, vote, at)
    if vote.motion_id is not None:
        motions.decided(s, who, s.get_one(Motion, vote.motion_id), decision.outcome, vote.id, at)
    service.tell(s, vote, "declared", explaining.explain(decision), at, outcome=vote.outcome)
    return vote
