"""Files as people and attackers make them, and the way of a file through the import."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

from httpx2 import Response
from openpyxl import Workbook
from sqlmodel import select

from app.core.db import Database
from app.households.imports import work
from app.households.models import Household
from app.households.residents.models import Residency, Resident
from tests.visitor import HTML, Visitor

HEADERS = ["楼栋", "单元", "室", "使用情况", "姓名", "身份证号", "出生日期", "电话", "与户主关系", "入住日期", "备注"]
WOMAN, LEAP, X = "999999198808154323", "999999200002290019", "99999919700615006X"


def csv_of(rows: list[list[Any]], headers: list[str] = HEADERS, encoding: str = "utf-8") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([headers, *rows])
    return text.getvalue().encode(encoding)


def xlsx_of(rows: list[list[Any]], headers: list[str] = HEADERS) -> bytes:
    book = Workbook()
    for row in [headers, *rows]:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def changed_xlsx(original: bytes, members: dict[str, bytes | None], more: dict[str, bytes] | None = None) -> bytes:
    """The workbook with members replaced, left out (None) or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(original)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = members.get(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
        for name, content in (more or {}).items():
            new.writestr(name, content)
    return out.getvalue()


def person(room: str = "101", name: str = "李四", **more: str) -> list[str]:
    """A row for HEADERS in building 1, unit 1."""
    given = {"楼栋": "1", "单元": "1", "室": room, "使用情况": "自住", "姓名": name, **more}
    return [given.get(header, "") for header in HEADERS]


def upload(who: Visitor, content: bytes, filename: str = "register.csv", **kwargs: Any) -> Response:
    return who.post("/imports/households", files={"file": (filename, content, "application/octet-stream")}, **kwargs)


def upload_in_page(who: Visitor, content: bytes, filename: str = "register.csv") -> Response:
    files = {"file": (filename, content, "application/octet-stream")}
    data = {"_csrf": getattr(who, "csrf", "")}
    return who.client.post("/imports/households", files=files, data=data, headers=HTML, follow_redirects=False)


def check(db: Database, who: Visitor, content: bytes, filename: str = "register.csv") -> dict[str, Any]:
    """Uploads a file and lets the worker check it."""
    answer = upload(who, content, filename)
    assert answer.status_code == 201, answer.text
    work.drain(db)
    return job(who, answer.json()["id"])


def job(who: Visitor, job_id: str) -> dict[str, Any]:
    return who.get(f"/imports/{job_id}").json()


def commit(db: Database, who: Visitor, job_id: str, *, allow_partial: bool = False) -> dict[str, Any]:
    answer = who.post(f"/imports/{job_id}/commit", json={"allow_partial": allow_partial})
    assert answer.status_code == 202, answer.text
    work.drain(db)
    return job(who, job_id)


def rows(who: Visitor, job_id: str, fate: str) -> list[dict[str, Any]]:
    return who.get(f"/imports/{job_id}/rows", params={"fate": fate, "limit": "500"}).json()["items"]


def texts(who: Visitor, job_id: str, fate: str) -> str:
    """Everything that the rows of one fate say."""
    found = rows(who, job_id, fate)
    return "\n".join(f"{d['column_label']}：{d['text']}" for row in found for d in row["details"])


def people_in(db: Database, label: str) -> dict[str, tuple[Resident, Residency]]:
    """Who lives in a household now."""
    with db.read() as s:
        wanted = (
            select(Resident, Residency)
            .join(Residency, Residency.resident_id == Resident.id)
            .join(Household, Household.id == Residency.household_id)
            .where(Household.label == label, Residency.to_on.is_(None))
        )
        return {resident.name: (resident, stay) for resident, stay in s.exec(wanted)}


def household(db: Database, label: str, community_id: Any) -> Household | None:
    with db.read() as s:
        wanted = select(Household).where(Household.label == label, Household.community_id == community_id)
        return s.exec(wanted).one_or_none()
