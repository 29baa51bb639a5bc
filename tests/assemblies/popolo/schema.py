"""What the Popolo data specification asks of each class, as one JSON schema (draft 2020-12).

Source: the specification and its JSON schemas at popoloproject.com/specs (repository popolo-project/popolo-spec, last
changed in 2017; Creative Commons Attribution 3.0). Not a copy: the names of the properties, their types, formats and
patterns are written down anew for the classes and properties that this house fills. It is stricter than the original,
which lets any further property pass and requires almost none.
"""

from __future__ import annotations

from typing import Any

_TEXT = {"type": ["string", "null"]}
_ID = {"type": "string", "format": "uuid"}
_DATE = {"type": ["string", "null"], "pattern": "^[0-9]{4}(-[0-9]{2}){0,2}$"}
_TIME = {"type": ["string", "null"], "format": "date-time"}
_EVENT_TIME = {
    "type": ["string", "null"],
    "pattern": "^[0-9]{4}((-[0-9]{2}){0,2}|(-[0-9]{2}){2}(T[0-9]{2}(:[0-9]{2}(:[0-9]{2})?)?Z)?)$",
}
_MAYBE_ID = {"anyOf": [_ID, {"type": "null"}]}


def _class(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


_LINK = _class(["url"], url={"type": "string", "format": "uri"}, note=_TEXT)
_COUNT = _class(["option", "value"], option={"type": "string"}, value={"type": "integer"})
_VOTE = _class(["voter_id", "option"], voter_id=_ID, option={"enum": ["yes", "no", "abstain", "absent", "not voting"]})
_PERSON = _class(["id", "name"], id=_ID, name=_TEXT, gender=_TEXT)
_ORGANIZATION = _class(
    ["id", "name"],
    id=_ID,
    name=_TEXT,
    classification=_TEXT,
    parent_id=_MAYBE_ID,
    founding_date=_DATE,
    dissolution_date=_DATE,
)
_POST = _class(
    ["id", "organization_id"],
    id=_ID,
    label=_TEXT,
    role=_TEXT,
    organization_id=_ID,
    start_date=_DATE,
    end_date=_DATE,
)
_MEMBERSHIP = _class(
    ["id", "person_id", "organization_id", "post_id"],
    id=_ID,
    role=_TEXT,
    person_id=_ID,
    organization_id=_ID,
    post_id=_ID,
    start_date=_DATE,
    end_date=_DATE,
)
_EVENT = _class(
    ["id", "name"],
    id=_ID,
    name=_TEXT,
    classification=_TEXT,
    organization_id=_ID,
    location=_TEXT,
    start_date=_EVENT_TIME,
    end_date=_EVENT_TIME,
)
_MOTION = _class(
    ["id", "organization_id"],
    id=_ID,
    organization_id=_ID,
    legislative_session_id=_MAYBE_ID,
    creator_id=_MAYBE_ID,
    text=_TEXT,
    classification=_TEXT,
    date=_TIME,
    requirement=_TEXT,
    result=_TEXT,
)
_VOTE_EVENT = _class(
    ["id", "organization_id", "counts", "votes"],
    id=_ID,
    organization_id=_ID,
    legislative_session_id=_MAYBE_ID,
    identifier=_TEXT,
    motion_id=_MAYBE_ID,
    classification=_TEXT,
    start_date=_TIME,
    end_date=_TIME,
    result={"enum": ["pass", "fail"]},
    counts=_list(_COUNT),
    votes=_list(_VOTE),
    sources=_list(_LINK),
)
POPOLO = _class(
    ["persons", "organizations", "posts", "memberships", "events", "motions", "vote_events"],
    persons=_list(_PERSON),
    organizations=_list(_ORGANIZATION),
    posts=_list(_POST),
    memberships=_list(_MEMBERSHIP),
    events=_list(_EVENT),
    motions=_list(_MOTION),
    vote_events=_list(_VOTE_EVENT),
)
