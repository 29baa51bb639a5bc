"""create_app(): routers, middleware, error handlers, static files; nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app import __version__
from app.accounts import device
from app.accounts import router as accounts
from app.accounts.audit_log.router import router as audit_log
from app.accounts.authentication import authenticate
from app.activities.plans.router import router as plans
from app.activities.programme.router import router as activities
from app.assemblies.documents.router import router as documents
from app.assemblies.elections.router import router as elections
from app.assemblies.floor.router import router as floor
from app.assemblies.meetings.router import router as meetings
from app.assemblies.minutes.router import router as minutes
from app.assemblies.motions.router import router as motions
from app.assemblies.popolo.router import router as popolo
from app.assemblies.router import router as assemblies
from app.assemblies.rules.router import router as rules
from app.assemblies.votes.router import router as votes
from app.assistance.fund.router import router as fund
from app.attachments import service as files
from app.attachments.router import router as attachments
from app.ballots.booth_router import router as booth
from app.communities.router import router as communities
from app.communities.webhooks.delivery import Deliverer
from app.communities.webhooks.router import router as webhooks
from app.consultations.router import router as consultations
from app.core import health, logs, openapi, reference, routing
from app.core.answers import as_domain_error, error_answer
from app.core.config import Settings, get_settings
from app.core.db import Database, is_unavailable
from app.core.errors import Conflict, DomainError, Unavailable, title
from app.core.hypermedia import APIRouter
from app.core.i18n import gettext as _
from app.core.middleware import Frame
from app.core.pages import STATIC
from app.households import routers as households
from app.households.imports.router import router as imports
from app.households.imports.worker import Worker
from app.households.visits import offline
from app.households.visits.router import router as visits
from app.members.router import router as members
from app.projects.router import router as projects
from app.reports.router import router as reports
from app.surveys.answering.router import router as answering
from app.surveys.instruments.router import router as instruments
from app.surveys.results.router import router as results
from app.surveys.rounds.router import router as rounds
from app.surveys.schedules.router import router as schedules
from app.surveys.scores.router import router as scores

_HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    reference.router,
    accounts.router,
    device.router,
    audit_log,
    communities,
    *households.ROUTERS,
    visits,
    offline.router,
    imports,
    webhooks,
    members,
    attachments,
    fund,
    assemblies,
    rules,
    motions,
    floor,
    minutes,
    meetings,
    votes,
    booth,
    elections,
    documents,
    popolo,
    instruments,
    schedules,
    scores,
    results,
    rounds,
    answering,
    projects,
    activities,
    plans,
    consultations,
    reports,
)


class _Static(StaticFiles):
    """Static files; an address that carries a fingerprint never changes and may be kept for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        kept = b"v=" in scope.get("query_string", b"")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if kept else "no-cache"
        return response


def create_app(settings: Settings | None = None, database: Database | None = None) -> FastAPI:
    settings = settings or get_settings()
    logs.configure(settings.log_level)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.import_worker = Worker(app.state.db)
        app.state.import_worker.start()
        deliverer = Deliverer(app.state.db)
        deliverer.start()
        files.sweep_if_possible(app.state.db)
        yield
        deliverer.stop()
        app.state.import_worker.stop()
        app.state.db.close()

    app = FastAPI(
        title="Qinlian 勤廉",
        version=__version__,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        servers=[{"url": "/api/v1"}],
        telemetry={"tracing": False, "metrics": False, "logs": False},  # would carry addresses as they were asked for
    )
    app.state.db = database or Database(settings.database_url)
    app.state.authenticate = authenticate
    for router in ROUTERS:
        app.router.routes.extend(router.routes)  # flat: include_router would match every address twice
    app.mount("/static", _Static(directory=STATIC), name="static")
    openapi.install(app)
    routing.install(app.router)
    _handle_errors(app)
    app.add_middleware(GZipMiddleware, minimum_size=1400, compresslevel=5)
    if settings.hosts:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.hosts)
    app.add_middleware(Frame, crash=_crash)
    return app


def _handle_errors(app: FastAPI) -> None:
    app.add_exception_handler(DomainError, _refusal)
    app.add_exception_handler(RequestValidationError, _refusal)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(PoolTimeout, _database)
    app.add_exception_handler(Exception, _crash)


async def _refusal(request: Request, error: Any) -> Response:
    return error_answer(request, as_domain_error(error))


async def _http(request: Request, error: Any) -> Response:
    refusal = DomainError(title(error.status_code), code=_HTTP_CODES.get(error.status_code, "http_error"))
    refusal.status = error.status_code
    if error.status_code == 404:
        refusal.message = _("没有这个地址。")
    if error.status_code == 405:
        refusal.headers["Allow"] = ", ".join(sorted(routing.methods_at(openapi.routes(request.app), request.scope)))
    return error_answer(request, refusal)


async def _database(request: Request, error: Any) -> Response:
    if isinstance(error, IntegrityError):
        logs.log.warning("constraint refused", kind=type(error.orig).__name__)
        return error_answer(request, Conflict(_("这与已有的记录冲突，没有保存。请刷新后重试。"), code="constraint"))
    if is_unavailable(error):
        logs.log.error("database unavailable", kind=type(error).__name__)
        return error_answer(request, Unavailable())
    return await _crash(request, error)


async def _crash(request: Request, error: Exception) -> Response:
    logs.log.error("crash", exc_info=error)
    refusal = DomainError(_("系统出错，已记录。请稍后再试，您填写的内容请先保留。"), code="internal_error")
    refusal.status = 500
    return error_answer(request, refusal)
