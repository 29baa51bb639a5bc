"""What an uploaded file is, judged by its bytes before anything is unpacked or parsed."""

from __future__ import annotations

import struct
import zipfile
from io import BytesIO
from pathlib import PurePath
from typing import Literal

from app.core.i18n import N_
from app.households.imports.problems import FileRefused

LARGEST_UNPACKED = 200 * 1024 * 1024
LARGEST_MEMBER = 170 * 1024 * 1024
LARGEST_RATIO = 100
_RATIO_MATTERS = 1024 * 1024
MOST_MEMBERS = 300
_LARGEST_DIRECTORY = 128 * 1024
_END = b"PK\x05\x06"
_LONGEST_END = 22 + 65_535
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_BOMB = N_("压缩包解开后过大，已拒绝（%(mb)s MB 以内、压缩比 %(ratio)s 以内才能读取）。")
_NOT_A_BOOK = N_("这不是有效的 XLSX 工作簿。请用 Excel 或 WPS 打开后另存为 .xlsx。")
_FOREIGN = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"\x1f\x8b": "GZIP",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7Z",
    b"MZ": "EXE",
    b"\x7fELF": "ELF",
}
_TEXT_ENDINGS = {".csv", ".txt", ".tsv", ""}

Format = Literal["csv", "xlsx"]


def sniff(data: bytes, filename: str) -> Format:
    """The format of a file whose ending and content agree; everything else is refused with the reason."""
    ending = PurePath(filename).suffix.lower()
    if not data.strip(b"\x00\r\n\t \xef\xbb\xbf"):
        raise FileRefused(N_("文件是空的。"))
    if data.startswith(_OLE):
        raise FileRefused(N_("这是旧版 .xls 或加密的文件。请打开后另存为 .xlsx（不设密码）再上传。"))
    for magic, name in _FOREIGN.items():
        if data.startswith(magic):
            raise FileRefused(N_("这是 %(kind)s 文件，不是表格。请上传 .xlsx 或 .csv。"), kind=name)
    if ending == ".xlsx":
        if not data.startswith(_ZIP):
            raise FileRefused(_NOT_A_BOOK)
        check_archive(data)
        return "xlsx"
    if ending not in _TEXT_ENDINGS:
        raise FileRefused(N_("只能导入 .xlsx 和 .csv 文件。"))
    if data.startswith(b"PK"):
        raise FileRefused(N_("文件名是 %(ending)s，内容却是压缩包。请按实际格式命名。"), ending=ending or "-")
    return "csv"


def check_archive(data: bytes) -> None:
    """Refuses zip bombs by the archive's own table of contents; reading later stops at the sizes promised there."""
    _check_directory(data)
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError, OSError) as broken:
        raise FileRefused(N_("文件已损坏，无法打开。")) from broken
    names = [member.filename for member in members]
    if len(members) > MOST_MEMBERS or len(set(names)) != len(names):
        raise FileRefused(_NOT_A_BOOK)
    for member in members:
        _check_member(member)
    if sum(member.file_size for member in members) > LARGEST_UNPACKED:
        raise _bomb()
    if "xl/workbook.xml" not in names or "[Content_Types].xml" not in names:
        raise FileRefused(_NOT_A_BOOK)


def _check_directory(data: bytes) -> None:
    """The size of the table of contents, before a library reads it whole."""
    at = data.rfind(_END, max(0, len(data) - _LONGEST_END))
    if at < 0 or at + 22 > len(data):
        raise FileRefused(N_("文件已损坏，无法打开。"))
    _disk, _first, _here, entries, size = struct.unpack_from("<HHHHL", data, at + 4)
    if entries > MOST_MEMBERS or size > _LARGEST_DIRECTORY:
        raise FileRefused(_NOT_A_BOOK)


def _check_member(member: zipfile.ZipInfo) -> None:
    if member.flag_bits & 0x1:
        raise FileRefused(N_("文件设有密码，无法读取。请去掉密码后再上传。"))
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileRefused(_NOT_A_BOOK)
    if member.file_size > LARGEST_MEMBER:
        raise _bomb()
    if member.file_size > _RATIO_MATTERS and member.file_size > LARGEST_RATIO * max(member.compress_size, 1):
        raise _bomb()


def _bomb() -> FileRefused:
    return FileRefused(_BOMB, mb=LARGEST_UNPACKED // 1024 // 1024, ratio=LARGEST_RATIO)
