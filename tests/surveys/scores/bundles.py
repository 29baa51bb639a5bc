"""Bundles for the tests of the verifier, drawn and counted here step by step as docs/bundle.md says."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from typing import Any
from uuid import UUID

from app.surveys.instruments.builtins import satisfaction_scale
from app.surveys.instruments.definition import Definition, Kind, Question, Row, Section
from app.surveys.instruments.subjects import Subject
from app.surveys.scores import bundle, facts
from app.surveys.scores.compute import Stratum, Tallies, compute
from app.surveys.scores.models import Score
from tests.surveys.scores.made import Sheet

SEED, PUBLIC = "ab" * 32, "骰子 2026-06-30 4-2-6"
SUBJECTS = [Subject("c", "committee", "居委会"), Subject("s1", "staff", "李工"), Subject("s2", "staff", "王工")]


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def definition() -> Definition:
    scale = satisfaction_scale()
    rows = [Row(key="work", label="服务"), Row(key="open", label="公开")]
    return Definition(
        title="半年评议",
        sections=[
            Section(
                subject_kind="committee",
                questions=[
                    Question(key="m", kind=Kind.matrix, rows=rows, options=scale, scored=True, weight=2),
                    Question(key="overall", label="总评", options=scale, scored=True),
                    Question(key="why", kind=Kind.text),
                ],
            ),
            Section(subject_kind="staff", questions=[Question(key="s", label="总评", options=scale, scored=True)]),
        ],
    )


def frame(rng: random.Random, people: int) -> list[list[str]]:
    """Two strata of unequal size, some households of two."""
    return sorted(
        [f"{rng.getrandbits(80):020x}", f"h{n // 2:03d}" if n % 5 < 2 else "", "一" if n % 3 else "二"]
        for n in range(people)
    )


def drawn(units: list[list[str]], size: int, reserves: int) -> dict[str, Any]:
    """The draw by the book: everybody in order, then one household after the other."""
    ids = sorted(u[0] for u in units)
    frame_hash = _sha("\n".join(ids))
    seed = bytes.fromhex(SEED)
    key = hashlib.sha256(b"draw-v1|" + seed + b"|" + PUBLIC.encode() + b"|" + frame_hash.encode()).digest()
    strata, picks = [], []
    counts = {name: sum(u[2] == name for u in units) for name in sorted({u[2] for u in units})}
    for name, n in counts.items():
        shares = []
        for wanted in (size, reserves):
            exact = {k: wanted * m / len(units) for k, m in counts.items()}
            left = wanted - sum(int(x) for x in exact.values())
            bigger = sorted(exact, key=lambda k: (-(exact[k] % 1), list(counts).index(k)))[:left]
            shares.append(int(exact[name]) + (name in bigger))
        strata.append({"stratum": name, "people": n, "size": shares[0], "reserves": shares[1]})
        order = sorted((hmac.digest(key, u[0].encode(), "sha256"), u[0], u[1]) for u in units if u[2] == name)
        homes: list[str] = []
        for _mark, person, home in order:
            if (home or person) not in homes and len(homes) < sum(shares):
                homes.append(home or person)
                at = len(homes)
                picks.append({"id": person, "stratum": name, "position": at, "reserve": at > shares[0]})
    return {
        "number": 1,
        "frame_hash": frame_hash,
        "table_hash": _sha("\n".join(sorted("|".join(u) for u in units))),
        "commit": hashlib.sha256(b"v1|" + seed + b"|" + frame_hash.encode()).hexdigest(),
        "seed": SEED,
        "public": PUBLIC,
        "source": "街道办公楼掷骰",
        "size": size,
        "reserves": reserves,
        "strata": strata,
        "picks": picks,
        "replaced": [],
        "voided": "",
    }


def make(*, census: bool = False, answered: int = 50, few: bool = False, divided: bool = True) -> dict[str, Any]:
    """A whole bundle. `few`: one worker was rated by four people only. `divided`: strata large enough to be shown."""
    rng = random.Random(7)
    units = frame(rng, 60 if census else 300)
    draws = [] if census else [drawn(units, 60, 12)]
    mood = [0.7, 0.2, 0.1]
    words = ["satisfied", "basically_satisfied", "dissatisfied"]
    sheets = []
    for n in range(answered):
        one = {s.key: {"s": rng.choices(words, mood)[0]} for s in SUBJECTS[1:]}
        if few and n >= 4:
            del one["s2"]
        one["c"] = {
            "m": {
                "work": rng.choices(words, mood)[0],
                "open": "dont_know" if n % 9 == 0 else rng.choices(words, mood)[0],
            },
            "overall": rng.choices(words, mood)[0],
        }
        sheets.append(Sheet(one, "一" if n % (3 if divided else 30) else "二"))
    population, invited = len(units), 60
    asked = units if census else [[p["id"], "", p["stratum"]] for p in draws[0]["picks"] if not p["reserve"]]
    strata = {name: Stratum(*(sum(u[2] == name for u in group) for group in (asked, units))) for name in ("一", "二")}
    made = compute(definition(), SUBJECTS, sheets, invited=invited, population=population, census=census, strata=strata)
    scores = [
        Score(
            id=UUID(int=n),
            community_id=UUID(int=0),
            round_id=UUID(int=0),
            instrument_key="committee_halfyear",
            period="2026-H1",
            audit_head="0" * 64,
            line="",
            **facts.row_values(score, []),
        )
        for n, score in enumerate(made)
    ]
    ids = sorted(u[0] for u in units)
    counted, lines = Tallies(definition(), SUBJECTS), bundle.Lines(definition(), SUBJECTS)
    for sheet in sheets:
        counted.add(sheet)
        lines.add(sheet)
    part = bundle.scored_part(counted, SUBJECTS, lines, scores, strata)
    return {
        "format": "qinlian-bundle-v1",
        "round": {
            "id": str(UUID(int=1)),
            "community": "翰林缘社区",
            "community_code": "320594001001",
            "instrument": "committee_halfyear",
            "title": "半年评议",
            "period": "2026-H1",
            "panel": "residents",
            "method": "census" if census else "sample",
            "secrecy": "secret",
            "opened_at": "2026-06-01T01:00:00.000000Z",
            "closed_at": "2026-06-06T01:00:00.000000Z",
            "revision": 1,
        },
        "frame": {
            "units": units,
            "hash": _sha("\n".join(ids)),
            "table_hash": _sha("\n".join(sorted("|".join(u) for u in units))),
        },
        "draws": draws,
        "counts": {
            "invited": invited,
            "population": population,
            "returned": answered,
            "on_paper": 3,
            "added": 0,
            "removed": 0,
        },
        "receipts": sorted(f"R{n:04d}" for n in range(answered)),
        **json.loads(bundle.together(part)),
    }
