"""The part of a round's bundle from which its scores are recomputed (docs/bundle.md): sheets and what came of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from app.surveys.instruments.definition import Definition, hash_of
from app.surveys.instruments.subjects import Subject
from app.surveys.scores import facts, suppress
from app.surveys.scores.compute import Counted, Stratum, Tallies, items_of
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


class Lines:
    """What each sheet says of each subject, as it will stand in the bundle: as text, which takes the least room."""

    def __init__(self, definition: Definition, subjects: Sequence[Subject]) -> None:
        asked = {s.key: frozenset(i.question for i in items_of(definition, s.kind)) for s in subjects}
        self._subjects = [(key, questions, list[bytes]()) for key, questions in asked.items() if questions]
        self._strata: list[str] = []

    def add(self, sheet: Counted) -> None:
        self._strata.append(sheet.stratum)
        for key, questions, found in self._subjects:
            given = sheet.answers.get(key, {})
            answers = given if given.keys() <= questions else {q: v for q, v in given.items() if q in questions}
            found.append(b'{"answers":%s' % orjson.dumps(answers, option=orjson.OPT_SORT_KEYS))  # its own is never cut

    def pieces(self, shown: Collection[str], closed: Collection[str]) -> Iterator[bytes]:
        """The value of `sheets`: a sorted list for each subject, null for the closed ones, only some strata named.

        It is read once: each list is given up when it is written.
        """
        ends = {name: b',"stratum":%s}' % orjson.dumps(name if name in shown else "") for name in set(self._strata)}
        self._subjects.sort(key=lambda subject: subject[0], reverse=True)
        before = b"{"
        while self._subjects:
            key, _questions, lines = self._subjects.pop()
            yield before + orjson.dumps(key) + b":"
            before = b","
            if key in closed:
                yield b"null"
                continue
            for n, stratum in enumerate(self._strata):
                lines[n] += ends[stratum]
            lines.sort()
            joined = b",".join(lines)
            lines.clear()
            yield from (b"[", joined, b"]")
        yield b"{}" if before == b"{" else b"}"


def scored_part(
    counted: Tallies,
    subjects: Sequence[Subject],
    lines: Lines,
    scores: Sequence[Score],
    strata: Mapping[str, Stratum] | None = None,
) -> dict[str, Iterable[bytes]]:
    """The keys `definition`, `definition_hash`, `subjects`, `strata`, `sheets` and `scores` of a bundle, as JSON texts.

    `scores` are those that stand after the publication (`service.of_round(latest=True)`), not only the new ones.
    """
    definition, strata = counted.definition, strata or {}
    standing = {score.subject_key: score for score in scores}
    judged = [subject for subject in subjects if subject.key in standing]
    closed = {key for key, score in standing.items() if not _open(score)}
    return {
        **texts(
            definition=definition.model_dump(mode="json"),
            definition_hash=hash_of(definition),
            subjects=[{"key": s.key, "kind": s.kind, "name": facts.public_name(s.kind, s.name)} for s in judged],
            strata={name: {"invited": n, "population": of} for name, (n, of) in sorted(strata.items())},
            scores=[score_row(standing[subject.key]) for subject in judged],
        ),
        "sheets": lines.pieces(_shown_strata(counted, judged, standing, strata), closed),
    }


def texts(**values: Any) -> dict[str, Iterable[bytes]]:
    """Each value as its canonical JSON."""
    return {key: [canonical(value).encode()] for key, value in values.items()}


def together(parts: Mapping[str, Iterable[bytes]]) -> bytes:
    """The canonical JSON of an object whose values are written already, in pieces."""
    return b"".join(_written(parts))


def _written(parts: Mapping[str, Iterable[bytes]]) -> Iterator[bytes]:
    before = b"{"
    for key in sorted(parts):
        yield before + canonical(key).encode() + b":"
        yield from parts[key]
        before = b","
    yield b"}"


def _shown_strata(
    counted: Tallies, judged: Sequence[Subject], standing: Mapping[str, Score], strata: Mapping[str, Stratum]
) -> frozenset[str]:
    """The strata that may stand on sheets: none where a part of a score is suppressed, or where an item seen for one
    stratum alone would tell what a few people said."""
    if any(area["suppressed"] for score in standing.values() for area in score.areas):
        return frozenset()
    smallest = counted.definition.smallest_cell
    for subject in judged:
        for cells in counted.cells(subject.key, strata):
            if any(suppress.alone(cell, smallest) for cell in cells):
                return frozenset()
    return frozenset(strata)


def _open(score: Score) -> bool:
    """Whether nothing of the whole or its items is suppressed, so that the sheets tell no more than the score does."""
    return not score.suppressed and not any(item["suppressed"] for item in score.items)
