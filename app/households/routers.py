"""Every router of the register, in the order in which addresses are tried."""

from __future__ import annotations

from app.core.hypermedia import APIRouter
from app.households import router as households
from app.households.buildings import router as buildings
from app.households.composition import router as composition
from app.households.residents import life
from app.households.residents import router as residents

ROUTERS: tuple[APIRouter, ...] = (
    buildings.router,
    households.router,
    residents.router,
    life.router,
    composition.router,
)
