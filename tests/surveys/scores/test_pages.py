"""The pages of scores: every share with all it needs, fair comparison, trends that claim no more than they can."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import Session

from app.communities.models import Community
from app.core.db import Database
from app.surveys.instruments.subjects import Subject
from app.surveys.scores import service
from app.surveys.scores.compute import Stratum, SubjectScore, compute
from tests.cast import Cast
from tests.surveys.scores import bundles
from tests.surveys.scores.made import Sheet, facts_of, make_round, publish, scored
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]
ROOT = Path(__file__).resolve().parents[3]


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_the_list_shows_each_share_with_its_range_base_and_response(db: Database, cast: Cast, visit_as: Visit) -> None:
    with db.write() as s:
        publish(s, cast.community, scored(48, 9, 3, invited=66))
    page = visit_as("周代表").page("/scores")
    assert page.status_code == 200
    said = text_of(page.text)
    assert "95%" in said and "86.36% – 95.45%" in said and "60 人" in said and "回收率 90.9%" in said


def test_a_score_in_detail(db: Database, cast: Cast, visit_as: Visit) -> None:
    with db.write() as s:
        (score,) = publish(s, cast.community, scored(48, 9, 3, 1, invited=66))
    said = text_of(visit_as("王站长").page(f"/scores/{score.id}").text)
    for part in ("95%", "只计满意 80%", "平均 92 分", "86.36% – 95.45%", "60 人作出有效评分", "应邀 66 人，作答 61 人",
                 "怎么算的", "satisfied-v1", "未答的人若都不满意或都满意"):  # fmt: skip
        assert part in said, part
    for name, status in (("外主任", 404), ("系统员", 403), (None, 303)):
        assert visit_as(name).page(f"/scores/{score.id}").status_code == status


def test_a_sample_says_so(db: Database, cast: Cast, visit_as: Visit) -> None:
    with db.write() as s:
        (score,) = publish(s, cast.community, scored(114, 0, 6, invited=200, population=4501, census=False))
    said = text_of(visit_as("王站长").page(f"/scores/{score.id}").text)
    assert "抽样的可能范围（95% 置信区间）：89.61% – 97.67%" in said and "总体 4,501 人" in said


def test_items_areas_and_the_sum_worked_out(db: Database, cast: Cast, visit_as: Visit) -> None:
    definition, subject = bundles.definition(), bundles.SUBJECTS[0]
    words = ["satisfied"] * 20 + ["basically_satisfied"] * 6 + ["dissatisfied"] * 4
    answers = [{"c": {"m": {"work": w, "open": words[-n - 1]}, "overall": w}} for n, w in enumerate(words)]
    sheets = [Sheet(a, "第1网格" if n % 2 else "第2网格") for n, a in enumerate(answers)]
    made = compute(
        definition, [subject], sheets, invited=40, population=40, census=True,
        strata={"第1网格": Stratum(20, 20), "第2网格": Stratum(20, 20)},
    )  # fmt: skip
    with db.write() as s:
        (score,) = publish(s, cast.community, made, "2026-H1", "committee_halfyear")
    said = text_of(visit_as("王站长").page(f"/scores/{score.id}").text)
    for part in ("服务", "公开", "总评", "第1网格", "第2网格", "平均分由各项平均分加权", "82.67 × 2"):
        assert part in said, part


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (scored(3, 1, 0), "有效回答不足 5 人"),
        (scored(0, 0, 0, 30), "有效回答不足 5 人"),
    ],
)
def test_a_suppressed_score_says_why(
    db: Database, cast: Cast, visit_as: Visit, made: list[SubjectScore], why: str
) -> None:
    with db.write() as s:
        (score,) = publish(s, cast.community, made)
    for path in ("/scores", f"/scores/{score.id}", "/scores/trends?instrument=property_monthly"):
        page = visit_as("王站长").page(path)
        assert page.status_code == 200 and why in page.text


def test_a_corrected_score_points_to_the_present_one(db: Database, cast: Cast, visit_as: Visit) -> None:
    with db.write() as s:
        round_ = make_round(s, cast.community)
        (first,) = service.store(s, facts_of(round_), scored(57, 0, 3))
    with db.write() as s:
        (second,) = service.store(s, facts_of(round_), scored(40, 0, 20), reason="录错一列")
    old = visit_as("王站长").page(f"/scores/{first.id}").text
    assert "这一结果已被更正" in old and f"/scores/{second.id}" in old
    assert "录错一列" in visit_as("王站长").page(f"/scores/{second.id}").text


def trend(visit_as: Visit, name: str = "王站长") -> str:
    return text_of(visit_as(name).page("/scores/trends?instrument=property_monthly").text)


def test_a_change_is_named_only_where_it_is_one(db: Database, cast: Cast, visit_as: Visit) -> None:
    with db.write() as s:
        publish(s, cast.community, scored(95, 0, 5, invited=100), "2026-01")
        publish(s, cast.community, scored(97, 0, 3, invited=100), "2026-02")
    said = trend(visit_as)
    assert "无显著变化" in said and "相差 2 个百分点（-4.1 至 8.5）" in said and "上升 与" not in said


@pytest.mark.parametrize(("counts", "word"), [((99, 0, 1), "上升"), ((20, 0, 80), "下降")])
def test_a_large_change_is_named(db: Database, cast: Cast, visit_as: Visit, counts: tuple[int, ...], word: str) -> None:
    with db.write() as s:
        publish(s, cast.community, scored(60, 0, 40, invited=100), "2026-01")
        publish(s, cast.community, scored(*counts, invited=100), "2026-02")
    assert f"{word} 与 2026-01" in trend(visit_as)


def test_a_change_that_the_silent_could_undo_is_none(db: Database, cast: Cast, visit_as: Visit) -> None:
    with db.write() as s:
        publish(s, cast.community, scored(60, 0, 40, invited=1000), "2026-01")
        publish(s, cast.community, scored(90, 0, 10, invited=1000), "2026-02")
    assert "无显著变化" in trend(visit_as)


def test_trends_need_a_choice_and_hide_other_communities(db: Database, cast: Cast, visit_as: Visit) -> None:
    with db.write() as s:
        publish(s, cast.other_community, scored(50, 0, 1, subject=Subject("x", "property_company", "外地物业")))
    assert "没有可看的结果" in visit_as("王站长").page("/scores/trends").text
    assert "外地物业" not in trend(visit_as)
    supervisor = visit_as("区督导")
    asked = f"/scores/trends?instrument=property_monthly&community_id={cast.other_community}"
    assert "外地物业" in supervisor.page(asked).text
    nobodys = "/scores/trends?instrument=x&community_id=00000000-0000-0000-0000-000000000001"
    assert supervisor.get(nobodys).status_code == 404


def towns(s: Session, cast: Cast, *counts: tuple[str, tuple[int, ...]]) -> None:
    for number, (name, answers) in enumerate(counts):
        town = Community(district_id=cast.district, name=name, code=f"32059400200{number}")
        s.add(town)
        s.flush()
        publish(s, town.id, scored(*answers, invited=sum(answers)), "2026-05")


ASKED = "/scores/comparison?instrument=property_monthly&period=2026-05&subject_kind=property_company"


def test_communities_are_not_ranked_by_chance(db: Database, cast: Cast, visit_as: Visit) -> None:
    with db.write() as s:
        towns(s, cast, ("乙", (97, 0, 3)), ("丙", (95, 0, 5)), ("丁", (93, 0, 7)))
    answer = visit_as("区督导").get(ASKED).json()
    assert [r["community_name"] for r in answer["rows"]] == sorted(["乙", "丙", "丁"])
    assert answer["pairs"] == 3
    assert not [r for r in answer["rows"] if r["higher_than"] or r["lower_than"]]
    page = visit_as("区督导").page(ASKED).text
    assert "分不出高低" in page and page.count('class="range"') == 3


def test_what_can_be_told_apart_is(db: Database, cast: Cast, visit_as: Visit) -> None:
    with db.write() as s:
        towns(s, cast, ("乙", (97, 0, 3)), ("丙", (95, 0, 5)), ("丁", (40, 0, 60)), ("戊", (2, 0, 0)))
    rows = {r["community_name"]: r for r in visit_as("区督导").get(ASKED).json()["rows"]}
    assert rows["丁"]["lower_than"] == ["丙", "乙"] and rows["乙"]["higher_than"] == ["丁"]
    assert rows["戊"]["figure"]["share"] is None and not rows["戊"]["lower_than"]


def test_a_community_sees_itself_only(db: Database, cast: Cast, visit_as: Visit) -> None:
    with db.write() as s:
        towns(s, cast, ("乙", (97, 0, 3)))
    assert visit_as("王站长").get(ASKED).json()["rows"] == []
    assert visit_as("系统员").get(ASKED).status_code == 403


def test_one_question_is_no_breakdown() -> None:
    """Its only item is the whole: it is shown with it, also where a few were of one mind."""
    made = scored(7, 0, 0, invited=7)
    assert made[0].hidden == "" and made[0].items[0].hidden == ""


# --- The house rule: no share without its figure ---------------------------------------------------------------

SHARES = re.compile(
    r"\|\s*percent|[}\d]\s*%(?![}()])|\*\s*100\b|'%'|\"%\"|"
    r"\.(?:share|strict|low|high|rate|strict_rate|response_rate|satisfaction_rate|interval_low|interval_high)\b"
)


def bare_shares(text: str) -> list[str]:
    """Places of a template that would write a share by themselves."""
    text = re.sub(r"{#.*?#}", "", text, flags=re.DOTALL)
    text = re.sub(r"%}", "", text.replace("{%", ""))
    return [found.group() for found in SHARES.finditer(text)]


# The helper for sample sizes speaks of margins of error that nobody has measured yet.
NO_SCORES = {ROOT / "templates/surveys/schedules/sample_size.html"}


def test_no_page_of_surveys_writes_a_share_itself() -> None:
    pages = sorted(set((ROOT / "templates/surveys").rglob("*.html")) - NO_SCORES)
    assert len(pages) > 4
    assert {str(p.relative_to(ROOT)): found for p in pages if (found := bare_shares(p.read_text("utf-8")))} == {}


@pytest.mark.parametrize(
    "text",
    ["{{ x|percent }}", "{{ x }}%", "95%", "{{ (x * 100)|round }}", "{{ f.share }}", "{{ d.satisfaction_rate }}",
     "{{ charts.line_chart(t, i, unit='%') }}"],
)  # fmt: skip
def test_the_rule_sees_offenders(text: str) -> None:
    assert bare_shares(text)


@pytest.mark.parametrize("text", ["{% if x %}{{ figures.inline(row.figure) }}{% endif %}", "{{ _('%(n)s 人', n=3) }}"])
def test_the_rule_leaves_the_rest_alone(text: str) -> None:
    assert not bare_shares(text)
