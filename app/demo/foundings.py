"""The sessions at which the demo's representatives elected a committee and adopted charter and assessment rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlmodel import select

from app.assemblies import rosters
from app.assemblies.documents import service as documents
from app.assemblies.documents.models import Document, DocumentKind, DocumentVersion
from app.assemblies.documents.schemas import Adoption, DocumentCreate, VersionUpdate
from app.assemblies.elections import candidates, counts, declaring, electors, polling
from app.assemblies.elections import service as elections
from app.assemblies.elections.models import Candidate, Consent, Election
from app.assemblies.elections.schemas import (
    CandidateCreate,
    CountWrite,
    ElectionCreate,
    ListFreeze,
    PostCount,
    PostSeats,
)
from app.assemblies.meetings import agenda
from app.assemblies.meetings.models import AgendaItem, Assembly, Caller, ItemKind, Kind
from app.assemblies.meetings.schemas import AssemblyCreate, ItemCreate
from app.assemblies.models import SeatPost, Term, TermBody
from app.core.clock import day_start
from app.demo import assemblies
from app.demo.assemblies import PLACE, Told
from app.demo.assembly_story import DATA, Story
from app.demo.rosters import POSTS, TERMS

_HOUR = timedelta(hours=14)
_REVISED = 3  # the term whose founding session revised the charter
_ELECTION = "选举居民委员会主任、副主任、委员"
_CHARTER, _ASSESSMENT = "居民自治章程", "居委会考核制度"
_SEATS = {post: POSTS.count(post) for post in dict.fromkeys(POSTS)}
_TELLERS = "监票、唱票、计票各一人，由到会代表推选"


def load(told: Told) -> None:
    """One session for each term that has begun."""
    kept: dict[str, Document] = {}
    for number, (count, starts_on, _years) in enumerate(TERMS):
        if starts_on < told.day:
            _session(told, number, count, starts_on, kept)


def _session(told: Told, number: int, count: str, on: date, kept: dict[str, Document]) -> None:
    at = day_start(on) + _HOUR
    assembly = _called(told, count, at)
    texts = list(_texts(number))
    for title, _text in texts:
        _item(told, assembly, ItemKind.other, f"审议《{title}》", at)
    _item(told, assembly, ItemKind.election, _ELECTION, at)
    election = _candidates(told, assembly, count, on)
    assemblies.give_notice(told, assembly, at - timedelta(days=9))
    assemblies.open_doors(told, assembly, at)
    *papers, vote = agenda.of(told.s, assembly.id)
    now = at + timedelta(minutes=10)
    for item, (title, text) in zip(papers, texts, strict=True):
        now = _adopt(told, assembly, item, title, text, kept, now)
    now = _elect(told, assembly, vote, election, now)
    election.term_id = _term(told, on).id
    assemblies.close(told, assembly, now)


def _term(told: Told, on: date) -> Term:
    """Those elected are in the rosters already."""
    wanted = select(Term).where(Term.community_id == told.community_id, Term.body == TermBody.committee)
    return told.s.exec(wanted.where(Term.starts_on == on)).one()


def _called(told: Told, count: str, at: datetime) -> Assembly:
    data = AssemblyCreate(
        title=f"第{count}届居民代表会议第一次会议", kind=Kind.extraordinary, scheduled_at=at, place=PLACE,
        called_by=Caller.subdistrict, ground="在社工委指导下换届选举居民委员会。",
    )  # fmt: skip
    return assemblies.call(told, data, ())


def _item(told: Told, assembly: Assembly, kind: ItemKind, title: str, at: datetime) -> AgendaItem:
    return agenda.add(told.s, told.director, assembly, ItemCreate(kind=kind, title=title), at - timedelta(days=14))


def _texts(number: int) -> Iterator[tuple[str, str]]:
    if number == 0:
        yield _CHARTER, "\n".join(DATA["charter"])
        yield _ASSESSMENT, "\n".join(DATA["assessment"])
    elif number == _REVISED:
        yield _CHARTER, "\n".join(DATA["charter_later"])


def _adopt(
    told: Told, assembly: Assembly, item: AgendaItem, title: str, text: str, kept: dict[str, Document], at: datetime
) -> datetime:
    """Voted on by show of hands; the version cites the resolution."""
    agenda.take_up(told.s, told.director, assembly, item, at)
    question = Story((at.year, 4), f"通过《{title}》", "", 0.97)
    vote = assemblies.decide(told, assembly, item, question, at + timedelta(minutes=15))
    agenda.finish(told.s, assembly, item, at + timedelta(minutes=25))
    draft = _draft(told, title, text, kept, at - timedelta(days=20))
    adopted = Adoption(vote_id=vote.id, effective_on=at.date())
    documents.adopt(told.s, told.director, kept[title].id, draft.id, adopted, draft.version)
    return at + timedelta(minutes=26)


def _draft(told: Told, title: str, text: str, kept: dict[str, Document], at: datetime) -> DocumentVersion:
    if title not in kept:
        kind = DocumentKind.charter if title == _CHARTER else DocumentKind.assessment
        kept[title] = documents.create(told.s, told.director, DocumentCreate(kind=kind, title=title, text=text), at)
        return documents.versions_of(told.s, kept[title].id)[-1]
    draft = documents.new_draft(told.s, told.director, kept[title].id, at)
    documents.update_draft(told.s, told.director, kept[title].id, draft.id, VersionUpdate(text=text), draft.version)
    return draft


def _candidates(told: Told, assembly: Assembly, count: str, on: date) -> Election:
    """Those who came to sit in the committee, and one more for every post."""
    data = ElectionCreate(
        body=TermBody.committee, title=f"第{count}届居民委员会选举", held_on=on, assembly_id=assembly.id,
        posts=[PostSeats(post=post, seats=seats) for post, seats in _SEATS.items()],
    )  # fmt: skip
    start = day_start(on) - timedelta(days=30)
    election = elections.create(told.s, told.director, data, start)
    frozen = ListFreeze(objections_until=on - timedelta(days=12))
    electors.freeze(told.s, told.director, election.id, frozen, start + timedelta(days=5))
    chosen = rosters.sitting(told.s, told.community_id, TermBody.committee, on)
    names = {one.name for one in chosen}
    sitting = rosters.sitting(told.s, told.community_id, TermBody.representative_assembly, on)
    others = iter([one for one in sitting if one.name not in names and one.user_id is None])
    for post in _SEATS:
        people = [one for one in chosen if one.post == post] + [next(others)]
        for one in people:
            holder_id = one.id if one.post == SeatPost.representative else None
            nominated = CandidateCreate(
                post=post, name=one.name, holder_id=holder_id, nominated_by="居民代表联名", consent=Consent.accepted
            )
            candidates.nominate(told.s, told.director, election.id, nominated, start + timedelta(days=8))
    candidates.publish(told.s, told.director, election.id, start + timedelta(days=19))
    return election


def _elect(told: Told, assembly: Assembly, item: AgendaItem, election: Election, at: datetime) -> datetime:
    """Paper ballots, counted by people and signed by two; the committee of that term comes out ahead."""
    s = told.s
    agenda.take_up(s, told.director, assembly, item, at)
    polling.open_polls(s, told.director, election.id, at + timedelta(minutes=5))
    polling.close_polls(s, told.director, election.id, at + timedelta(minutes=35))
    count = counts.enter(s, told.director, election.id, _count(told, election), at + timedelta(minutes=55))
    counts.confirm(s, told.clerk, election.id, count.revision, at + timedelta(minutes=58))
    declaring.declare(s, told.director, election.id, at + timedelta(minutes=60))
    agenda.finish(s, assembly, item, at + timedelta(minutes=62))
    return at + timedelta(minutes=63)


def _count(told: Told, election: Election) -> CountWrite:
    returned = election.registered - 3
    standing = candidates.standing(told.s, election.id)
    counted = {}
    for post in elections.posts_of(told.s, election.id):
        invalid = told.rng.randint(0, 2)
        valid = returned - invalid
        mine = [one for one in standing if one.post_id == post.id]
        counted[post.post] = PostCount(
            valid=valid, invalid={"unclear": invalid} if invalid else {}, votes=_votes(told, mine, post.seats, valid)
        )
    return CountWrite(issued=election.registered, returned=returned, unreturned=3, posts=counted, tellers=_TELLERS)


def _votes(told: Told, standing: list[Candidate], seats: int, valid: int) -> dict[str, int]:
    """Representatives who stand beside the committee of that term come out last."""
    found = {}
    for candidate in standing:
        last = candidate.holder_id is not None
        share = told.rng.uniform(0.12, 0.25) if last else told.rng.uniform(0.74, 0.93)
        found[str(candidate.id)] = round(valid * share)
    if seats == 1:
        first, *rest = sorted(found, key=lambda one: -found[one])
        found[rest[0]] = valid - found[first]
    return found
