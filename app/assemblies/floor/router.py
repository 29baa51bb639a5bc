"""The screen of the day: one meeting, several tablets, the wall, and the representatives' own phones."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Header, Query, Request, Response
from sqlmodel import Session

from app.accounts.permissions import AnyoneAtAll, AssembliesRead, AssembliesRun, Principal
from app.assemblies.floor import arriving, attendance_list, course_router, reading
from app.assemblies.floor.schemas import FloorRead
from app.assemblies.floor.shown import PAGE, again, extra, meeting_words, to_seats
from app.assemblies.meetings import attendance, service, shown
from app.assemblies.meetings import reading as meetings
from app.assemblies.meetings.schemas import (
    ArrivalRead,
    ArriveSelf,
    AttendanceRead,
    CheckIn,
    Leave,
    ProxyEnd,
    ProxyGive,
    RoomCodeRead,
)
from app.core import qr
from app.core.apart import database
from app.core.clock import now
from app.core.db import SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import gettext as _
from app.core.versions import is_current

router = APIRouter(prefix="/assemblies/{assembly_id}", tags=["floor"])
IfNoneMatch = Annotated[str, Header(alias="If-None-Match", max_length=400)]
RoomCode = Annotated[str, Query(max_length=40, description="the code that the room shows")]


def _unless_known(
    s: Session, who: Principal, assembly_id: UUID, known: str, response: Response
) -> FloorRead | Response:
    """The meeting as it stands, or 304 where whoever asks has seen this already: then nothing is read or shown."""
    assembly, at = service.get(s, who, assembly_id), now()
    etag = f'"{reading.mark(s, who, assembly, at)}"'
    if is_current(known, etag):
        return Response(status_code=304, headers={"ETag": etag})
    response.headers["ETag"] = etag
    return reading.floor(s, who, assembly, at)


@router.get("/floor", response_model=FloorRead)
@html(PAGE, extra=extra)
def read_floor(
    s: SessionDep, who: AssembliesRead, assembly_id: UUID, response: Response, if_none_match: IfNoneMatch = ""
) -> Any:
    """A meeting as it stands at this moment: quorum, who is there, agenda, what is on the floor and its vote."""
    return _unless_known(s, who, assembly_id, if_none_match, response)


@router.get("/screen", response_model=FloorRead)
@html("floor/screen.html", extra=extra)
def read_big_screen(
    s: SessionDep, who: AssembliesRead, assembly_id: UUID, response: Response, if_none_match: IfNoneMatch = ""
) -> Any:
    """The same for the wall of the room: item, quorum, result, to be read from the last row."""
    return _unless_known(s, who, assembly_id, if_none_match, response)


@router.post("/attendance")
@html(form=PAGE, extra=extra, current=again, then=to_seats, swap=PAGE)
def check_in(s: SessionDep, who: AssembliesRun, assembly_id: UUID, data: CheckIn) -> FloorRead:
    """Checks a representative in."""
    assembly = service.get(s, who, assembly_id)
    attendance.check_in(s, assembly, data.holder_id, now())
    return reading.floor(s, who, assembly, now())


@router.post("/attendance/leave")
@html(form=PAGE, extra=extra, current=again, then=to_seats, swap=PAGE)
def check_out(s: SessionDep, who: AssembliesRun, assembly_id: UUID, data: Leave) -> FloorRead:
    """Somebody goes, or was checked in by mistake. Without quorum the meeting is suspended."""
    assembly = service.get(s, who, assembly_id)
    attendance.leave(s, assembly, data.holder_id, now(), mistaken=data.mistaken)
    return reading.floor(s, who, assembly, now())


def _attendance_again(view: View) -> AttendanceRead:
    return meetings.attendance(view.s, view.who, shown.find(view), now())


@router.get("/proxies")
@html("floor/proxies.html", extra=meeting_words)
def read_proxies(
    s: SessionDep,
    who: AssembliesRead,
    assembly_id: UUID,
    holder_id: Annotated[UUID | None, Query(description="in the form: who carries the seat")] = None,
) -> AttendanceRead:
    """Who carries whose seat now, open to all in the community; and the form for another one."""
    return meetings.attendance(s, who, service.get(s, who, assembly_id), now())


@router.post("/proxies")
@html(form="floor/proxies.html", extra=meeting_words, current=_attendance_again, then=to_seats)
def give_proxy(s: SessionDep, who: AssembliesRun, assembly_id: UUID, data: ProxyGive) -> AttendanceRead:
    """A present representative carries an absent one's seat, where the rules allow it."""
    assembly = service.get(s, who, assembly_id)
    attendance.give_proxy(s, assembly, data.holder_id, data.proxy_for_id, now())
    return meetings.attendance(s, who, assembly, now())


@router.post("/proxies/end")
@html(form=PAGE, extra=extra, current=again, then=to_seats, swap=PAGE)
def end_proxy(s: SessionDep, who: AssembliesRun, assembly_id: UUID, data: ProxyEnd) -> FloorRead:
    """A seat is carried no longer."""
    assembly = service.get(s, who, assembly_id)
    attendance.end_proxy(s, assembly, data.proxy_for_id, now())
    return reading.floor(s, who, assembly, now())


@router.get("/attendance")
@html("floor/attendance.html", extra=meeting_words)
def read_attendance(s: SessionDep, who: AssembliesRead, assembly_id: UUID) -> AttendanceRead:
    """Every seat of a meeting: who was there, from when, for how long, and who was carried by whom."""
    return meetings.attendance(s, who, service.get(s, who, assembly_id), now())


@router.get("/attendance/export", response_class=Response)
def export_attendance(
    s: SessionDep,
    who: AssembliesRead,
    assembly_id: UUID,
    request: Request,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list as CSV or XLSX."""
    found = meetings.attendance(s, who, service.get(s, who, assembly_id), now())
    answer = table_response(format, _("签到表"), attendance_list.columns(), attendance_list.rows(found))
    note_export(database(request), who, "attendance", who.community_id, format, request.query_params.keys())
    return answer


def _picture(view: View) -> dict[str, Any]:
    return {"picture": qr.picture(view.data.address)}


@router.get("/room-code")
@html("floor/room_code.html", extra=_picture)
def read_room_code(s: SessionDep, who: AssembliesRun, assembly_id: UUID, request: Request) -> RoomCodeRead:
    """The code to show in the room, with which representatives check in on their own phones; new every minute."""
    return reading.room(s, service.get(s, who, assembly_id), qr.base(request), now())


def _arrival_again(view: View) -> ArrivalRead:
    room = str(view.values.get("room", ""))
    return arriving.shown(view.s, view.who, view.param("assembly_id"), room, now())


@router.get("/arrive")
@html("floor/arrive.html")
def show_arrival(s: SessionDep, who: AnyoneAtAll, assembly_id: UUID, room: RoomCode = "") -> ArrivalRead:
    """The page that a phone opens by the code in the room."""
    return arriving.shown(s, who, assembly_id, room, now())


@router.post("/arrive")
@html(form="floor/arrive.html", current=_arrival_again, shows="floor/arrive.html")
def arrive(s: SessionDep, who: AnyoneAtAll, assembly_id: UUID, data: ArriveSelf) -> ArrivalRead:
    """Checks oneself in by the code in the room: signed in, or with the code on one's notice."""
    return arriving.arrive(s, who, assembly_id, data, now())


router.routes.extend(course_router.router.routes)
