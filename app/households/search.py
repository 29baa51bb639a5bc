"""Search: room number, part of a name, pinyin initials, the ending of a phone, a whole phone or identity number.

Words are parted by blanks and must all match. Every way is a range or an equality on an index: no LIKE, and personal
data only by blind index. A fragment of a name stands for its `MOST` best matches, whole names and endings first.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlmodel import col

from app.accounts.permissions import Principal
from app.households.labels import plain_label
from app.households.models import Household
from app.households.residents import identity, personal
from app.households.residents.models import Residency, Resident, ResidentTerm
from app.households.residents.names import plain_name
from app.households.scope import communities_of

MOST = 2000
_LAST = "\U0010ffff"
_ID_NUMBER = re.compile(r"[0-9]{17}[0-9X]")
_PHONE = re.compile(r"[0-9]{7,12}")
_ENDING = re.compile(r"[0-9]{4}")
_ROOM = re.compile(r"(?=.*[0-9])[0-9A-Z]+([-/－—][0-9A-Z]*)*|(?=.*[0-9])[0-9A-Z]*(幢|栋|号楼|单元|室|座|楼).*")
_MOST_WORDS = 4


def words_of(q: str) -> list[str]:
    """The words of a search; a telephone number written with blanks is one word."""
    text = unicodedata.normalize("NFKC", q).strip().upper()
    if _PHONE.fullmatch(identity.plain_phone(text)) and "-" not in text:
        return [identity.plain_phone(text)]
    return text.split()[:_MOST_WORDS]


def households_matching(who: Principal, q: str) -> list[ColumnElement[bool]]:
    """Conditions on `Household`: of each word, its label or somebody who lives there matches."""
    return [_household_matches(who, word) for word in words_of(q)]


def residents_matching(who: Principal, q: str) -> list[ColumnElement[bool]]:
    """Conditions on `Resident`."""
    return [_resident_matches(who, word) for word in words_of(q)]


def _household_matches(who: Principal, word: str) -> ColumnElement[bool]:
    room, people = _room(word), _people(who, word)
    lives_there = None
    if people is not None:
        homes = select(col(Residency.household_id)).where(
            col(Residency.resident_id).in_(people), col(Residency.to_on).is_(None)
        )
        lives_there = col(Household.id).in_(homes)
    return _either(room, lives_there)


def _resident_matches(who: Principal, word: str) -> ColumnElement[bool]:
    room, people = _room(word), _people(who, word)
    in_room = None
    if room is not None:
        tenants = (
            select(col(Residency.resident_id))
            .join(Household, col(Household.id) == col(Residency.household_id))
            .where(communities_of(who, col(Household.community_id)), room, col(Residency.to_on).is_(None))
        )
        in_room = col(Resident.id).in_(tenants)
    found = col(Resident.id).in_(people) if people is not None else None
    return _either(in_room, found)


def _either(*ways: ColumnElement[bool] | None) -> ColumnElement[bool]:
    """A word that can mean nothing here finds nothing."""
    return or_(false(), *[way for way in ways if way is not None])


def _room(word: str) -> ColumnElement[bool] | None:
    """A room number or its beginning; 12-1- is the unit, 12-1 also the units 10 to 19."""
    if not _ROOM.fullmatch(word) or _ID_NUMBER.fullmatch(word):
        return None
    beginning = plain_label(word) + ("-" if word[-1] in "-/幢栋楼座元" else "")
    return (col(Household.label) >= beginning) & (col(Household.label) < beginning + _LAST)


def _people(who: Principal, word: str) -> Select[Any] | None:
    """The ids of those whom a word means, or None where it can only be a room number."""
    if _ID_NUMBER.fullmatch(word):
        return _by(who, col(Resident.id_number_index) == personal.id_number_index(word))
    if _ENDING.fullmatch(word):
        return _by(who, col(Resident.phone_ending_index) == personal.phone_ending_index(word))
    phone = identity.plain_phone(word)
    if _PHONE.fullmatch(phone):
        return _by(who, col(Resident.phone_index) == personal.phone_index(phone))
    beginning = plain_name(word)
    if not beginning or _ROOM.fullmatch(word):
        return None
    term = col(ResidentTerm.term)
    return (
        select(col(ResidentTerm.resident_id))
        .where(communities_of(who, col(ResidentTerm.community_id)), term >= beginning, term < beginning + _LAST)
        .order_by(col(ResidentTerm.community_id), term)
        .limit(MOST)
    )


def _by(who: Principal, condition: ColumnElement[bool]) -> Select[Any]:
    return select(col(Resident.id)).where(communities_of(who, col(Resident.community_id)), condition)
