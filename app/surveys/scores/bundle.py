"""The part of a round's bundle from which its scores are recomputed (docs/bundle.md): sheets and what came of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.surveys.instruments.definition import Definition, hash_of
from app.surveys.instruments.subjects import Subject
from app.surveys.scores import facts, suppress
from app.surveys.scores.compute import Counted, Stratum, compute, items_of
from app.surveys.scores.models import Score

_KEPT = (
    "subject_key",
    "census",
    "invited",
    "population",
    "responses",
    "people",
    "valid",
    "satisfied",
    "strict",
    "rate",
    "strict_rate",
    "low",
    "high",
    "mean",
    "items",
    "areas",
    "method",
    "smallest_cell",
    "suppressed",
    "revision",
    "reason",
    "audit_head",
)


def canonical(value: Any) -> str:
    """One text for one value: keys sorted, no spaces."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def score_row(score: Score) -> dict[str, Any]:
    """A published score as it stands in the bundle."""
    return {
        "id": str(score.id),
        **{name: getattr(score, name) for name in _KEPT},
        "supersedes": str(score.supersedes) if score.supersedes else None,
    }


def scored_part(
    definition: Definition,
    subjects: Sequence[Subject],
    sheets: Iterable[Counted],
    scores: Sequence[Score],
    strata: Mapping[str, Stratum] | None = None,
) -> dict[str, Any]:
    """The keys `definition`, `definition_hash`, `subjects`, `strata`, `sheets` and `scores` of a bundle.

    `scores` are those that stand after the publication (`service.of_round(latest=True)`), not only the new ones.
    """
    standing = {score.subject_key: score for score in scores}
    kept: dict[str, list[dict[str, Any]] | None] = {}
    judged = [subject for subject in subjects if subject.key in standing]
    for subject in judged:
        kept[subject.key] = [] if _open(standing[subject.key]) else None
    asked = {subject.key: frozenset(i.question for i in items_of(definition, subject.kind)) for subject in judged}
    sheets = list(sheets)
    shown = _shown_strata(definition, judged, sheets, standing, strata or {})
    for sheet in sheets:
        for key, found in kept.items():
            if found is not None:
                given = sheet.answers.get(key, {})
                answers = {question: value for question, value in given.items() if question in asked[key]}
                found.append({"stratum": sheet.stratum if sheet.stratum in shown else "", "answers": answers})
    return {
        "definition": definition.model_dump(mode="json"),
        "definition_hash": hash_of(definition),
        "subjects": [{"key": s.key, "kind": s.kind, "name": facts.public_name(s.kind, s.name)} for s in judged],
        "strata": {name: {"invited": n, "population": of} for name, (n, of) in sorted((strata or {}).items())},
        "sheets": {key: None if found is None else sorted(found, key=canonical) for key, found in kept.items()},
        "scores": [score_row(standing[subject.key]) for subject in judged],
    }


def _shown_strata(
    definition: Definition,
    judged: Sequence[Subject],
    sheets: Sequence[Counted],
    standing: Mapping[str, Score],
    strata: Mapping[str, Stratum],
) -> frozenset[str]:
    """The strata that may stand on sheets: none where a part of a score is suppressed, or where an item seen for one
    stratum alone would tell what a few people said."""
    if any(area["suppressed"] for score in standing.values() for area in score.areas):
        return frozenset()
    groups: dict[str, list[Counted]] = {name: [s for s in sheets if s.stratum == name] for name in strata}
    groups[""] = [s for s in sheets if s.stratum not in strata]
    for subject in judged:
        one = [Subject(subject.key, subject.kind, subject.name)]
        for group in groups.values():
            for score in compute(definition, one, group, invited=len(group), population=len(group), census=True):
                if group and any(suppress.alone(i.figures.cell, definition.smallest_cell) for i in score.items):
                    return frozenset()
    return frozenset(strata)


def _open(score: Score) -> bool:
    """Whether nothing of the whole or its items is suppressed, so that the sheets tell no more than the score does."""
    return not score.suppressed and not any(item["suppressed"] for item in score.items)
