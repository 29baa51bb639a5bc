"""From a count to a result, and the result in one sentence with both sides of every condition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.assemblies.elections import candidates, counting, rules, service
from app.assemblies.elections.counting import Fate
from app.assemblies.elections.models import Candidate, Election, ElectionCount
from app.assemblies.elections.schemas import ContestRead, ResultRead, StandingRead
from app.assemblies.models import SeatPost
from app.assemblies.rules import words
from app.assemblies.rules.decide import Tested
from app.assemblies.rules.definition import Base, Count
from app.assemblies.words import POSTS
from app.core.i18n import N_
from app.core.i18n import gettext as _


def outcome(s: Session, election: Election, count: ElectionCount) -> dict[str, Any]:
    """The outcome of every post as it is kept when it is declared."""
    terms = rules.terms(election)
    rows = {row["post_id"]: row for row in count.posts}
    contests = []
    tested: tuple[Tested, ...] = ()
    for post in service.posts_of(s, election.id):
        row = rows[str(post.id)]
        found = counting.elect(terms, election.registered, count.returned, row["valid"], row["votes"], post.seats)
        tested = found.tested
        contests.append(
            {
                "post_id": str(post.id),
                "post": post.post,
                "seats": post.seats,
                "valid": row["valid"],
                "invalid": row["invalid"],
                "open_seats": found.open_seats,
                "standings": [_standing(standing) for standing in found.standings],
            }
        )
    return {
        "revision": count.revision,
        "valid": all(test.holds for test in tested),
        "tested": [test.model_dump(mode="json") for test in tested],
        "contests": contests,
    }


def _standing(standing: counting.Standing) -> dict[str, Any]:
    return {
        "candidate_id": standing.key,
        "votes": standing.votes,
        "fate": str(standing.fate),
        "tested": [test.model_dump(mode="json") for test in standing.tested],
    }


def result_of(s: Session, election: Election, count: ElectionCount | None) -> ResultRead | None:
    """What was declared, or what the standing count would give."""
    if election.outcome is not None:
        return read(s, election, election.outcome)
    return read(s, election, outcome(s, election, count)) if count is not None else None


def read(s: Session, election: Election, kept: Mapping[str, Any]) -> ResultRead:
    named = {str(x.id): x for x in candidates.of_election(s, election.id)}
    contests = [_contest(row, named) for row in kept["contests"]]
    tested = [Tested.model_validate(test) for test in kept["tested"]]
    return ResultRead(
        valid=kept["valid"],
        tested=tested,
        contests=contests,
        sentence=sentence(election.registered, tested, contests),
        example_rules=bool((election.pack or {}).get("definition", {}).get("example")),
    )


def _contest(row: Mapping[str, Any], named: Mapping[str, Candidate]) -> ContestRead:
    """Those with more votes first; of equals by name, which decides nothing."""
    standings = [
        StandingRead(
            candidate_id=UUID(x["candidate_id"]),
            name=named[x["candidate_id"]].name,
            about=named[x["candidate_id"]].about,
            votes=x["votes"],
            fate=Fate(x["fate"]),
            tested=[Tested.model_validate(test) for test in x["tested"]],
        )
        for x in sorted(row["standings"], key=lambda x: (-x["votes"], named[x["candidate_id"]].sort_key))
    ]
    return ContestRead(
        post=SeatPost(row["post"]),
        seats=row["seats"],
        valid=row["valid"],
        invalid=row["invalid"],
        open_seats=row["open_seats"],
        standings=standings,
    )


_COUNTS: dict[str, str] = {
    Count.returned: N_("收回选票"),
    Count.valid: N_("有效票"),
    Count.in_favour: N_("得票"),
    Count.participating: N_("参加投票"),
}
_BASES: dict[str, str] = {
    Base.entitled: N_("登记选民"),
    Base.returned: N_("收回选票"),
    Base.valid: N_("有效票"),
}


def sentence(registered: int, tested: Sequence[Tested], contests: Sequence[ContestRead]) -> str:
    """登记选民 60 人，收回选票 55，须超过……，即至少 31，选举有效；委员应选 5 名，得票须……：甲 50 票……当选。"""
    valid = all(test.holds for test in tested)
    clauses = [_("登记选民 %(n)s 人", n=registered)]
    clauses += [_("%(count)s %(left)s，%(needed)s", count=_count(x), left=x.left, needed=_needed(x)) for x in tested]
    clauses.append(_("选举有效") if valid else _("选举无效，没有人当选"))
    said = [_("，").join(clauses)]
    if valid:
        said += [_said(contest) for contest in contests]
    return _("%(said)s。", said=_("；").join(said))


def _count(test: Tested) -> str:
    return _(_COUNTS.get(test.condition.count, words.COUNTS[test.condition.count]))


def _needed(test: Tested) -> str:
    condition = test.condition
    parts = {
        "base": _(_BASES.get(condition.base, words.BASES[condition.base])),
        "right": test.right,
        "share": words.share(condition.num, condition.den),
        "needed": test.needed,
    }
    if condition.strict:
        return _("须超过%(base)s %(right)s 的%(share)s，即至少 %(needed)s", **parts)
    return _("须达到%(base)s %(right)s 的%(share)s，即至少 %(needed)s", **parts)


def _said(contest: ContestRead) -> str:
    """What the sentence says of one post."""
    asked = _("、").join(
        _("%(count)s%(needed)s", count=_count(test), needed=_needed(test)) for test in contest.standings[0].tested
    )
    parts = [_(_ENDINGS[fate], names=names) for fate in Fate if (names := _names(contest.standings, fate))]
    if contest.open_seats:
        parts.append(_open(contest))
    return _(
        "%(post)s应选 %(seats)s 名，%(asked)s：%(found)s",
        post=_(POSTS[contest.post]),
        seats=contest.seats,
        asked=asked,
        found=_("，").join(parts),
    )


_ENDINGS: dict[str, str] = {
    Fate.elected: N_("%(names)s当选"),
    Fate.run_off: N_("%(names)s票数相等，对他们另行投票"),
    Fate.beaten: N_("%(names)s名额已满，未当选"),
    Fate.short: N_("%(names)s未过线"),
    Fate.void: N_("%(names)s不计"),
}


def _names(standings: Iterable[StandingRead], fate: Fate) -> str:
    return _("、").join(_("%(name)s %(votes)s 票", name=x.name, votes=x.votes) for x in standings if x.fate == fate)


def _open(contest: ContestRead) -> str:
    return _("尚缺 %(n)s 名", n=contest.open_seats)
