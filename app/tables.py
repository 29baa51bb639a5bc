"""Every table of the application, for migrations and for tests that build a database."""

from sqlmodel import SQLModel

import app.accounts.models
import app.communities.models
import app.core.tables
import app.households.imports.models
import app.households.models
import app.households.residents.models
import app.households.visits.models  # noqa: F401

metadata = SQLModel.metadata
