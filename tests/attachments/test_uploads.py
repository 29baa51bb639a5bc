"""Uploading: what is taken, what is made of it, and everything that is refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from PIL import Image, ImageFile

from app.attachments import service
from app.core.db import Database
from tests.attachments import made
from tests.attachments.conftest import send
from tests.visitor import HTML, Visitor

Visit = Callable[[str | None], Visitor]

TAKEN = {
    "photo.jpg": (made.jpeg(), "image/jpeg", "inline"),
    "scan.png": (made.png(), "image/png", "inline"),
    "picture.webp": (made.webp(), "image/webp", "inline"),
    "plan.pdf": (made.pdf(), "application/pdf", "attachment"),
    "notes.docx": (made.office(), service.kinds.DOCX, "attachment"),
    "costs.xlsx": (made.office(made.XLSX), service.kinds.XLSX, "attachment"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_taken_comes_back_harmless(name: str, visit_as: Visit, home: UUID) -> None:
    content, media_type, how = TAKEN[name]
    li = visit_as("李网格")
    kept = send(li, content, name, home, caption="东门的路")
    assert kept.status_code == 201, kept.text
    body = kept.json()
    assert (body["media_type"], body["filename"], body["caption"]) == (media_type, name, "东门的路")
    assert li.get(f"/attachments?owner_kind=household&owner_id={home}").json()["items"][0]["id"] == body["id"]
    answer = li.get(kept.headers["location"])
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert answer.headers["content-disposition"].startswith(how)
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.content) == body["size"]
    small = li.get(f"{kept.headers['location']}/thumbnail")
    assert small.status_code == (200 if how == "inline" else 404)


def test_a_photo_stands_upright_and_tells_nothing_but_its_pixels(visit_as: Visit, home: UUID, root: Path) -> None:
    li = visit_as("李网格")
    sent = made.jpeg(60, 40, orientation=6) + made.office()
    assert b"SECRET-PLACE" in sent and b"SECRET-WORDS" in sent
    kept = send(li, sent, "p.jpg", home).json()
    answer = li.get(f"/attachments/{kept['id']}").content
    assert (kept["width"], kept["height"]) == (40, 60)
    for gone in (b"SECRET", b"Exif", b"PK\x03\x04", b"word/document.xml"):
        assert gone not in answer
    picture = Image.open(io.BytesIO(answer))
    assert picture.size == (40, 60) and not picture.getexif()
    top, bottom = picture.getpixel((20, 5)), picture.getpixel((20, 55))
    assert top[2] > 200 > 60 > top[0] and bottom[0] > 200 > 60 > bottom[2]  # the left half became the upper one
    for file in root.glob("??/*"):
        assert b"\xff\xd8\xff" not in file.read_bytes()[:40] and b"JFIF" not in file.read_bytes()


def test_a_large_picture_is_kept_at_a_size_that_is_of_use(visit_as: Visit, home: UUID) -> None:
    kept = send(visit_as("李网格"), made.png(5000, 10, "RGB"), "wide.png", home).json()
    assert (kept["width"], kept["height"]) == (4096, 8)


REFUSED = {
    "a page that calls itself a photo": (b"<script>alert(1)</script>", "file_type"),
    "a program": (b"MZ" + b"\0" * 90, "file_type"),
    "a drawing with scripts": (b'<?xml version="1.0"?><svg onload="alert(1)"/>', "file_type"),
    "another picture": (b"GIF89a" + b"\0" * 90, "file_type"),
    "a page behind a space": (b" \xff\xd8\xff" + made.jpeg(), "file_type"),
    "nothing": (b"", "file_empty"),
    "half a picture": (made.png()[:60], "file_broken"),
    "a beginning alone": (b"\xff\xd8\xff\xe0" + b"\0" * 400, "file_broken"),
    "a picture of another kind inside": (b"\xff\xd8\xff" + made.png(), "file_broken"),
    "a picture of 50 million pixels": (made.huge_png(10_000, 5_000), "picture_too_large"),
    "a picture of 900 million pixels": (made.huge_png(30_000, 30_000), "picture_too_large"),
    "half a document": (made.pdf()[:-8], "file_broken"),
    "an archive": (made.office("readme.txt"), "file_type"),
    "a document with macros": (made.office(extra={"word/vbaProject.bin": b"x"}), "file_active"),
    "a document with a control": (made.office(extra={"word/activeX/activeX1.xml": b"x"}), "file_active"),
    "a way out of the archive": (made.office(extra={"../../evil.xml": b"x"}), "file_unsafe"),
    "an absolute name": (made.office(extra={"/etc/passwd": b"x"}), "file_unsafe"),
    "something behind the archive": (made.office(comment=b"<script>"), "file_unsafe"),
    "a locked archive": (made.encrypted_office(), "file_unsafe"),
    "half an archive": (made.office()[:-30], "file_broken"),
    "a bomb": (made.office_bomb(), "file_bomb"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_leaves_nothing(
    what: str, visit_as: Visit, home: UUID, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as WeasyPrint leaves it behind
    content, code = REFUSED[what]
    answer = send(visit_as("李网格"), content, "x.jpg", home)
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == code
    assert not list(root.glob("??/*"))


def test_too_large_a_file(visit_as: Visit, home: UUID, root: Path) -> None:
    li = visit_as("李网格")
    padded = b"%PDF-1.4\n" + b" " * service.kinds.LARGEST + b"%%EOF"
    assert send(li, padded, "x.pdf", home).status_code == 413
    assert send(li, padded + b" " * 6 * 1024 * 1024, "x.pdf", home).status_code == 413
    assert not list(root.glob("??/*"))


NAMES = {
    "../../../etc/passwd": "passwd.jpg",
    "..\\..\\boot.ini": "boot.jpg",
    "照片.exe": "照片.jpg",
    "a\r\nSet-Cookie: x=1.png": "aSet-Cookie: x=1.jpg",
    "\u202egpj.exe": "gpj.jpg",
    "": "文件.jpg",
    "..": "文件.jpg",
    "x" * 300: "x" * 120 + ".jpg",
}


@pytest.mark.parametrize("name", NAMES)
def test_names_are_only_names(name: str) -> None:
    assert service.kinds.plain_name(name, "image/jpeg") == NAMES[name]


def test_a_name_stays_out_of_the_headers(visit_as: Visit, home: UUID) -> None:
    li = visit_as("李网格")
    kept = send(li, made.pdf(), '"; evil="1\u0085照.pdf', home)
    name = li.get(kept.headers["location"]).headers["content-disposition"]
    assert name.startswith("attachment; filename=\"file.pdf\"; filename*=UTF-8''")
    assert (name.count('"'), name.count(";")) == (2, 2) and name.isascii()


def test_the_same_key_keeps_one_file(visit_as: Visit, home: UUID, db: Database) -> None:
    li = visit_as("李网格")
    data, files = {"owner_kind": "household", "owner_id": str(home)}, {"file": ("a.pdf", made.pdf())}
    key = {"Idempotency-Key": "once"}
    first = li.post("/attachments", data=data, files=files, headers=key)
    again = li.post("/attachments", data=data, files=files, headers=key)
    other = li.post("/attachments", data={**data, "caption": "x"}, files=files, headers=key)
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.json() == again.json() and again.headers["location"] == first.headers["location"]
    with db.read() as s:
        assert len(service.of(s, "household", home)) == 1


def test_a_record_has_room_for_so_many(
    visit_as: Visit, home: UUID, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_FILES", 1)
    li = visit_as("李网格")
    assert send(li, made.pdf(), "a.pdf", home).status_code == 201
    refused = send(li, made.pdf(), "b.pdf", home)
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_files")
    assert len(list(root.glob("??/*"))) == 1


def test_in_a_browser(visit_as: Visit, home: UUID) -> None:
    li = visit_as("李网格")
    page = li.page(f"/attachments/new?owner_kind=household&owner_id={home}")
    assert 'enctype="multipart/form-data"' in page.text
    data = {
        "_csrf": li.csrf,
        "owner_kind": "household",
        "owner_id": str(home),
        "caption": "楼道 <b>灯</b>",
        "moment": "before",
    }
    wrong = li.client.post("/attachments", data=data, files={"file": ("a.jpg", b"GIF89a")}, headers=HTML)
    assert wrong.status_code == 422
    assert "只能上传 JPEG" in wrong.text and "楼道 &lt;b&gt;灯&lt;/b&gt;" in wrong.text
    done = li.client.post(
        "/attachments", data=data, files={"file": ("a.jpg", made.jpeg())}, headers=HTML, follow_redirects=False
    )
    assert (done.status_code, done.headers["location"]) == (303, f"/households/{home}")
    shown = li.page(f"/attachments?owner_kind=household&owner_id={home}").text
    assert "楼道 &lt;b&gt;灯&lt;/b&gt;" in shown and "实施前" in shown and "/thumbnail" in shown
    none = li.client.post("/attachments", data=data, headers=HTML, follow_redirects=False)
    assert none.status_code == 422
    without_token = li.client.post("/attachments", data={**data, "_csrf": ""}, files={"file": ("a.jpg", made.jpeg())})
    assert without_token.status_code == 403
