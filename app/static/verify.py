"""勤廉 Qinlian: recomputes what was published of a round, a vote or an election. 复核已公布的评议、表决或选举。

    python3 verify.py bundle.json [--en]

Needs nothing but Python 3.9 or newer, and for a vote or an election verify_votes.py beside it. Prints one line per
check; exit 0 if all hold, 1 if one does not, 2 if the file is no bundle. docs/bundle.md describes the files.
"""

import hashlib
import hmac
import importlib
import json
import pathlib
import sys
from collections import Counter
from fractions import Fraction
from math import sqrt
from typing import Any, Iterator, List, Optional, Tuple, Union

Z = 1.959963985
ENGLISH = "--en" in sys.argv
failed = 0


def say(holds: Optional[bool], chinese: str, english: str) -> None:
    """One line: 相符, 不符 or (holds is None) 无法复核."""
    global failed
    failed += holds is False
    zh = {True: "相符    ", False: "不符    ", None: "无法复核"}[holds]
    en = {True: "holds        ", False: "DOES NOT HOLD", None: "cannot check "}[holds]
    print(f"{en} {english}" if ENGLISH else f"{zh} {chinese}")


def sha256(data: Union[str, bytes]) -> str:
    return hashlib.sha256(data if isinstance(data, bytes) else data.encode()).hexdigest()


def canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


# --- The draw ------------------------------------------------------------------------------------------------


def check_frame(bundle: Any) -> None:
    frame, counts = bundle["frame"], bundle["counts"]
    units = [tuple(u) for u in frame["units"]]
    ids = [u[0] for u in units]
    holds = units == sorted(units) and len(set(ids)) == len(ids) == counts["population"]
    say(holds, f"名册 {len(ids)} 人,编号不重复", f"the frame has {len(ids)} people, each once")
    say(sha256("\n".join(sorted(ids))) == frame["hash"], "名册的哈希", "hash of the frame")
    table = sha256("\n".join(sorted("|".join(u) for u in units)))
    say(table == frame["table_hash"], "名册连同住户、分层的哈希", "hash of the frame with households and strata")


def allocate(total: int, sizes: List[int]) -> List[int]:
    """Largest remainder; of equal remainders the smaller index comes first."""
    whole = sum(sizes)
    total = min(total, whole)
    shares = [total * size // whole for size in sizes]
    order = sorted(range(len(sizes)), key=lambda i: (-(total * sizes[i] % whole), i))
    for i in order[: total - sum(shares)]:
        shares[i] += 1
    return shares


def draw(frame: Any, seed: bytes, public: str, size: int, reserves: int) -> Tuple[List[Any], List[Any]]:
    """Everybody drawn and in reserve, by stratum: the first of each household in the order of (HMAC(key, id), id)."""
    key = hashlib.sha256(b"|".join([b"draw-v1", seed, public.encode(), frame["hash"].encode()])).digest()
    order = sorted((hmac.new(key, u[0].encode(), hashlib.sha256).digest(), u[0], u[1], u[2]) for u in frame["units"])
    people = Counter(u[2] for u in frame["units"])
    names = sorted(people)
    counts = [people[name] for name in names]
    strata, picks = [], []
    for name, n, take, keep in zip(names, counts, allocate(size, counts), allocate(reserves, counts)):
        strata.append({"stratum": name, "people": n, "size": take, "reserves": keep})
        seen, found = set(), []
        for _mark, person, household, stratum in order:
            if stratum == name and (household or person) not in seen:
                seen.add(household or person)
                found.append(person)
        for position, person in enumerate(found[: take + keep], 1):
            picks.append({"id": person, "stratum": name, "position": position, "reserve": position > take})
    return strata, picks


def check_draw(bundle: Any, d: Any) -> None:
    frame, n = bundle["frame"], d["number"]
    if not d["seed"]:
        say(None if d["voided"] else False, f"第 {n} 次抽签没有公布种子", f"draw {n} has no published seed")
        return
    seed = bytes.fromhex(d["seed"])
    commit = sha256(b"|".join([b"v1", seed, d["frame_hash"].encode()]))
    say(len(seed) == 32 and commit == d["commit"], f"第 {n} 次抽签:种子与事先公布的承诺", f"draw {n}: seed and commit")
    if d["voided"]:
        say(None, f"第 {n} 次抽签已作废:{d['voided']}", f"draw {n} was voided: {d['voided']}")
        return
    same = d["frame_hash"] == frame["hash"] and d["table_hash"] == frame["table_hash"]
    say(same, f"第 {n} 次抽签所用的名册", f"draw {n}: the frame it was made from")
    strata, picks = draw(frame, seed, d["public"], d["size"], d["reserves"])
    say(strata == d["strata"], f"第 {n} 次抽签:各层名额", f"draw {n}: allocation to strata")
    say(picks == d["picks"], f"第 {n} 次抽签:抽中与候补名单", f"draw {n}: everybody drawn and in reserve")
    check_replaced(d, n)


def check_replaced(d: Any, n: int) -> None:
    """Whoever moved or died is replaced by the next reserve of the stratum, never anybody for a refusal."""
    stratum = {p["id"]: p["stratum"] for p in d["picks"]}
    reserves = [p["id"] for p in d["picks"] if p["reserve"]]
    used = [r["by"] for r in d["replaced"] if r["by"]]
    in_order = all(
        [i for i in used if stratum.get(i) == s] == [i for i in reserves if stratum[i] == s][: sum(stratum.get(i) == s for i in used)]
        for s in set(stratum.values())
    )
    fair = all(
        r["reason"] in ("moved", "died") and r["id"] in stratum and stratum.get(r["by"], stratum[r["id"]]) == stratum[r["id"]]
        for r in d["replaced"]
    )
    say(in_order and fair and len(set(used)) == len(used), f"第 {n} 次抽签:替换按候补次序", f"draw {n}: replacements in order")


# --- The counts ----------------------------------------------------------------------------------------------


def check_counts(bundle: Any) -> None:
    c, receipts = bundle["counts"], bundle["receipts"]
    chain = 0 <= c["on_paper"] <= c["returned"] <= c["invited"] <= c["population"]
    say(chain, f"应邀 {c['invited']} 人,收回 {c['returned']} 份", f"{c['invited']} invited, {c['returned']} returned")
    fits = len(set(receipts)) == len(receipts) and receipts == sorted(receipts)
    total = len(receipts) + c["added"] - c["removed"]
    say(fits and total == c["returned"], f"回执 {len(receipts)} 个,与收回份数", f"{len(receipts)} receipts and the returned")
    valid = [d for d in bundle["draws"] if not d["voided"]]
    if bundle["round"]["method"] == "sample":
        gone = [r for d in valid for r in d["replaced"] if not r["by"]]
        asked = sum(not p["reserve"] for d in valid for p in d["picks"]) - len(gone)
        say(len(valid) == 1 and c["invited"] <= asked, "应邀的就是抽中的人", "those invited are those drawn")
    else:
        say(not bundle["draws"], "全体参加,没有抽样", "everybody was asked; nothing was drawn")
    people = Counter(u[2] for u in bundle["frame"]["units"])
    drawn = Counter(p["stratum"] for d in valid for p in d["picks"] if not p["reserve"]) if bundle["draws"] else people
    fits = all(s == {"invited": drawn[name], "population": people[name]} for name, s in bundle["strata"].items())
    say(fits, "各片区应邀人数和总人数", "how many were invited in each area, and of how many")
    say(sha256(canonical(bundle["definition"])) == bundle["definition_hash"], "问卷的哈希", "hash of the questionnaire")


# --- The scores ----------------------------------------------------------------------------------------------


def items_of(definition: Any, kind: str) -> Iterator[Any]:
    for section in definition["sections"]:
        for q in section["questions"]:
            if section["subject_kind"] == kind and q["scored"] and q["kind"] == "rating":
                yield q["key"], None, q, q["options"]
            elif section["subject_kind"] == kind and q["scored"] and q["kind"] == "matrix":
                for row in q["rows"]:
                    yield q["key"], row["key"], q, q["options"]


def share(part: int, whole: int) -> Optional[int]:
    """Ten-thousandths, halves upward; None of nothing."""
    return (20000 * part + whole) // (2 * whole) if whole else None


def interval(
    satisfied: int, valid: int, people: int, score: Any, invited: int, population: int, items: int
) -> Tuple[Optional[int], Optional[int]]:
    """Bounds of a census (the silent dissatisfied, or satisfied); else Wilson 95 % with a finite population."""
    if not valid:
        return None, None
    p = satisfied / valid
    if score["census"]:
        asked = max(invited * items, valid)
        low, high = satisfied / asked, (satisfied + asked - valid) / asked
    elif people >= population:
        low = high = p
    else:
        n = people * (population - 1) / (population - people)
        middle, wide = p + Z * Z / (2 * n), Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        low = 0.0 if satisfied == 0 else max((middle - wide) / (1 + Z * Z / n), 0)
        high = 1.0 if satisfied == valid else min((middle + wide) / (1 + Z * Z / n), 1)
    return int(low * 10000 + 0.5), int(high * 10000 + 0.5)


def mean_of(options: Any, counts: Any) -> Optional[Fraction]:
    """Mean of the points; a scale numbered 1, 2, 3 … is spread over 0 to 100."""
    points = {o["key"]: o["points"] for o in options if o["valid"] and o["points"] is not None}
    n = sum(counts[k] for k in points)
    if not n:
        return None
    mean = Fraction(sum(points[k] * counts[k] for k in points), n)
    scale = sorted(set(points.values()))
    numbered = len(scale) > 1 and scale == list(range(1, len(scale) + 1))
    return 100 * (mean - 1) / (len(scale) - 1) if numbered else mean


def hundredths(mean: Optional[Fraction]) -> Optional[int]:
    return None if mean is None else int(mean * 100 + Fraction(1, 2))


def count(sheets: Any, items: Any) -> Tuple[List[Any], int]:
    """How often each option of each item was chosen, and how many people gave a valid rating."""
    counts: List[Any] = [Counter() for _ in items]
    people = 0
    for sheet in sheets:
        rated = False
        for chosen, (question, row, _q, options) in zip(counts, items):
            value = sheet["answers"].get(question)
            if row is not None:
                value = value.get(row) if isinstance(value, dict) else None
            for option in options:
                if option["key"] == value:
                    chosen[value] += 1
                    rated = rated or option["valid"]
        people += rated
    return counts, people


def figures(counts: Any, people: int, items: Any, score: Any, invited: int, population: int) -> Any:
    valid = satisfied = strict = 0
    for chosen, (_question, _row, _q, options) in zip(counts, items):
        for option in options:
            if option["valid"]:
                valid += chosen[option["key"]]
                satisfied += chosen[option["key"]] * option["satisfied"]
                strict += chosen[option["key"]] * option["strict"]
    low, high = interval(satisfied, valid, people, score, invited, population, len(items))
    return {
        "people": people, "valid": valid, "satisfied": satisfied, "strict": strict,
        "rate": share(satisfied, valid), "strict_rate": share(strict, valid), "low": low, "high": high,
    }  # fmt: skip


def recompute(bundle: Any, subject: Any, score: Any, sheets: Any) -> Any:
    """The published figures of one subject, from its sheets."""
    items = list(items_of(bundle["definition"], subject["kind"]))
    size = score["invited"], score["population"]
    counts, people = count(sheets, items)
    found = figures(counts, people, items, score, *size)
    found["items"], weighted, weights = [], Fraction(0), 0
    for chosen, item in zip(counts, items):
        question, row, q, options = item
        named = q if row is None else next(r for r in q["rows"] if r["key"] == row)
        mean, rated = mean_of(options, chosen), sum(chosen[o["key"]] for o in options if o["valid"])
        if mean is not None:
            weighted, weights = weighted + q["weight"] * mean, weights + q["weight"]
        found["items"].append({
            "key": question if row is None else f"{question}.{row}",
            "label": named["label"], "label_en": named["label_en"], "weight": q["weight"],
            **figures([chosen], rated, [item], score, *size),
            "mean": hundredths(mean), "suppressed": "",
            "options": [
                {**{k: o[k] for k in ("key", "label", "label_en", "valid", "satisfied")}, "count": chosen[o["key"]]}
                for o in options
            ],
        })  # fmt: skip
    found["mean"] = hundredths(weighted / weights) if weights else None
    return found


def check_areas(bundle: Any, subject: Any, score: Any, sheets: Any) -> None:
    name = subject["name"]
    if not score["areas"]:
        return
    sizes = [{k: a[k] for k in ("name", "invited", "population")} for a in score["areas"]]
    given = [{"name": area, **bundle["strata"][area]} for area in sorted(bundle["strata"])]
    say(sizes == given, f"{name}:各片区的人数", f"{name}: the size of every area")
    if sheets is None or not any(s["stratum"] for s in sheets):
        say(None, f"{name}:分片区的得分(为免看出个人,答卷不标片区)", f"{name}: areas (sheets do not say theirs)")
        return
    items = list(items_of(bundle["definition"], subject["kind"]))
    made = []
    for area in sorted(bundle["strata"]):
        size = bundle["strata"][area]
        counts, people = count([s for s in sheets if s["stratum"] == area], items)
        found = figures(counts, people, items, score, size["invited"], size["population"])
        made.append({"name": area, **size, **found, "suppressed": ""})
    say(made == score["areas"], f"{name}:分片区的得分", f"{name}: the figures of every area")


def check_score(bundle: Any, subject: Any, score: Any) -> None:
    c, name = bundle["counts"], subject["name"]
    sheets = bundle["sheets"][subject["key"]]
    size = (score["invited"], score["population"], score["responses"]) == (c["invited"], c["population"], c["returned"])
    size = size and score["smallest_cell"] == bundle["definition"]["smallest_cell"]
    size = size and score["census"] == (bundle["round"]["method"] == "census")
    size = size and score["method"] == bundle["definition"]["method"]
    say(size, f"{name}:人数与方法", f"{name}: counts and method")
    if score["suppressed"]:
        bare = not any(score[k] for k in ("people", "valid", "satisfied", "strict", "rate", "mean", "items", "areas"))
        say(bare and sheets is None, f"{name}:不公布的得分没有数字", f"{name}: a suppressed score shows nothing")
    if sheets is None:
        hidden = bool(score["suppressed"]) or any(item["suppressed"] for item in score["items"])
        say(hidden and None, f"{name}:有数字因人数太少不公布,不附答卷", f"{name}: no sheets, as something is suppressed")
        return
    fits = len(sheets) == c["returned"] and sheets == sorted(sheets, key=canonical)
    say(fits, f"{name}:答卷 {len(sheets)} 份,与收回份数", f"{name}: {len(sheets)} sheets and the returned")
    found = recompute(bundle, subject, score, sheets)
    say(found["people"] >= score["smallest_cell"], f"{name}:够公布的人数", f"{name}: enough people to be published")
    for key, said in found.items():
        wrong = "" if said == score[key] else f" ({score[key]} ≠ {said})" if key != "items" else ""
        say(said == score[key], f"{name}:{LABELS[key]}{wrong}", f"{name}: {key}{wrong}")
    check_areas(bundle, subject, score, sheets)


LABELS = {
    "people": "有效评分人数", "valid": "有效票", "satisfied": "满意票(含基本满意)", "strict": "满意票(只计满意)",
    "rate": "满意率", "strict_rate": "满意率(只计满意)", "low": "区间下限", "high": "区间上限",
    "items": "各项得分", "mean": "平均分",
}  # fmt: skip


def check(bundle: Any) -> None:
    check_frame(bundle)
    for d in bundle["draws"]:
        check_draw(bundle, d)
    check_counts(bundle)
    keys = [s["key"] for s in bundle["subjects"]]
    paired = keys == [s["subject_key"] for s in bundle["scores"]] and set(keys) == set(bundle["sheets"])
    rated = all(any(items_of(bundle["definition"], s["kind"])) for s in bundle["subjects"])
    say(paired and rated and len(set(keys)) == len(keys), "每个评议对象各有一个得分", "every subject has one score")
    for subject, score in zip(bundle["subjects"], bundle["scores"]):
        check_score(bundle, subject, score)


FORMATS = {"qinlian-bundle-v1": "round", "qinlian-vote-v1": "vote", "qinlian-election-v1": "election"}


def check_as(kind: str, bundle: Any) -> None:
    if kind == "round":
        check(bundle)
    else:
        getattr(importlib.import_module("verify_votes"), "check_" + kind)(bundle, say)


def main() -> int:
    paths = [a for a in sys.argv[1:] if a != "--en"]
    if len(paths) != 1:
        print(__doc__)
        return 2
    try:
        data = sys.stdin.buffer.read() if paths[0] == "-" else pathlib.Path(paths[0]).read_bytes()
        bundle = json.loads(data)
        kind = FORMATS[bundle["format"]]
        about = bundle[kind]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        print(f"not a bundle: {problem}" if ENGLISH else f"不是数据包:{problem}")
        return 2
    try:
        title = " ".join(about[key] for key in ("community", "title", "question", "period") if key in about)
        print(f"{title}  SHA-256 {sha256(data)}")
        check_as(kind, bundle)
    except ModuleNotFoundError:
        print("verify_votes.py must lie beside verify.py" if ENGLISH else "请把 verify_votes.py 与 verify.py 放在一起")
        return 2
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, StopIteration, ZeroDivisionError) as problem:
        say(False, f"数据包残缺:{problem!r}", f"the bundle is broken: {problem!r}")
    if failed:
        print(f"{failed} checks do not hold." if ENGLISH else f"有 {failed} 项不符。")
        return 1
    print("Everything that can be checked holds." if ENGLISH else "能复核的各项全部相符。")
    return 0


if __name__ == "__main__":
    sys.exit(main())
