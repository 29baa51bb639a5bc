"""The packs that every installation has.

What was read in full is filled in; what could not be read is left empty, and the note says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from app.assemblies.rules.definition import (
    Adoption,
    Base,
    Caller,
    Condition,
    Count,
    Definition,
    ElectionRules,
    RuleBody,
    RuleSet,
    Sources,
    document,
    hash_of,
)
from app.assemblies.rules.models import RulePack, RulePackVersion, VersionState
from app.core import audit
from app.core.clock import now

EXAMPLE, OWNERS, LAW_1989, LAW_2025 = (
    "example-charter",
    "owners-278",
    "residents-committees-law-1989",
    "residents-committees-law-2025",
)
_pack = RulePack.__table__  # type: ignore[attr-defined]
_version = RulePackVersion.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class BuiltVersion:
    """A version as it is shipped."""

    definition: Definition
    citation: str
    effective_from: date
    effective_to: date | None = None
    source_url: str = ""


def _half(count: Count, base: Base, source: str) -> Condition:
    return Condition(count=count, base=base, num=1, den=2, strict=True, source=source)


def _share(count: Count, base: Base, num: int, den: int, source: str) -> Condition:
    return Condition(count=count, base=base, num=num, den=den, source=source)


def _signed(num: int, den: int, source: str) -> Condition:
    return _share(Count.signed, Base.entitled, num, den, source)


_CHARTER = "居民自治章程（示例）"


def _elections() -> ElectionRules:
    source = f"{_CHARTER}：选举"
    return ElectionRules(
        valid=[_half(Count.returned, Base.entitled, source)],
        elected=[_half(Count.in_favour, Base.returned, source)],
        second_round=[_share(Count.in_favour, Base.returned, 1, 3, source)],
        more_candidates_than_seats=True,
        source=source,
    )


def _example() -> Definition:
    """The defaults of the software, which each community replaces by its own charter."""
    quorum = [_half(Count.present, Base.entitled, f"{_CHARTER}：到会")]
    half = [_half(Count.in_favour, Base.present, f"{_CHARTER}：表决")]
    assembly = RuleSet(
        body=RuleBody.representative_assembly,
        quorum=quorum,
        adoption=Adoption(ordinary=half, special=half),
        notice_days=5,
        regular_per_year=4,
        callers=[
            Caller(who="committee", source=f"{_CHARTER}：临时会议"),
            Caller(
                who="representatives",
                condition=_signed(1, 5, f"{_CHARTER}：临时会议"),
                source=f"{_CHARTER}：临时会议",
            ),
            Caller(who="subdistrict", source=f"{_CHARTER}：临时会议"),
        ],
        resolution_days=7,
        election=_elections(),
        sources=Sources(
            tie=f"{_CHARTER}：表决",
            notice_days=f"{_CHARTER}：会议通知",
            late_item=f"{_CHARTER}：会议议程",
            regular_per_year=f"{_CHARTER}：会议次数",
            proxy=f"{_CHARTER}：表决",
            resolution_days=f"{_CHARTER}：决议公示",
        ),
    )
    elected = [
        RuleSet(
            body=body,
            quorum=quorum,
            adoption=Adoption(ordinary=half, special=half),
            election=_elections(),
            sources=Sources(tie=f"{_CHARTER}：表决"),
        )
        for body in (RuleBody.committee, RuleBody.supervision_committee)
    ]
    return Definition(
        title="示例章程",
        title_en="Example charter",
        example=True,
        note="这是软件自带的示例，不是任何社区的章程。请按本社区的居民自治章程建立自己的规则包，并注明出处。",
        note_en="This is an example that ships with the software, not the charter of any community. Make a pack of "
        "your own from your charter and cite it.",
        sets=[assembly, *elected],
    )


def _owners() -> Definition:
    """Two thirds of owners and of area take part; then over half, or three quarters for items 6 to 8, in both."""
    source = "《民法典》第二百七十八条"

    def both(num: int, den: int, strict: bool) -> list[Condition]:
        pairs = ((Count.in_favour, Base.participating), (Count.area_for, Base.area_participating))
        return [Condition(count=c, base=b, num=num, den=den, strict=strict, source=source) for c, b in pairs]

    return Definition(
        title="业主共同决定事项",
        title_en="Matters of the owners",
        note="业主共同决定的事项由业主大会决定，不是居民代表大会的权限。专有部分面积和人数都要达到。",
        note_en="Matters of the owners are decided by the owners' assembly, not by the representatives. Both the floor "
        "area and the number of owners count.",
        sets=[
            RuleSet(
                body=RuleBody.owners_assembly,
                quorum=[
                    _share(Count.participating, Base.entitled, 2, 3, source),
                    _share(Count.area_participating, Base.area_entitled, 2, 3, source),
                ],
                adoption=Adoption(ordinary=both(1, 2, True), special=both(3, 4, False)),
                sources=Sources(tie=source),
            )
        ],
    )


def _law_1989(term_years: int) -> Definition:
    def article(n: str) -> str:
        return f"《城市居民委员会组织法》（1989）第{n}条"

    source = article("九")
    half = [_half(Count.in_favour, Base.present, source)]
    return Definition(
        title="居民委员会组织法（1989）",
        title_en="Organic Law of Residents' Committees (1989)",
        note="1989 年法律的文本，自 2026 年 1 月 1 日起由修订后的法律代替。"
        "居民代表会议、通知期限、评议次数不在这部法律里。",
        note_en="The text of 1989, replaced by the revised law from 1 January 2026. It says nothing of representative "
        "assemblies, notice periods or how often to appraise.",
        sets=[
            RuleSet(
                body=RuleBody.residents_assembly,
                quorum=[_half(Count.present, Base.entitled, source)],
                adoption=Adoption(ordinary=half, special=half),
                callers=[
                    Caller(who="committee", source=article("十")),
                    Caller(who="residents", condition=_signed(1, 5, article("十")), source=article("十")),
                ],
                sources=Sources(tie=source),
            ),
            RuleSet(
                body=RuleBody.committee,
                term_years=term_years,
                sources=Sources(term_years=article("八")),
            ),
        ],
    )


def _law_2025() -> Definition:
    """Chapters 4 and 5 could not be read: no quorum, no majority, no notice period is made up here."""
    law = "《城市居民委员会组织法》（2025 修订）"
    return Definition(
        title="居民委员会组织法（2025 修订）",
        title_en="Organic Law of Residents' Committees (revised 2025)",
        note="2025 年 10 月 28 日修订，2026 年 1 月 1 日起施行。编写时未能读到第四、第五章的原文："
        "居民会议和居民代表会议的到会、通过、通知和召集条件都留空，不能据此作决定。请复制一份，对照正式文本补齐。",
        note_en="Revised on 28 October 2025, in force since 1 January 2026. The text of chapters 4 and 5 could not be "
        "read when this was written: quorum, majorities, notice and who may call are left empty, and nothing can be "
        "decided by this pack. Copy it and fill it in from the official text.",
        sets=[
            RuleSet(body=RuleBody.representative_assembly),
            RuleSet(body=RuleBody.residents_assembly),
            RuleSet(body=RuleBody.committee, term_years=5, sources=Sources(term_years=law)),
        ],
    )


_LAW_1989_CITATION = "《中华人民共和国城市居民委员会组织法》（1989 年 12 月 26 日通过，1990 年 1 月 1 日起施行）"
_LAW_2018_CITATION = "《中华人民共和国城市居民委员会组织法》（2018 年 12 月 29 日修正）"
_LAW_2025_CITATION = "《中华人民共和国城市居民委员会组织法》（2025 年 10 月 28 日修订，2026 年 1 月 1 日起施行）"

BUILT_IN: dict[str, tuple[BuiltVersion, ...]] = {
    EXAMPLE: (BuiltVersion(_example(), "软件自带的示例，须由各社区换成自己的居民自治章程", date(1990, 1, 1)),),
    OWNERS: (BuiltVersion(_owners(), "《中华人民共和国民法典》第二百七十八条", date(2021, 1, 1)),),
    LAW_1989: (
        BuiltVersion(_law_1989(3), _LAW_1989_CITATION, date(1990, 1, 1), date(2018, 12, 28)),
        BuiltVersion(_law_1989(5), _LAW_2018_CITATION, date(2018, 12, 29), date(2025, 12, 31)),
    ),
    LAW_2025: (BuiltVersion(_law_2025(), _LAW_2025_CITATION, date(2026, 1, 1)),),
}


def pack_id(key: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"qinlian:rule-pack:{key}")


def ensure_builtins(s: Session) -> None:
    """Stores what is missing and publishes what has changed; two who do so at once meet in peace."""
    make = postgresql.insert if s.get_bind().dialect.name == "postgresql" else sqlite.insert
    for key, built_in in BUILT_IN.items():
        said = built_in[-1].definition
        row = RulePack(id=pack_id(key), key=key, title=said.title, title_en=said.title_en)
        s.execute(make(_pack).values(row.model_dump()).on_conflict_do_nothing())
        there = s.exec(select(RulePackVersion).where(col(RulePackVersion.pack_id) == row.id)).all()
        hashes, last = {v.hash for v in there}, max((v.number for v in there), default=0)
        for built in built_in:
            if any(_document(key, n, built)[1] in hashes for n in range(1, last + 1)):
                continue
            last += 1
            _publish(s, make, row, built, last)


def _document(key: str, number: int, built: BuiltVersion) -> tuple[dict[str, Any], str]:
    fields = {
        "citation": built.citation,
        "source_url": built.source_url,
        "effective_from": built.effective_from,
        "effective_to": built.effective_to,
    }
    return fields, hash_of(document(key, number, built.definition, **fields))  # type: ignore[arg-type]


def _publish(s: Session, make: Any, pack: RulePack, built: BuiltVersion, number: int) -> None:
    fields, mark = _document(pack.key, number, built)
    version = RulePackVersion(
        id=uuid5(pack.id, str(number)),
        pack_id=pack.id,
        number=number,
        definition=built.definition.model_dump(mode="json"),
        hash=mark,
        state=VersionState.published,
        published_at=now(),
        **fields,
    )
    put = make(_version).values(version.model_dump()).on_conflict_do_nothing().returning(_version.c.id)
    if s.execute(put).first() is not None:
        audit.note(s, "rule_pack.built_in", "rule_pack_version", version.id, None, key=pack.key, number=number)
