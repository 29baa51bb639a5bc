"""What the community organised: every activity that the report names on its day, and what comes back each year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import insert

from app.activities.models import Activity, ActivityEvent, Audience, Kind, State, Venue
from app.core.clock import zone
from app.core.models import new_id
from app.core.serials import SerialCounter
from app.demo.assemblies import Told

_MUSEUM, _ROOM, _SQUARE = "苏州碑刻博物馆", "居民活动室", "小区中心广场"
_BY = "社区居委会"


@dataclass(frozen=True)
class Event:
    """An activity of the story: what, of which kind and line, when, where, for whom, and how many came."""

    title: str
    kind: Kind
    line: str
    on: date
    place: str
    audience: Audience
    people: int
    summary: str
    hour: int = 14


# What the report of 2013-04-07 tells; days are those of the season that it names.
NAMED = (
    Event("党员群众进警营", Kind.tour, "party", date(2012, 5, 19), "园区消防中队", Audience.residents, 46,
          "参观营区和装备，听安全知识讲解，体验灭火器使用。", 9),
    Event("南湖红色之旅", Kind.tour, "party", date(2012, 6, 9), "嘉兴南湖", Audience.all_members, 52,
          "参观南湖革命纪念馆，瞻仰红船。", 8),
    Event("“迎七一”党员红色之旅", Kind.tour, "party", date(2012, 6, 30), "沙家浜", Audience.all_members, 48,
          "党员服务基地组织，重温入党誓词。", 8),
    Event("“童心向党”少儿歌咏赛", Kind.contest, "education", date(2012, 6, 23), _SQUARE, Audience.children, 85,
          "党员服务基地组织，十二支队伍参赛。", 18),
    Event("党史知识讲座", Kind.party_lecture, "party", date(2012, 9, 15), _ROOM, Audience.all_members, 63,
          "请老党员进社区讲党史。"),
    Event("喜迎十八大党史知识竞赛", Kind.contest, "party", date(2012, 10, 13), _ROOM, Audience.residents, 71,
          "八个网格组队参加，三个网格获奖。"),
    Event("“党在我心中”作品展", Kind.exhibition, "culture", date(2012, 10, 20), _ROOM, Audience.residents, 210,
          "居民书画、摄影和手工作品六十四件。", 9),
    Event("“喜迎十八大”知识竞赛", Kind.contest, "civilization", date(2012, 10, 27), _SQUARE, Audience.residents, 118,
          "现场抢答，宣传廉洁知识。"),
    Event("“社区友好文化节”廉洁文化篇", Kind.festival, "civilization", date(2012, 9, 22), _SQUARE, Audience.families,
          320, "文艺演出中融入廉洁小品和快板。", 18),
    Event("“环保漂流广场”", Kind.festival, "environment", date(2012, 4, 21), _SQUARE, Audience.families, 160,
          "旧书、旧物交换，宣传勤俭节约。", 9),
    Event("文艺社团走进养老院演出", Kind.performance, "civil", date(2012, 10, 23), "园区社会福利中心", Audience.elders,
          95, "合唱、戏曲和快板，为老人送上重阳祝福。"),
)  # fmt: skip

# What comes back every year: month, day, and the words of the event.
_YEARLY: tuple[tuple[int, int, str, Kind, str, str, Audience, int, str], ...] = (
    (1, 18, "新春写春联送祝福", Kind.festival, "culture", _ROOM, Audience.residents, 90, "书法社写春联二百余副。"),
    (
        3,
        5,
        "学雷锋便民服务日",
        Kind.volunteering,
        "civilization",
        _SQUARE,
        Audience.residents,
        130,
        "理发、磨刀、义诊。",
    ),
    (3, 8, "三八节家庭教育讲座", Kind.lecture, "women", _ROOM, Audience.families, 45, "请家庭教育指导师讲亲子沟通。"),
    (
        3,
        20,
        "市民学校：廉洁知识专题课",
        Kind.course,
        "education",
        _ROOM,
        Audience.residents,
        42,
        "讲家风家训中的廉洁。",
    ),
    (
        4,
        15,
        "党员干部学法学纪",
        Kind.study_session,
        "party",
        _ROOM,
        Audience.direct_members,
        21,
        "学习有关廉洁自律的规定。",
    ),
    (5, 10, "就业政策咨询", Kind.meeting, "labour", _SQUARE, Audience.residents, 60, "现场咨询并登记求职意向。"),
    (
        5,
        28,
        "道德讲堂：身边好人",
        Kind.lecture,
        "civilization",
        _ROOM,
        Audience.residents,
        55,
        "三位居民讲述邻里互助。",
    ),
    (7, 1, "七一主题党课", Kind.party_lecture, "party", _ROOM, Audience.all_members, 58, "支部书记讲党课。"),
    (
        7,
        20,
        "青少年家庭走进碑刻博物馆",
        Kind.tour,
        "culture",
        _MUSEUM,
        Audience.families,
        36,
        "在廉洁文化基地看碑刻、学拓片。",
    ),
    (9, 10, "道德讲堂：敬业奉献", Kind.lecture, "civilization", _ROOM, Audience.residents, 50, "小区教师讲从教故事。"),
    (
        9,
        25,
        "党员干部学法学纪",
        Kind.study_session,
        "party",
        _ROOM,
        Audience.direct_members,
        20,
        "通报典型案例，开展讨论。",
    ),
    (
        10,
        18,
        "重阳节慰问演出",
        Kind.performance,
        "civil",
        "园区社会福利中心",
        Audience.elders,
        80,
        "社区文艺社团演出。",
    ),
    (11, 20, "市民学校：防范诈骗", Kind.course, "security", _ROOM, Audience.elders, 66, "民警讲常见骗术。"),
)


def load(told: Told) -> None:
    """Stored in bulk, as they were written down at the time; those still to come are announced."""
    venue = Venue(community_id=told.community_id, name=_ROOM, address="社区服务中心二楼", capacity=80)
    told.s.add(venue)
    told.s.flush()
    numbers: Counter[int] = Counter()
    rows: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for event in sorted(_events(told), key=lambda e: (e.on, e.hour, e.title)):
        numbers[event.on.year] += 1
        row = _row(told, event, f"{event.on.year}-{numbers[event.on.year]:04d}", venue)
        rows.append(row)
        events += _story(told, row)
    told.s.execute(insert(Activity), rows)
    told.s.execute(insert(ActivityEvent), events)
    counters = [
        {"community_id": told.community_id, "series": "activity", "year": year, "last": last}
        for year, last in sorted(numbers.items())
    ]
    told.s.execute(insert(SerialCounter), counters)


def _events(told: Told) -> Iterator[Event]:
    yield from (event for event in NAMED if event.on < told.day)
    last = told.day + timedelta(days=45)
    for year in range(2010, last.year + 1):
        for month, day, title, kind, line, place, audience, people, summary in _YEARLY:
            on = date(year, month, day)
            if on <= last:
                came = max(8, people + told.rng.randint(-people // 5, people // 5))
                yield Event(title, kind, line, on, place, audience, came, summary)


def _at(on: date, hour: int) -> datetime:
    return datetime.combine(on, time(hour), zone())


def _row(told: Told, event: Event, number: str, venue: Venue) -> dict[str, Any]:
    begins = _at(event.on, event.hour)
    over = event.on < told.day
    made = _at(event.on - timedelta(days=15), 10)
    activity = Activity(
        community_id=told.community_id,
        created_at=made,
        updated_at=made,
        number=number,
        title=event.title,
        kind=event.kind,
        line=event.line,
        starts_at=begins,
        ends_at=begins + timedelta(hours=2),
        venue_id=venue.id if event.place == _ROOM else None,
        place="" if event.place == _ROOM else event.place,
        host=_BY,
        audience=event.audience,
        state=State.closed if over else State.announced,
        headcount=event.people if over else None,
        summary=event.summary if over else "",
        created_by=told.director.id,
    )
    return activity.model_dump()


def _story(told: Told, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Written down two weeks before, announced ten days before, held, and summed up the day after."""
    steps = [("created", "", State.draft, -15), ("moved_on", State.draft, State.announced, -10)]
    if row["state"] == State.closed:
        steps += [("moved_on", State.announced, State.held, 0), ("moved_on", State.held, State.closed, 1)]
    for seq, (kind, before, after, days) in enumerate(steps, start=1):
        at = row["ends_at"] + timedelta(days=days)
        yield {
            "id": new_id(),
            "created_at": at,
            "updated_at": at,
            "version": 1,
            "community_id": told.community_id,
            "activity_id": row["id"],
            "seq": seq,
            "kind": kind,
            "from_state": before,
            "to_state": after,
            "text": "",
            "at": at,
            "by_user_id": told.director.id,
            "by_name": told.director.name,
        }
