"""What is kept and shown of a score once it is published: the row's values and the item of the feed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from app.communities.models import Community
from app.core.masking import mask_name
from app.surveys.scores import suppress
from app.surveys.scores.compute import AreaScore, Figures, ItemScore, SubjectScore
from app.surveys.scores.formulas import TEN_THOUSAND, rounded, ten_thousandths
from app.surveys.scores.models import Score

HUNDRED = 100
_FIGURES = ("people", "valid", "satisfied", "strict", "rate", "strict_rate", "low", "high")
_COMPARED = (*_FIGURES, "mean", "items", "areas", "invited", "population", "responses", "suppressed", "method")


def row_values(made: SubjectScore, earlier: Sequence[Score]) -> dict[str, Any]:
    """The columns of a score; what may not be published is not among them."""
    hidden = made.hidden
    items = [_item(item) for item in made.items]
    if not hidden and any(_reveals(made, items, score) for score in earlier if not score.suppressed):
        hidden = suppress.REVISION
    return {
        "subject_key": made.subject.key,
        "subject_kind": made.subject.kind,
        "subject_ref": made.subject.ref_id,
        "subject_name": made.subject.name,
        "census": made.census,
        "invited": made.invited,
        "population": made.population,
        "responses": made.responses,
        **_figures(made.figures, hidden),
        "mean": None if hidden else _hundredths(made.mean),
        "items": [] if hidden else items,
        "areas": [] if hidden else [_area(area) for area in made.areas],
        "method": made.method,
        "smallest_cell": made.smallest_cell,
        "suppressed": hidden,
    }


def _figures(figures: Figures, hidden: str) -> dict[str, int | None]:
    if hidden:
        return dict.fromkeys(_FIGURES)
    interval = figures.interval
    return {
        "people": figures.people,
        "valid": figures.valid,
        "satisfied": figures.satisfied,
        "strict": figures.strict,
        "rate": ten_thousandths(figures.satisfied, figures.valid),
        "strict_rate": ten_thousandths(figures.strict, figures.valid),
        "low": rounded(interval.low) if interval else None,
        "high": rounded(interval.high) if interval else None,
    }


def _hundredths(mean: Fraction | None) -> int | None:
    return None if mean is None else rounded(mean, HUNDRED)


def _item(score: ItemScore) -> dict[str, Any]:
    item = score.item
    return {
        "key": item.key,
        "label": item.label,
        "label_en": item.label_en,
        "weight": item.weight,
        **_figures(score.figures, score.hidden),
        "mean": None if score.hidden else _hundredths(score.mean),
        "options": [
            {
                "key": option.key,
                "label": option.label,
                "label_en": option.label_en,
                "valid": option.valid,
                "satisfied": option.satisfied,
                "count": None if score.hidden else score.counts[option.key],
            }
            for option in item.options
        ],
        "suppressed": score.hidden,
    }


def _area(area: AreaScore) -> dict[str, Any]:
    return {
        "name": area.name,
        "invited": area.invited,
        "population": area.population,
        **_figures(area.figures, area.hidden),
        "suppressed": area.hidden,
    }


def same(score: Score, values: Mapping[str, Any]) -> bool:
    """Whether a publication says what stands already."""
    return all(getattr(score, name) == values[name] for name in _COMPARED)


def _reveals(made: SubjectScore, items: Sequence[Mapping[str, Any]], before: Score) -> bool:
    """Whether the two side by side would show what fewer people said than may be shown."""
    shown = {item["key"]: _counts(item) for item in before.items if not item["suppressed"]}
    changes = [
        suppress.changed(shown[i["key"]], _counts(i)) for i in items if not i["suppressed"] and i["key"] in shown
    ]
    several = max(len(items), 1)
    whole = suppress.changed(_split(before.satisfied, before.valid), _split(made.figures.satisfied, made.figures.valid))
    strict = suppress.changed(_split(before.strict, before.valid), _split(made.figures.strict, made.figures.valid))
    changes += [-(-whole // several), -(-strict // several)]  # one person may have answered every item
    return suppress.revealing(changes, made.smallest_cell)


def _counts(item: Mapping[str, Any]) -> dict[str, int]:
    return {option["key"]: option["count"] for option in item["options"]}


def _split(part: int | None, whole: int | None) -> dict[str, int]:
    return {"in": part or 0, "out": (whole or 0) - (part or 0)}


def public_name(kind: str, name: str) -> str:
    """Who was judged, as everybody may know it: members of the party are not named outside their community."""
    return mask_name(name) if kind == "member" else name


def line(score: Score) -> str:
    """The item of the feed from `instrument` on, to follow the id and the community. Members stay unnamed outside."""
    content: dict[str, Any] = {
        "instrument": score.instrument_key,
        "subject_kind": score.subject_kind,
        "subject_name": public_name(score.subject_kind, score.subject_name),
        "period": score.period,
        "invited": score.invited,
        "responses": score.responses,
        "valid": score.valid,
        "satisfied": score.satisfied,
        "satisfaction_rate": fraction(score.rate),
        "strict_rate": fraction(score.strict_rate),
        "interval_low": fraction(score.low),
        "interval_high": fraction(score.high),
        "interval_kind": "bounds" if score.census else "wilson",
        "mean_score": None if score.mean is None else score.mean / HUNDRED,
        "response_rate": fraction(ten_thousandths(score.responses, score.invited)),
        "method": score.method,
        "suppressed": bool(score.suppressed),
        "published_at": instant(score.published_at),
        "revision": score.revision,
        "supersedes": str(score.supersedes) if score.supersedes else None,
        "reason": score.reason,
        "audit_head": score.audit_head,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))[1:]


def opening(code: str, name: str) -> str:
    """How the item goes on after its id: whose score it is. A community may be renamed, so this is not kept."""
    return f'"community_code":{json.dumps(code)},"community_name":{json.dumps(name, ensure_ascii=False)},'


def item(score_id: Any, opened: str, rest: str) -> str:
    """One item of the feed as JSON."""
    return f'{{"id":"{score_id}",{opened}{rest}'


def message(score: Score, community: Community) -> dict[str, Any]:
    """The same item, for those who are told by webhook."""
    made: dict[str, Any] = json.loads(item(score.id, opening(community.code, community.name), score.line))
    return made


def fraction(n: int | None) -> float | None:
    return None if n is None else n / TEN_THOUSAND


def instant(at: datetime) -> str:
    """RFC 3339 in UTC, always with microseconds, so that the texts sort as the instants do."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
