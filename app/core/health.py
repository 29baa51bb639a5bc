"""Whether the process is up and whether it can serve; metrics for Prometheus where they are switched on."""

from __future__ import annotations

from typing import Literal, cast
from uuid import UUID

from fastapi import Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from app import __version__
from app.core import instance, logs
from app.core.config import get_settings
from app.core.db import Database
from app.core.errors import NotFound, Unavailable
from app.core.hypermedia import APIRouter
from app.core.i18n import gettext as _

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """What runs here."""

    status: Literal["ok"] = "ok"
    version: str
    schema_revision: str | None
    database: str
    database_version: str
    instance_epoch: UUID | None


class Ready(BaseModel):
    """That requests can be served."""

    status: Literal["ready"] = "ready"


@router.get("/healthz")
def read_health(request: Request) -> Health:
    """The process is up: its version, schema revision, database and instance epoch."""
    db = cast(Database, request.app.state.db)
    revision, epoch, version = None, None, "unreachable"
    try:
        version = db.version()
        with db.read() as s:
            revision, epoch = instance.schema_revision(s), instance.epoch(s)
    except SQLAlchemyError:
        pass  # health says that the process lives; readiness says that it cannot serve
    kind = "sqlite" if db.is_sqlite else "postgresql"
    return Health(
        version=__version__, schema_revision=revision, database=kind, database_version=version, instance_epoch=epoch
    )


@router.get("/readyz", responses={503: {"description": "The database cannot be used now"}})
def read_readiness(request: Request) -> Ready:
    """Whether the database answers and is migrated."""
    db = cast(Database, request.app.state.db)
    try:
        with db.read() as s:
            epoch = instance.epoch(s)
    except SQLAlchemyError as error:
        raise Unavailable(_("数据库暂时不能使用。")) from error
    if epoch is None:
        raise Unavailable(_("数据库尚未初始化，请先运行 qinlian migrate。"))
    return Ready()


@router.get("/metrics", include_in_schema=False)
def read_metrics() -> Response:
    """Metrics in the text format of Prometheus."""
    if not get_settings().metrics:
        raise NotFound()
    return Response(generate_latest(logs.registry), media_type=CONTENT_TYPE_LATEST)
