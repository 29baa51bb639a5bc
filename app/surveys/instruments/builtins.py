"""The instruments that every community has from the start. A changed definition here becomes a new version."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from app.core import audit
from app.core.clock import now
from app.surveys.instruments.definition import Definition, Kind, Option, Question, Row, Section, hash_of
from app.surveys.instruments.models import Instrument, InstrumentVersion, VersionState

_instrument = Instrument.__table__  # type: ignore[attr-defined]
_version = InstrumentVersion.__table__  # type: ignore[attr-defined]


def satisfaction_scale() -> list[Option]:
    """满意/基本满意/不满意/不了解: 100, 80, 0, and no vote at all."""
    return [
        Option(key="satisfied", label="满意", label_en="Satisfied", points=100, satisfied=True, strict=True),
        Option(key="basically_satisfied", label="基本满意", label_en="Basically satisfied", points=80, satisfied=True),
        Option(key="dissatisfied", label="不满意", label_en="Dissatisfied", points=0),
        Option(key="dont_know", label="不了解", label_en="Don't know", valid=False),
    ]


def five_point_scale() -> list[Option]:
    """很好 … 很差. Points are the index 100 (mean − 1) / 4 of a 1–5 scale; 4 and 5 count as satisfied."""
    words = [
        ("5", "很好", "Very good"),
        ("4", "较好", "Good"),
        ("3", "一般", "Fair"),
        ("2", "较差", "Poor"),
        ("1", "很差", "Very poor"),
    ]
    scale = [
        Option(key=k, label=zh, label_en=en, points=(int(k) - 1) * 25, satisfied=int(k) >= 4, strict=k == "5")
        for k, zh, en in words
    ]
    return [*scale, Option(key="dont_know", label="不了解", label_en="Don't know", valid=False)]


def grade_scale() -> list[Option]:
    """The four grades of the yearly appraisal of members."""
    return [
        Option(key="excellent", label="优秀", label_en="Excellent", points=100, satisfied=True, strict=True),
        Option(key="qualified", label="合格", label_en="Qualified", points=80, satisfied=True),
        Option(key="basically_qualified", label="基本合格", label_en="Basically qualified", points=60),
        Option(key="unqualified", label="不合格", label_en="Unqualified", points=0),
    ]


def _rating(key: str, label: str, label_en: str, scale: list[Option], weight: int = 1) -> Question:
    return Question(
        key=key,
        kind=Kind.rating,
        label=label,
        label_en=label_en,
        required=True,
        options=scale,
        scored=True,
        weight=weight,
    )


def _matrix(key: str, label: str, label_en: str, rows: list[tuple[str, str, str]]) -> Question:
    return Question(
        key=key,
        kind=Kind.matrix,
        label=label,
        label_en=label_en,
        required=True,
        options=satisfaction_scale(),
        rows=[Row(key=k, label=zh, label_en=en) for k, zh, en in rows],
        scored=True,
    )


def _words(key: str, label: str, label_en: str) -> Question:
    return Question(key=key, kind=Kind.text, label=label, label_en=label_en)


def _property_monthly() -> Definition:
    items = [
        ("cleaning", "保洁", "Cleaning"),
        ("security", "秩序维护", "Security and order"),
        ("greening", "绿化", "Greening"),
        ("repairs", "维修", "Repairs"),
        ("service_desk", "客服", "Service desk"),
        ("fee_disclosure", "收费公示", "Fee disclosure"),
    ]
    return Definition(
        title="物业服务评议",
        title_en="Property-management review",
        intro="请居民代表对本月的物业服务作出评议。",
        intro_en="Representatives review this month's property management.",
        sections=[
            Section(
                subject_kind="property_company",
                title="本月的物业服务",
                title_en="Property management this month",
                questions=[
                    _matrix("items", "您对下列各项是否满意？", "How satisfied are you with each of these?", items),
                    _rating("overall", "总的来说，您对物业服务是否满意？", "Overall, how satisfied are you with "
                            "the property management?", satisfaction_scale()),
                    _words("wishes", "您有什么意见或建议？", "What would you like to see changed?"),
                ],
            )
        ],
    )  # fmt: skip


def _committee_halfyear() -> Definition:
    items = [
        ("work", "日常服务", "Everyday services"),
        ("openness", "居务公开", "Openness of affairs"),
        ("promises", "实事项目和承诺", "Projects and promises"),
        ("care", "帮困助老", "Help for those in need"),
        ("integrity", "廉洁自律", "Integrity"),
    ]
    return Definition(
        title="居委会和社区工作者半年评议",
        title_en="Half-yearly review of the committee and its staff",
        intro="请居民代表对半年来居委会和每位社区工作者的工作作出评议。",
        intro_en="Representatives review the half year's work of the committee and of each member of staff.",
        sections=[
            Section(
                subject_kind="committee",
                title="居民委员会",
                title_en="The residents' committee",
                questions=[
                    _matrix("items", "您对居委会下列工作是否满意？", "How satisfied are you with its work?", items),
                    _rating("overall", "总的来说，您对居委会的工作是否满意？", "Overall, how satisfied are you?",
                            satisfaction_scale()),
                    _words("wishes", "您对居委会有什么意见或建议？", "What should the committee do differently?"),
                ],
            ),
            Section(
                subject_kind="staff",
                title="社区工作者",
                title_en="Community workers",
                questions=[
                    _rating("staff_overall", "您对这位社区工作者的工作是否满意？", "How satisfied are you with this "
                            "community worker?", satisfaction_scale()),
                ],
            ),
        ],
    )  # fmt: skip


def _integrity_yearly() -> Definition:
    items = [
        ("diligence", "勤勉尽责", "Diligence and sense of duty", 20),
        ("fairness", "办事公道", "Fair dealing", 20),
        ("openness", "居务、财务公开", "Openness of affairs and finances", 20),
        ("honesty", "廉洁自律，不谋私利", "Integrity, no private gain", 20),
        ("response", "回应居民诉求", "Response to residents' requests", 20),
    ]
    return Definition(
        title="勤廉指数测评",
        title_en="Diligence-and-integrity index",
        intro="请您对一年来居委会勤政廉洁的情况作出评价。您是随机抽取的居民之一。",
        intro_en="Please rate how diligently and honestly the committee worked this year. You were drawn at random.",
        sections=[
            Section(
                subject_kind="committee",
                title="居委会的勤与廉",
                title_en="Diligence and integrity of the committee",
                questions=[
                    *(_rating(k, zh, en, five_point_scale(), weight) for k, zh, en, weight in items),
                    _words("wishes", "您还有什么话要说？", "Is there anything else you would like to say?"),
                ],
            )
        ],
    )


def _member_appraisal() -> Definition:
    return Definition(
        title="民主评议党员",
        title_en="Yearly appraisal of members",
        intro="请对每位党员一年来的表现作出评议。",
        intro_en="Please grade each member's conduct over the year.",
        sections=[
            Section(
                subject_kind="member",
                title="党员",
                title_en="Members",
                questions=[_rating("grade", "您的评议等次", "Your grade", grade_scale())],
            )
        ],
    )


def _project_evaluation() -> Definition:
    items = [
        ("quality", "施工质量", "Quality of the work"),
        ("promptness", "是否按期完成", "Done when it was promised"),
        ("openness", "花费和进度公开", "Openness about costs and progress"),
        ("usefulness", "实际效果", "Usefulness"),
    ]
    return Definition(
        title="实事项目评议",
        title_en="Evaluation of a project",
        intro="项目验收已满 60 天。请您对它的质量和效果作出评议。",
        intro_en="The project was accepted 60 days ago. Please say how good and how useful it is.",
        sections=[
            Section(
                subject_kind="project",
                title="实事项目",
                title_en="The project",
                questions=[
                    _matrix("items", "您对下列各项是否满意？", "How satisfied are you with each of these?", items),
                    _rating("overall", "总的来说，您对这个项目是否满意？", "Overall, how satisfied are you with this "
                            "project?", satisfaction_scale()),
                    _words("wishes", "还有哪些地方需要改进？", "What should still be improved?"),
                ],
            )
        ],
    )  # fmt: skip


BUILT_IN: dict[str, Definition] = {
    "property_monthly": _property_monthly(),
    "committee_halfyear": _committee_halfyear(),
    "integrity_yearly": _integrity_yearly(),
    "member_appraisal": _member_appraisal(),
    "project_evaluation": _project_evaluation(),
}


def instrument_id(key: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"qinlian:instrument:{key}")


def ensure_builtins(s: Session) -> None:
    """Stores what is missing and publishes what has changed; two who do so at once meet in peace."""
    make = postgresql.insert if s.get_bind().dialect.name == "postgresql" else sqlite.insert
    for key, definition in BUILT_IN.items():
        row = Instrument(id=instrument_id(key), key=key, title=definition.title, title_en=definition.title_en)
        s.execute(make(_instrument).values(row.model_dump()).on_conflict_do_nothing())
        newest = s.exec(
            select(InstrumentVersion)
            .where(InstrumentVersion.instrument_id == row.id)
            .order_by(col(InstrumentVersion.number).desc())
        ).first()
        mark = hash_of(definition)
        if newest is None or newest.hash != mark:
            _publish(s, make, row, definition, (newest.number if newest else 0) + 1)


def _publish(s: Session, make: Any, instrument: Instrument, definition: Definition, number: int) -> None:
    version = InstrumentVersion(
        id=uuid5(instrument.id, str(number)),
        instrument_id=instrument.id,
        number=number,
        definition=definition.model_dump(mode="json"),
        hash=hash_of(definition),
        state=VersionState.published,
        published_at=now(),
    )
    put = make(_version).values(version.model_dump()).on_conflict_do_nothing().returning(_version.c.id)
    if s.execute(put).first() is not None:
        current = s.get_one(Instrument, instrument.id)
        current.title, current.title_en = definition.title, definition.title_en
        s.add(current)
        s.flush()
        audit.note(s, "instrument.built_in", "instrument_version", version.id, None, key=instrument.key, number=number)
