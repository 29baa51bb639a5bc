"""The Chinese words for the enumerations of this room, marked for translation."""

from __future__ import annotations

from app.assemblies.models import Installed, SeatPost, TermBody
from app.core.i18n import N_

BODIES = {
    TermBody.representative_assembly: N_("居民代表会议"),
    TermBody.committee: N_("居民委员会"),
    TermBody.supervision_committee: N_("居务监督委员会"),
}
POSTS = {
    SeatPost.director: N_("主任"),
    SeatPost.deputy_director: N_("副主任"),
    SeatPost.member: N_("委员"),
    SeatPost.representative: N_("居民代表"),
}
WAYS = {
    Installed.elected: N_("选举产生"),
    Installed.by_election: N_("补选产生"),
    Installed.appointed: N_("任命"),
}
