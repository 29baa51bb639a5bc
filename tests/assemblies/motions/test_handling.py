"""What becomes of a motion: returned, merged, amended, decided, corrected; and never past the graph."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from app.assemblies.motions import checks, handling, proposing, related, service, states
from app.assemblies.motions.models import Motion, ProposerKind
from app.assemblies.motions.models import MotionState as S
from app.assemblies.motions.schemas import MotionCreate, RelatedRead
from app.assemblies.motions.similar import ALIKE, likeness
from app.assemblies.rules.decide import Outcome
from app.core.clock import now
from app.core.db import Database
from app.core.errors import Conflict, DomainError
from app.core.events import MotionCarried
from app.core.models import new_id
from tests.assemblies.motions.helpers import bring, history, made, person, seat_representatives, to_state
from tests.cast import Cast
from tests.members.access import Visit, only_the_director_writes


def id_of(path: str) -> UUID:
    return UUID(path.rsplit("/", 1)[1])


def test_the_graph_is_the_one_of_the_field() -> None:
    """Written down a second time, by hand; and nothing is a dead end but what is settled."""
    written = {
        S.draft: "submitted withdrawn",
        S.submitted: "returned merged admitted withdrawn",
        S.returned: "submitted withdrawn",
        S.admitted: "scheduled withdrawn",
        S.scheduled: "debated admitted withdrawn",
        S.debated: "voting adjourned withdrawn",
        S.voting: "carried rejected adjourned no_quorum",
        S.adjourned: "scheduled",
        S.no_quorum: "scheduled",
        **dict.fromkeys((S.merged, S.carried, S.rejected, S.withdrawn), ""),
    }
    assert {state: set(to.split()) for state, to in written.items()} == {s: set(t) for s, t in states.GRAPH.items()}
    assert states.LABELS.keys() == set(S)


@pytest.mark.parametrize("state", list(S))
def test_every_other_step_is_refused_with_what_may_follow(state: S) -> None:
    for to in set(S) - states.GRAPH[state]:
        with pytest.raises(Conflict) as refused:
            states.require(state, to)
        if to == S.withdrawn and state == S.carried:
            assert refused.value.code == "already_carried" and "决议" in refused.value.message
            continue
        assert refused.value.code == "illegal_transition"
        assert all(states.LABELS[following] in refused.value.message for following in states.GRAPH[state])


def test_returned_with_a_reason_and_handed_in_again(visit_as: Visit, db: Database) -> None:
    path = made(db)
    director = visit_as("王站长")
    nameless = director.submit(f"{path}/return", {"reason": ""})
    assert nameless.status_code == 422 and "健身场地铺设安全地垫" in nameless.text
    assert director.submit(f"{path}/return", {"reason": "请写明地点"}).status_code == 303
    page = director.page(path).text
    assert "请写明地点" in page and "修改后可以重新提交" in page
    assert director.post(f"{path}/submit").status_code == 200
    assert history(director, path)[1:] == [("submitted", "returned"), ("returned", "submitted")]
    early = director.post(f"{path}/admit")
    assert early.status_code == 200 and director.post(f"{path}/admit").json()["code"] == "illegal_transition"
    for step, body in (("return", {"reason": "x"}), ("admit", {}), ("merge", {"into_id": str(new_id())})):
        only_the_director_writes(visit_as, "POST", f"{path}/{step}", body)


def test_duplicates_are_found_and_merged_with_their_people(visit_as: Visit, db: Database, cast: Cast) -> None:
    seats = seat_representatives(db, cast)
    one, two, three = seats.holders[:3]
    with db.write() as s:
        who, at = person(s, "王站长"), now()

        def of(title: str, holder: UUID) -> Motion:
            wanted = MotionCreate(title=title, text="请审议。", holder_ids=[holder], submit=True)
            return proposing.create(s, who, wanted, at)

        kept, gone = of("健身场地铺设安全地垫", one), of("关于在健身场地铺地垫的建议", two)
        of("更换水箱", three)
        proposing.second(s, who, kept, at, two)
        proposing.second(s, who, gone, at, three)
        draft = proposing.create(s, who, MotionCreate(title="草稿", proposer_kind=ProposerKind.committee), at)
        kept_id, gone_id, draft_id = kept.id, gone.id, draft.id
    director = visit_as("王站长")
    similar = director.get(f"/motions/{gone_id}").json()["similar"]
    assert [m["id"] for m in similar] == [str(kept_id)]
    assert visit_as("周代表").get(f"/motions/{gone_id}").json()["similar"] == []
    for wrong in (gone_id, new_id()):
        refused = director.post(f"/motions/{gone_id}/merge", json={"into_id": str(wrong)})
        assert refused.status_code == 422 and refused.json()["errors"][0]["field"] == "into_id"
    assert director.post(f"/motions/{gone_id}/merge", json={"into_id": str(draft_id)}).json()["code"] == "target_closed"
    merged = director.post(f"/motions/{gone_id}/merge", json={"into_id": str(kept_id)}).json()
    assert merged["state"] == "merged" and merged["merged_into"]["id"] == str(kept_id)
    target = director.get(f"/motions/{kept_id}").json()
    assert target["proposers"] == ["周代表", "吴建平"] and [m["id"] for m in target["merged"]] == [str(gone_id)]
    assert [p["name"] for p in target["supporters"]] == ["郑丽君"], "who proposes no longer seconds"
    back = director.post(f"/motions/{kept_id}/merge", json={"into_id": str(gone_id)})
    assert back.status_code == 409 and back.json()["code"] == "target_closed"


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("健身场地铺设安全地垫", "关于在健身场地铺地垫的建议", True),
        ("小公园补种树木", "小公园补种树木", True),
        ("小公园补种树木", "更换二次供水水箱", False),
        ("", "议案", False),
        ("A区路灯", "ａ区路灯问题", True),
    ],
)
def test_likeness_of_titles(one: str, other: str, alike: bool) -> None:
    assert (likeness(one, other) >= ALIKE) == alike and likeness(one, other) == likeness(other, one)


def test_amendments_are_voted_on_before_the_motion_the_furthest_first(
    visit_as: Visit, db: Database, heard: list[MotionCarried]
) -> None:
    director = visit_as("王站长")
    path = made(db)
    amendment = {"title": "改为塑胶", "text": "改用塑胶。", "proposer_kind": "committee", "parent_id": path[9:]}
    early = director.post("/motions", json=amendment)
    assert early.status_code == 409 and early.json()["code"] == "not_amendable"
    assembly = new_id()
    with db.write() as s:
        parent = to_state(s, service.find(s, person(s, "王站长"), id_of(path)), S.debated, assembly)
        near = to_state(s, bring(s, "改一个字", parent_id=parent.id, reach=1), S.debated, assembly)
        far = to_state(s, bring(s, "改为塑胶", parent_id=parent.id, reach=9), S.debated, assembly)
        kept, ids = bring(s, "草稿", parent_id=parent.id, submit=False), (parent.id, near.id, far.id)
        assert kept.state == S.draft, "a draft keeps nobody from voting"
    page = director.page(path).text
    assert page.index("改为塑胶") < page.index("改一个字")
    assert director.post("/motions", json={**amendment, "parent_id": str(ids[1])}).json()["code"] == (
        "amendment_of_amendment"
    )
    with db.write() as s:
        who, at = person(s, "王站长"), now()
        parent, near, far = (s.get_one(Motion, i) for i in ids)
        for early_one in (parent, near):
            with pytest.raises(Conflict) as refused:
                service.to_voting(s, who, early_one, at)
            assert refused.value.code == "amendments_first" and "改为塑胶" in refused.value.message
        for each in (far, near, parent):
            vote = new_id()
            service.to_voting(s, who, each, at, vote)
            service.decided(s, who, each, Outcome.rejected if each is near else Outcome.carried, vote, at)
        assert [m.state for m in (far, near, parent)] == [S.carried, S.rejected, S.carried]
        assert [told.motion_id for told in heard] == [parent.id], "an amendment is no project"
        with pytest.raises(Conflict) as late:
            service.schedule(s, who, _handed_in(s, kept.id), assembly, at)
        assert late.value.code == "parent_decided"


def _handed_in(s: Session, motion_id: UUID) -> Motion:
    motion = s.get_one(Motion, motion_id)
    who, at = person(s, "王站长"), now()
    proposing.submit(s, who, motion, at)
    handling.admit(s, who, motion, at)
    return motion


def test_withdrawn_until_it_is_voted_on_with_its_amendments(visit_as: Visit, db: Database) -> None:
    director = visit_as("王站长")
    path = made(db, S.debated)
    with db.write() as s:
        amendment = bring(s, "改一个字", parent_id=id_of(path)).id
    assert director.post(f"{path}/withdraw", json={"reason": "已经办了"}).json()["state"] == "withdrawn"
    assert director.get(f"/motions/{amendment}").json()["state"] == "withdrawn"
    voting = director.post(f"{made(db, S.voting)}/withdraw", json={"reason": "晚了"})
    assert voting.status_code == 409 and voting.json()["code"] == "illegal_transition"
    carried = made(db, S.voting)
    with db.write() as s:
        service.decided(s, person(s, "王站长"), s.get_one(Motion, id_of(carried)), Outcome.carried, new_id(), now())
    late = director.post(f"{carried}/withdraw", json={"reason": "晚了"})
    assert late.status_code == 409 and late.json()["code"] == "already_carried" and "决议" in late.json()["detail"]


@pytest.mark.parametrize(
    ("outcome", "state", "told"),
    [
        (Outcome.carried, S.carried, 1),
        (Outcome.rejected, S.rejected, 0),
        (Outcome.tied, S.rejected, 0),
        (Outcome.no_quorum, S.no_quorum, 0),
        (Outcome.not_valid, S.no_quorum, 0),
        ("adjourned", S.adjourned, 0),
    ],
)
def test_a_vote_decides_and_what_is_carried_is_announced(
    db: Database, heard: list[MotionCarried], outcome: Outcome, state: S, told: int
) -> None:
    with db.write() as s:
        motion, vote, who = to_state(s, bring(s), S.voting), new_id(), service.Person(None, "投票")
        service.decided(s, who, motion, outcome, vote, now(), reason="表决作废")
        assert motion.state == state and heard == [MotionCarried(motion.id, vote)] * told
        if state in (S.no_quorum, S.adjourned):
            service.resume(s, who, motion, new_id(), now())
            assert motion.state == S.debated
        else:
            with pytest.raises(Conflict):
                service.decided(s, who, motion, Outcome.carried, vote, now())


def test_taken_from_the_agenda(db: Database) -> None:
    with db.write() as s:
        who, at = person(s, "王站长"), now()
        waiting, debated = to_state(s, bring(s), S.scheduled), to_state(s, bring(s), S.debated)
        for motion in (waiting, debated):
            service.unschedule(s, who, motion, at, "会议取消")
        assert [m.state for m in (waiting, debated)] == [S.admitted, S.adjourned]
        assert waiting.assembly_id is None and debated.assembly_id is None


def test_a_recount_is_answered_for_by_two(db: Database, heard: list[MotionCarried]) -> None:
    one, other = service.Person(new_id(), "王站长"), service.Person(new_id(), "李网格")
    with db.write() as s:
        motion = to_state(s, bring(s), S.voting)
        vote = motion.vote_id
        assert vote is not None
        service.decided(s, one, motion, Outcome.rejected, vote, now())

        def recount(first: service.Person, second: service.Person, outcome: Outcome, of: UUID) -> object:
            return handling.recounted(s, first, second, motion, outcome, of, now(), "漏计两票")

        assert recount(one, other, Outcome.tied, vote) is None
        for wrong in ((one, one, vote), (one, other, new_id())):
            with pytest.raises(Conflict):
                recount(wrong[0], wrong[1], Outcome.carried, wrong[2])
        assert recount(one, other, Outcome.carried, vote) is not None
        assert motion.state == S.carried and heard == [MotionCarried(motion.id, vote)]


def test_a_correction_needs_a_second_person(visit_as: Visit, db: Database) -> None:
    director, worker = visit_as("王站长"), visit_as("李网格")
    path = made(db, S.admitted)
    asks = f"{path}/corrections"
    for to in ("carried", "merged", "voting", "debated", "admitted"):
        refused = director.post(asks, json={"to": to, "reason": "记错了"})
        assert refused.status_code == 409 and refused.json()["code"] == "not_correctable", to
    only_the_director_writes(visit_as, "POST", asks, {"to": "submitted", "reason": "记错了"})
    assert director.submit(asks, {"to": "submitted", "reason": "还没有受理"}).status_code == 303
    assert director.post(asks, json={"to": "returned", "reason": "再错"}).json()["code"] == "correction_open"
    asked = director.get(path).json()["correction"]
    confirm = f"{path}/corrections/{asked['id']}/confirm"
    alone = director.post(confirm)
    assert alone.status_code == 403 and alone.json()["code"] == "second_person" and asked["mine"]
    assert worker.get(path).json()["state"] == "admitted" and "确认更正" in worker.page(path).text
    for name in ("周代表", "钱会计", "区督导"):
        assert visit_as(name).post(confirm).status_code == 403
    assert visit_as("外主任").post(confirm).status_code == visit_as("外社区").post(confirm).status_code == 404
    assert worker.post(f"{made(db)}/corrections/{asked['id']}/confirm").status_code == 404
    assert worker.submit(confirm, {}).status_code == 303
    event = director.get(path).json()["events"][-1]
    assert (event["kind"], event["from_state"], event["to_state"]) == ("correction", "admitted", "submitted")
    assert (event["actor_name"], event["second_name"], event["reason"]) == ("王站长", "李网格", "还没有受理")
    assert "王站长提出，李网格确认" in director.page(path).text
    assert worker.post(confirm).json()["code"] == "correction_settled"


def test_a_correction_is_refused_or_overtaken(visit_as: Visit, db: Database) -> None:
    director, worker = visit_as("王站长"), visit_as("李网格")
    path = made(db, S.admitted)
    for how, code in (("refuse", ""), ("confirm", "correction_overtaken")):
        director.post(f"{path}/corrections", json={"to": "submitted", "reason": "记错了"})
        asked = director.get(path).json()["correction"]["id"]
        if code:
            with db.write() as s:
                service.schedule(s, None, s.get_one(Motion, id_of(path)), new_id(), now())
        answer = worker.post(f"{path}/corrections/{asked}/{how}")
        assert answer.json().get("code", "") == code
    assert director.get(path).json()["state"] == "scheduled"


def test_a_merged_motion_is_taken_out_again(visit_as: Visit, db: Database) -> None:
    director = visit_as("王站长")
    path, into = made(db), made(db, title="另一件")
    director.post(f"{path}/merge", json={"into_id": into[9:]})
    assert director.post(f"{path}/corrections", json={"to": "submitted", "reason": "不是一件事"}).status_code == 201
    asked = director.get(path).json()["correction"]["id"]
    answer = visit_as("李网格").post(f"{path}/corrections/{asked}/confirm").json()
    assert answer["state"] == "submitted" and answer["merged_into"] is None


def test_what_happened_and_what_was_said_stay(visit_as: Visit, db: Database) -> None:
    path = made(db)
    for statement in ("UPDATE motion_event SET reason = 'x'", "DELETE FROM motion_event"):
        with pytest.raises(DBAPIError), db.write() as s:
            s.execute(text(statement))
    director = visit_as("王站长")
    once = {"Idempotency-Key": "note-1"}
    for _again in range(2):
        assert director.post(f"{path}/notes", json={"text": "先问<b>三家"}, headers=once).status_code == 201
    assert [n["text"] for n in director.get(path).json()["notes"]] == ["先问<b>三家"]
    assert "先问&lt;b&gt;三家" in director.page(path).text
    assert visit_as("李网格").post(f"{path}/notes", json={"text": "x"}).status_code == 403
    assert director.submit(f"{path}/notes", {"text": ""}).status_code == 422


def test_rooms_above_show_what_became_of_it(visit_as: Visit, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    link = RelatedRead(href="/projects/1", title="铺地垫", sub="施工中")
    monkeypatch.setattr(related, "_sources", {"motion": [lambda _s, _who, _id: [link]]})
    assert "施工中" in visit_as("李网格").page(made(db)).text


def test_the_check_finds_what_no_step_led_to(db: Database) -> None:
    with db.write() as s:
        who, at = person(s, "王站长"), now()
        to_state(s, bring(s, "一"), S.debated)
        service.record(s, who, bring(s, "二"), S.voting, at)
    with db.write() as s:
        s.execute(text("UPDATE motion SET state = 'carried' WHERE title = '一'"))
    assert sorted(line.split(": ")[1] for line in checks.histories(db)) == [
        "is carried, but its last step says debated",
        "step 2 skips the graph",
    ]


AT_ONCE = 4


def test_two_people_take_one_step_once(db: Database) -> None:
    """Pressed together, one of the two opposite steps is taken, once; all others are refused with the rule."""
    motion_id = id_of(made(db, S.debated))
    gate = Barrier(AT_ONCE)

    def press(n: int) -> str:
        gate.wait()
        try:
            with db.write() as s:
                motion = s.get_one(Motion, motion_id)
                if n % 2:
                    proposing.withdraw(s, person(s, "王站长"), motion, now(), "不办了")
                else:
                    service.to_voting(s, person(s, "王站长"), motion, now(), new_id())
            return "done"
        except DomainError as refusal:
            return refusal.code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert Counter(pool.map(press, range(AT_ONCE))) == {"done": 1, "illegal_transition": AT_ONCE - 1}
    with db.read() as s:
        steps = s.execute(text("SELECT count(*), max(seq) FROM motion_event")).one()
        assert steps[0] == steps[1] == 5
