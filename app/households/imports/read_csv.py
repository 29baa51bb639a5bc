"""CSV: the encoding and the delimiter are found, never guessed from half a file, and every row is bounded."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator

from app.core.i18n import N_
from app.households.imports.problems import FileRefused

MOST_COLUMNS = 100
DELIMITERS = (",", ";", "\t")
_SAMPLE = 4096
_LONGEST_LINE = 200_000
_PIECE = 256 * 1024


def encoding_of(data: bytes) -> str:
    """UTF-8 (with or without its mark) or GB18030: whichever the whole file is valid in, strictly."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FileRefused(N_("文件是 UTF-16 编码。请另存为“CSV UTF-8”或 .xlsx 后再上传。"))
    if b"\x00" in data:
        raise FileRefused(N_("文件中含有空字符（NUL），不是有效的文本。"))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            for _piece in codecs.iterdecode(_pieces(data), encoding):
                pass
        except UnicodeDecodeError:
            continue
        return encoding
    raise FileRefused(N_("文字编码无法识别，只支持 UTF-8 和 GB18030（GBK）。请另存为“CSV UTF-8”后再上传。"))


def _pieces(data: bytes) -> Iterator[bytes]:
    view = memoryview(data)
    for at in range(0, len(data), _PIECE):
        yield bytes(view[at : at + _PIECE])


def delimiter_of(text: str) -> str:
    """The delimiter that the first full line uses most, outside quotes."""
    for line in text.splitlines():
        plain = "".join(line.split('"')[::2])
        best = max(DELIMITERS, key=plain.count)
        if plain.count(best) > 1:
            return best
    return ","


def rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Line numbers of the file (where each row begins) and cells; blank rows are left out."""
    encoding = encoding_of(data)
    delimiter = delimiter_of(data[:_SAMPLE].decode(encoding, "ignore"))
    reader = csv.reader(_lines(data, encoding), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            began, line = line, reader.line_num + 1
            if len(cells) > MOST_COLUMNS and any(cells[MOST_COLUMNS:]):
                raise FileRefused(N_("第 %(row)s 行的列数超过 %(most)s。"), row=began, most=MOST_COLUMNS)
            if any(cells):
                yield began, cells
    except csv.Error as broken:
        raise FileRefused(_why(broken), row=line) from broken


def _why(broken: csv.Error) -> str:
    text = str(broken)
    if "unexpected end" in text or "field larger" in text:
        return N_("第 %(row)s 行开始的双引号没有结束。请检查引号，或改用 .xlsx。")
    return N_("第 %(row)s 行的引号用法不对，无法分列。请检查引号，或改用 .xlsx。")


def _lines(data: bytes, encoding: str) -> Iterator[str]:
    for line in io.TextIOWrapper(io.BytesIO(data), encoding=encoding, newline=""):
        if len(line) > _LONGEST_LINE:
            raise csv.Error("field larger than field limit")
        yield line
