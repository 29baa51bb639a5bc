"""The tables that core itself owns, imported in one place so that migrations and tests see them all."""

from app.core.audit import AuditEntry, AuditHead
from app.core.idempotency import IdempotentRequest
from app.core.instance import Instance
from app.core.serials import SerialCounter

__all__ = ["AuditEntry", "AuditHead", "IdempotentRequest", "Instance", "SerialCounter"]
