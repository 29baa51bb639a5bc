"""How documents are called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from app.assemblies.documents.diff import paragraphs
from app.assemblies.documents.models import DocumentKind, VersionState
from app.core.i18n import N_
from app.households.words import choices, translated

KINDS = {
    DocumentKind.charter: N_("居民自治章程"),
    DocumentKind.assessment: N_("居委会考核制度"),
    DocumentKind.covenant: N_("居民公约"),
    DocumentKind.rules: N_("议事规则"),
    DocumentKind.other: N_("其他制度"),
}
STATES = {VersionState.draft: N_("草案"), VersionState.adopted: N_("已通过")}
STANDINGS = {"draft": N_("草案"), "coming": N_("待生效"), "in_force": N_("现行"), "past": N_("已被取代")}
_HEADING = re.compile(r"第[一二三四五六七八九十百零〇\d]+[章节](?=\s|$|[^条]{0,30}$)")
_ARTICLE = re.compile(r"(第[一二三四五六七八九十百零〇\d]+条)\s*(.*)", re.DOTALL)


def parts(text: str) -> Iterator[tuple[str, str, str]]:
    """The paragraphs of a document for its page: (heading | article | text, the article's number, the words)."""
    for line in paragraphs(text):
        article = _ARTICLE.match(line)
        if article:
            yield "article", article[1], article[2]
        else:
            yield ("heading" if _HEADING.match(line) else "text"), "", line


def words() -> dict[str, Any]:
    """Choices and words of the pages of documents."""
    return {
        "kinds": choices(KINDS),
        "kind_words": translated(KINDS),
        "state_words": translated(STATES),
        "standing_words": translated(STANDINGS),
        "parts": parts,
    }
