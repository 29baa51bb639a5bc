"""Every table of the application, for migrations and for tests that build a database."""

from sqlmodel import SQLModel

import app.accounts.models
import app.activities.models
import app.activities.plans.models
import app.assemblies.documents.models
import app.assemblies.elections.models
import app.assemblies.meetings.models
import app.assemblies.minutes.models
import app.assemblies.models
import app.assemblies.motions.models
import app.assemblies.rules.models
import app.assemblies.votes.models
import app.assistance.fund.models
import app.attachments.models
import app.ballots.models
import app.communities.models
import app.communities.webhooks.models
import app.consultations.models
import app.core.tables
import app.households.imports.models
import app.households.models
import app.households.residents.models
import app.households.visits.models
import app.members.joining.models
import app.members.models
import app.members.transfers.models
import app.projects.models
import app.surveys.instruments.models
import app.surveys.rounds.models
import app.surveys.schedules.models
import app.surveys.scores.models  # noqa: F401

metadata = SQLModel.metadata
