"""Votes, elections and resolutions as the minutes say them."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from app.assemblies.elections import counts, results
from app.assemblies.elections import service as elections
from app.assemblies.elections.models import Election
from app.assemblies.elections.models import State as ElectionState
from app.assemblies.elections.words import STATES as ELECTION_STATES
from app.assemblies.meetings.models import Assembly
from app.assemblies.minutes.shapes import Part
from app.assemblies.votes import counting, declaring, states
from app.assemblies.votes import service as votes
from app.assemblies.votes.models import NAMED, Choice, State, Vote, VoteCount, VoteElector
from app.core.i18n import gettext as _


def pending(s: Session, assembly: Assembly) -> list[str]:
    """What is still being voted on or waits to be declared: minutes that lack it cannot be signed."""
    open_votes = [v.question for v in votes.of_assembly(s, assembly.id) if v.state in (State.open, State.closed)]
    undecided = (ElectionState.open, ElectionState.counted)
    return open_votes + [e.title for e in elections.of_assembly(s, assembly.id) if e.state in undecided]


def votes_part(s: Session, assembly: Assembly) -> Part | None:
    """Every vote that was opened, also one that was made void, in the order of opening."""
    opened = [(v.opened_at, v) for v in votes.of_assembly(s, assembly.id) if v.opened_at is not None]
    ordered = [vote for _at, vote in sorted(opened, key=lambda pair: (pair[0], pair[1].id))]
    lines = [line for number, vote in enumerate(ordered, start=1) for line in _vote(s, number, vote)]
    return Part(key="votes", title="表决", lines=lines) if lines else None


def _vote(s: Session, number: int, vote: Vote) -> list[str]:
    head = f"{number}. {vote.question}（{_(states.METHODS[vote.method])}）"
    if vote.state == State.void:
        return [f"{head}：作废。原因：{states.reason(vote.void_reason)}"]
    if vote.state != State.declared:
        return [f"{head}：{states.label(vote.state)}"]
    said = [f"{head}：{declaring.explanation(vote)}"]
    count = counting.latest(s, vote.id)
    if count is not None:
        said.append(_counted(count))
    return said + (_named(s, vote) if vote.method in NAMED else [])


def _counted(count: VoteCount) -> str:
    recount = f"（第 {count.revision} 次计票，{count.reason}）" if count.revision > 1 else ""
    return (
        f"发出 {count.issued}，收回 {count.returned}，有效 {count.valid}，无效 {count.invalid}；"
        f"赞成 {count.votes_for}，反对 {count.votes_against}，弃权 {count.abstain}。{recount}"
    )


def _named(s: Session, vote: Vote) -> list[str]:
    """Who voted how, where the vote was open."""
    chose: dict[str, list[str]] = defaultdict(list)
    wanted = select(VoteElector).where(col(VoteElector.vote_id) == vote.id, col(VoteElector.choice).is_not(None))
    for elector in s.scalars(wanted.order_by(col(VoteElector.position))):
        chose[elector.choice or ""].append(elector.name)
    return [f"{_(states.CHOICES[c])}：{'、'.join(chose[c])}。" for c in Choice if chose[c]]


def resolutions_part(s: Session, assembly: Assembly) -> Part | None:
    """What was resolved, by its numbers."""
    carried = [v for v in votes.of_assembly(s, assembly.id) if v.resolution_number is not None]
    lines = [f"决议 {v.resolution_number}：{v.resolution_text}" for v in sorted(carried, key=_declared)]
    return Part(key="resolutions", title="决议", lines=lines) if lines else None


def _declared(vote: Vote) -> tuple[datetime | None, str]:
    return vote.declared_at, vote.resolution_number or ""


def elections_part(s: Session, assembly: Assembly) -> Part | None:
    lines = [_election(s, election) for election in elections.of_assembly(s, assembly.id)]
    return Part(key="elections", title="选举", lines=lines) if lines else None


def _election(s: Session, election: Election) -> str:
    head = f"{election.title}" + (f"（第 {election.round} 轮）" if election.round > 1 else "")
    if election.state == ElectionState.void:
        return f"{head}：作废。原因：{election.void_reason}"
    if election.state != ElectionState.declared:
        return f"{head}：{_(ELECTION_STATES[election.state])}"
    result = results.result_of(s, election, counts.latest(s, election.id))
    return f"{head}：{result.sentence}" if result else head
