"""勤廉 Qinlian: recomputes a declared vote or election. 复核一次表决或选举的结果。

    python3 verify.py bundle.json [--en]

Lies beside verify.py, which calls it. docs/bundle.md describes the files.
"""

import hashlib
import json
from collections import Counter
from typing import Any, Callable, Dict, List, Optional

Say = Callable[[Optional[bool], str, str], None]
Counts = Dict[str, int]


def canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def check_pack(bundle: Any, say: Say) -> None:
    found = hashlib.sha256(canonical(bundle["pack"]).encode()).hexdigest()
    say(found == bundle["pack_hash"], "规则的哈希", "hash of the rules")


# --- Rules ---------------------------------------------------------------------------------------------------


def value(counts: Counts, name: str) -> int:
    return counts["for"] + counts["against"] if name == "for_against" else counts[name]


def holds(condition: Any, counts: Counts) -> Any:
    """One condition in integers: `count` is more than (strict) or at least num/den of `base`; of nobody nothing holds."""
    left, right = value(counts, condition["count"]), value(counts, condition["base"])
    num, den, strict = condition["num"], condition["den"], condition["strict"]
    enough = left * den > right * num if strict else left * den >= right * num
    needed = max(1, right * num // den + 1 if strict else -(-right * num // den))
    return {"condition": condition, "left": left, "right": right, "needed": needed, "holds": right > 0 and enough}


def outcome_of(quorum: Any, adoption: Any, counts: Counts) -> str:
    failed = [test["condition"]["count"] for test in (holds(c, counts) for c in quorum) if not test["holds"]]
    if failed:
        return "no_quorum" if {"present", "area_present"} & set(failed) else "not_valid"
    if counts["for"] == counts["against"] > 0:
        return "tied"
    return "carried" if all(holds(c, counts)["holds"] for c in adoption) else "rejected"


AREA_OF = {"entitled": "area_entitled", "participating": "area_participating"}
OF_AREA = ("area_present", "area_participating", "area_for")


def others_of(quorum: Any, adoption: Any, counts: Counts) -> List[Any]:
    """What the same votes would have given, had another base been the rule."""
    by_area = any(c["count"] in OF_AREA for c in adoption)
    bases = ["entitled", "participating"] if by_area else ["entitled", "present", "returned", "valid", "for_against"]
    found = []
    for base in bases:
        if base in {c["base"] for c in adoption} or not value(counts, base):
            continue
        asked = [{**c, "base": AREA_OF[base] if c["count"] in OF_AREA else base} for c in adoption]
        tested = [holds(c, counts) for c in asked]
        found.append({"base": base, "tested": tested, "outcome": outcome_of(quorum, asked, counts)})
    return found


# --- Votes ---------------------------------------------------------------------------------------------------


def check_electors(bundle: Any, say: Say) -> None:
    electors = bundle["electors"]
    places = [e["position"] for e in electors]
    here = [e for e in electors if e["present"]]
    fits = len(set(places)) == len(places) and places == sorted(places)
    fits = fits and all(e["present"] for e in electors if e["proxy"] or e.get("choice"))
    say(fits, f"名单 {len(places)} 人,每席一次;{len(here)} 人到会", f"{len(places)} electors, each once; {len(here)} present")


def check_count(bundle: Any, say: Say) -> None:
    """The paper must reconcile: issued, returned, valid and the choices; nobody voted who was not there."""
    c, method = bundle["count"], bundle["vote"]["method"]
    here = sum(e["present"] for e in bundle["electors"])
    chain = c["issued"] == c["returned"] + c["unreturned"] and c["returned"] == c["valid"] + c["invalid"]
    chain = chain and c["valid"] == c["votes_for"] + c["votes_against"] + c["abstain"] and min(c.values()) >= 0
    say(chain, f"发出 {c['issued']},收回 {c['returned']},有效 {c['valid']}", f"{c['issued']} issued, {c['returned']} returned, {c['valid']} valid")
    fits = c["issued"] <= here if method == "secret_paper" else c["issued"] == here
    say(fits, "发出的票数与到会人数", "no more ballots than people present")
    if method not in ("roll_call", "owners"):
        say(c["area_for"] == c["area_participating"] == 0, "没有面积可算", "no areas to count")
    if method in ("roll_call", "owners"):
        check_named(bundle, say)
    elif method == "secret_pass":
        check_secret(bundle, say)
    else:
        say(None, "举手或纸票由人清点,数据包里没有原票", "raised hands and paper were counted by people")
    reasons = all(r["reason"] for r in bundle["recounted"])
    say(reasons, f"重新计票 {len(bundle['recounted'])} 次,各有原因", f"{len(bundle['recounted'])} recounts, each with its reason")


def check_named(bundle: Any, say: Say) -> None:
    c, cast = bundle["count"], [e for e in bundle["electors"] if e["choice"]]
    chosen = Counter(e["choice"] for e in cast)
    made = [len(cast), chosen["for"], chosen["against"], chosen["abstain"]]
    say(made == [c["returned"], c["votes_for"], c["votes_against"], c["abstain"]], "逐人的意见与计票", "what each said, and the count")
    areas = [sum(e.get("area", 0) for e in some) for some in (cast, [e for e in cast if e["choice"] == "for"])]
    say(areas == [c["area_participating"], c["area_for"]], "面积的合计", "the sums of the areas")


def check_secret(bundle: Any, say: Say) -> None:
    c, ballots, receipts = bundle["count"], bundle["ballots"], bundle["receipts"]
    chosen = Counter(ballots)
    made = [len(ballots), chosen["for"], chosen["against"], chosen["abstain"]]
    say(made == [c["returned"], c["votes_for"], c["votes_against"], c["abstain"]], "每一张票与计票", "every ballot, and the count")
    say(ballots == sorted(ballots), "票的次序不说明先后", "the order of the ballots says nothing")
    fits = len(set(receipts)) == len(receipts) == c["returned"] and receipts == sorted(receipts)
    say(fits, f"回执 {len(receipts)} 个,与收回票数", f"{len(receipts)} receipts and the returned")


def counts_of(bundle: Any) -> Counts:
    c, electors = bundle["count"], bundle["electors"]
    owners = bundle["vote"]["method"] == "owners"
    return {
        "entitled": len(electors), "present": 0 if owners else sum(e["present"] for e in electors),
        "returned": c["returned"], "valid": c["valid"], "for": c["votes_for"], "against": c["votes_against"],
        "abstain": c["abstain"], "participating": c["returned"] if owners else 0, "signed": 0, "area_present": 0,
        "area_entitled": sum(e.get("area", 0) for e in electors),
        "area_participating": c["area_participating"], "area_for": c["area_for"],
    }  # fmt: skip


def check_decision(bundle: Any, say: Say) -> None:
    vote, decision, counts = bundle["vote"], bundle["decision"], counts_of(bundle)
    rules = next(s for s in bundle["pack"]["definition"]["sets"] if s["body"] == vote["body"])
    adoption = rules["adoption"]["special" if vote["matter"] in ("special", "owners_special") else "ordinary"]
    for key, conditions in (("quorum", rules["quorum"]), ("adoption", adoption)):
        made = [holds(c, counts) for c in conditions]
        for test in made:
            name, met = test["condition"]["count"], "=" if test["holds"] else "<"
            line = f"{name} {test['left']} {met} {test['needed']} / {test['right']}".replace(" = ", " ≥ ")
            say(test in decision[key], f"条件:{line}", f"condition: {line}")
        say(bool(made) and made == decision[key], f"判定所用的条件与规则({key})", f"the conditions are those of the rules ({key})")
    outcome = outcome_of(rules["quorum"], adoption, counts)
    say(outcome == decision["outcome"], f"结果:{outcome}", f"outcome: {outcome}")
    figures = [decision["matter"], decision["in_favour"], decision["against"], decision["abstain"]]
    say(figures == [vote["matter"], counts["for"], counts["against"], counts["abstain"]], "所判定的事项与票数", "what was decided on, and the votes")
    others = others_of(rules["quorum"], adoption, counts)
    say(others == decision["others"], "按别的基数会怎样", "what other bases would have given")
    numbered = bundle["resolution"] is not None
    say(numbered == (outcome == "carried"), "通过的才有决议号", "a resolution if and only if it is carried")


def check_vote(bundle: Any, say: Say) -> None:
    vote = bundle["vote"]
    check_pack(bundle, say)
    times = [vote["opened_at"], vote["closed_at"], vote["declared_at"]]
    say(all(times) and times == sorted(times), "先开始,再截止,再宣布", "opened, then closed, then declared")
    check_electors(bundle, say)
    check_count(bundle, say)
    check_decision(bundle, say)


# --- Elections -----------------------------------------------------------------------------------------------


def check_election(bundle: Any, say: Say) -> None:
    """List, paper, rules and result of an election. No sheet is published; what each name got adds up all the same."""
    c, ids, receipts = bundle["counts"], bundle["electors"]["ids"], bundle["receipts"]
    fits = ids == sorted(ids) and len(set(ids)) == len(ids) == c["registered"]
    say(fits, f"选民名单 {len(ids)} 人,编号不重复", f"the list has {len(ids)} electors, each once")
    found = hashlib.sha256("\n".join(ids).encode()).hexdigest()
    say(found == bundle["electors"]["hash"], "选民名单的哈希", "hash of the list of electors")
    check_pack(bundle, say)
    say(election_rules(bundle) == bundle["rules"], "所用条件出自规则包", "the conditions are those of the rule pack")
    adds = c["issued"] == c["returned"] + c["unreturned"] and 0 <= c["returned"] <= c["issued"] <= c["registered"]
    say(adds, f"发出 {c['issued']} = 收回 {c['returned']} + 未收回", f"{c['issued']} issued, {c['returned']} returned")
    if bundle["election"]["method"] == "pass":
        fits = receipts == sorted(set(receipts)) and len(receipts) == c["returned"]
        say(fits, f"回执 {len(receipts)} 个,与收回张数", f"{len(receipts)} receipts and the returned")
    else:
        say(None, "纸票由人清点,数据包里没有原票", "paper was counted by people")
    for contest in bundle["contests"]:
        check_contest(contest, c["returned"], say)
    made = election_outcome(bundle)
    for key in ("valid", "tested"):
        say(made[key] == bundle["outcome"][key], f"选举是否有效({key})", f"whether the election is valid ({key})")
    for found, said in zip(made["contests"], bundle["outcome"]["contests"]):
        say(found == said, f"{said['post']}:各候选人的得票与结果", f"{said['post']}: votes and fate of every candidate")
    same = len(made["contests"]) == len(bundle["outcome"]["contests"])
    say(same and bundle["outcome"]["revision"] == c["revision"], "职务齐全", "every post is there")


def election_rules(bundle: Any) -> Any:
    e = bundle["election"]
    found = next(s for s in bundle["pack"]["definition"]["sets"] if s["body"] == e["body"])["election"]
    further = e["round"] > 1 and found["second_round"]
    return {"valid": found["valid"], "elected": found["second_round"] if further else found["elected"]}


def check_contest(contest: Any, returned: int, say: Say) -> None:
    """Each valid sheet marks at least one name and at most as many as there are seats."""
    votes, valid, marks = contest["votes"], contest["valid"], contest["marks"]
    adds = returned == valid + sum(contest["invalid"].values()) and min(valid, *contest["invalid"].values()) >= 0
    say(adds, f"{contest['post']}:收回 = 有效 + 无效", f"{contest['post']}: returned = valid + invalid")
    named = sorted(votes) == sorted(x["id"] for x in contest["candidates"])
    total, most = sum(votes.values()), min(contest["seats"], len(votes))
    if marks is None:
        adds = valid <= total <= valid * most
    else:
        sizes = {int(size): n for size, n in marks.items()}
        adds = sum(sizes.values()) == valid and sum(size * n for size, n in sizes.items()) == total
        adds = adds and all(1 <= size <= most for size in sizes)
    each = all(0 <= n <= valid for n in votes.values())
    say(named and each and adds, f"{contest['post']}:得票与有效票", f"{contest['post']}: votes and valid ballots")


def election_outcome(bundle: Any) -> Any:
    """Recomputed as app/assemblies/elections/counting.py does it."""
    c, rules = bundle["counts"], bundle["rules"]
    contests, whole = [], []
    for contest in bundle["contests"]:
        cast = {"entitled": c["registered"], "returned": c["returned"], "valid": contest["valid"]}
        whole = [holds(condition, {**cast, "for": 0}) for condition in rules["valid"]]
        held = all(test["holds"] for test in whole)
        ranked = sorted(contest["votes"].items(), key=lambda item: (-item[1], item[0]))
        needed = {k: [holds(condition, {**cast, "for": n}) for condition in rules["elected"]] for k, n in ranked}
        enough = [(k, n) for k, n in ranked if held and all(test["holds"] for test in needed[k])]
        fates = election_fates(enough, contest["seats"])
        contests.append({
            "post_id": contest["post_id"], "post": contest["post"], "seats": contest["seats"],
            "valid": contest["valid"], "invalid": contest["invalid"],
            "open_seats": contest["seats"] - sum(fate == "elected" for fate in fates.values()),
            "standings": [
                {"candidate_id": k, "votes": n, "fate": fates.get(k, "short" if held else "void"), "tested": needed[k]}
                for k, n in ranked
            ],
        })  # fmt: skip
    return {"valid": all(test["holds"] for test in whole), "tested": whole, "contests": contests}


def election_fates(ranked: Any, seats: int) -> Any:
    """Of those with enough votes as many as there are seats; equals across the last seat go into a run-off."""
    if len(ranked) <= seats:
        return {key: "elected" for key, _votes in ranked}
    last = ranked[seats - 1][1]
    tied = last == ranked[seats][1]
    fates = {}
    for place, (key, votes) in enumerate(ranked):
        fates[key] = "run_off" if tied and votes == last else "elected" if place < seats else "beaten"
    return fates
