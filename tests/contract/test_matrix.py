"""Every operation of the OpenAPI document × everybody, on one's own records and on another community's.

No operation may be missing: the parameters come from the document, the expectations from `policy.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal
from fastapi.testclient import TestClient
from httpx2 import Response

from app.accounts.permissions import ROLES as REAL_ROLES
from app.accounts.permissions import SCOPES as REAL_SCOPES
from app.core.config import get_settings
from app.core.db import Database
from app.demo import acceptance
from app.main import create_app
from app.migrate import migrate
from tests.contract import policy
from tests.contract.document import document

pytestmark = pytest.mark.sqlite  # who may do what is decided before a statement reaches either engine

METHODS = ("get", "put", "post", "patch", "delete")
# Parameters that name something of one community: another community's is 404.
OF_A_COMMUNITY = {
    "community_id", "figure_id", "grid_area_id", "assignment_id", "user_id", "building_id", "household_id",
    "resident_id", "residency_id", "care_record_id", "import_job_id", "visit_id", "policy_id",
    "residents_group_id", "term_id", "seat_id", "seat_holder_id", "seat_import_id", "staff_post_id", "branch_id",
    "member_id", "member_stage_id", "member_import_id", "round_id", "instrument_id", "schedule_id",
    "assembly_id", "agenda_item_id", "calendar_feed_id", "score_id", "webhook_id", "vote_id", "vote_elector_id",
    "pack_id", "motion_id", "correction_id",
    "consultation_id", "opinion_id", "document_id", "document_version_id", "minutes_id",
    "election_id", "candidate_id", "objection_id", "project_id", "milestone_id", "cost_id", "attachment_id",
    "fund_entry_id", "donation_id", "campaign_id", "relief_id", "plan_id", "task_id",
    "activity_id",
}  # fmt: skip
# Of those, the ones that hang on grid area 1, which the worker of area 2 must not see.
OF_AN_AREA = {"household_id", "resident_id", "visit_id", "opinion_id", "relief_id"}
# These act on whoever calls or end somebody's sessions: asking them would sign the asker out.
# A POST only so that what is looked for stands in no address.
SEARCHES = {"find_households", "find_residents"}
ENDS_SESSIONS = {"sign_out", "sign_out_everywhere", "sign_in", "change_password"}


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    name: str
    permission: str
    has_body: bool

    @property
    def parameters(self) -> set[str]:
        return {part[1:-1] for part in self.path.split("/") if part.startswith("{")}


def _operations() -> list[Operation]:
    return [
        Operation(method, path, found["operationId"], found["x-required-permission"], "requestBody" in found)
        for path, methods in document()["paths"].items()
        for method, found in methods.items()
        if method in METHODS
    ]


OPERATIONS = _operations()


class World:
    """The acceptance data, and a signed-in client for everybody in it."""

    def __init__(self, url: str, portal: BlockingPortal) -> None:
        self.db = Database(url)
        self.portal = portal
        migrate(self.db)
        self.seeded = acceptance.seed(self.db, get_settings())
        self.app = create_app(database=self.db)
        self.clients: dict[str, TestClient] = {}

    def ask(self, who: str | None, operation: Operation, letter: str) -> Response:
        path = operation.path
        for name in operation.parameters:
            path = path.replace(f"{{{name}}}", str(self.seeded["objects"][letter][name]))
        client, headers = self._client(who)
        body = {"json": {}} if operation.has_body else {}
        return client.request(operation.method.upper(), path, headers=headers, follow_redirects=False, **body)  # type: ignore[arg-type]

    def _client(self, who: str | None) -> tuple[TestClient, dict[str, str]]:
        client = self.clients.setdefault(str(who), TestClient(self.app, raise_server_exceptions=False))
        client.portal = self.portal
        if who is None:
            return client, {}
        if who in self.seeded["clients"]:
            return client, {"Authorization": f"Bearer {self.seeded['clients'][who]['token']}"}
        if not client.cookies:
            user = self.seeded["users"][who]
            entered = client.post("/sign-in", json={"username": user["username"], "password": user["password"]})
            assert entered.status_code == 200, entered.text
        return client, {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, portal: BlockingPortal) -> Iterator[World]:
    made = World(f"sqlite:///{tmp_path_factory.mktemp('matrix') / 'matrix.db'}", portal)
    yield made
    made.db.close()


def _named(operations: list[Operation]) -> Any:
    return pytest.mark.parametrize("operation", operations, ids=[f"{o.method} {o.path}" for o in operations])


def test_the_policy_is_the_one_written_down() -> None:
    assert set(REAL_ROLES) == set(policy.POLICY)
    for permission, roles in REAL_ROLES.items():
        written = {role for role in policy.ROLES if policy.allowed(role, permission)}
        assert {str(role) for role in roles} == written, permission
    assert {scope: set(granted) for scope, granted in REAL_SCOPES.items()} == policy.SCOPES


def test_no_client_may_write() -> None:
    granted = set().union(*policy.SCOPES.values()) - {"rounds:run"}
    writes = [o for o in OPERATIONS if o.method != "get" and o.name not in SEARCHES]
    assert not [o for o in writes if o.permission in granted]


@_named(OPERATIONS)
def test_strangers_and_expired_tokens_get_401(operation: Operation, world: World) -> None:
    if operation.permission == "public":
        assert world.ask(None, operation, "A").status_code not in (401, 403)
        return
    for who in (None, "expired"):
        assert world.ask(who, operation, "A").status_code == 401


PEOPLE = {
    "director_a": "director", "worker_a1": "worker", "finance_a": "finance", "representative_a": "representative",
    "supervisor": "supervisor", "admin": "admin",
}  # fmt: skip


@pytest.mark.parametrize("who", PEOPLE)
@_named([o for o in OPERATIONS if o.permission != "public" and o.name not in ENDS_SESSIONS])
def test_roles(operation: Operation, who: str, world: World) -> None:
    answer = world.ask(who, operation, "A")
    if policy.allowed(PEOPLE[who], operation.permission):
        assert answer.status_code not in (401,) and answer.status_code < 500, answer.text
        if answer.status_code == 403:
            assert answer.json()["code"] != "forbidden" or operation.method != "get", answer.text
    else:
        assert answer.status_code == 403, answer.text


@pytest.mark.parametrize("who", ["district_read", "district_scores", "cron"])
@_named([o for o in OPERATIONS if o.permission != "public"])
def test_clients(operation: Operation, who: str, world: World) -> None:
    answer = world.ask(who, operation, "A")
    scopes = world.seeded["clients"][who]["scopes"]
    if any(operation.permission in policy.SCOPES[scope] for scope in scopes):
        assert answer.status_code not in (401, 403) and answer.status_code < 500, answer.text
    else:
        assert answer.status_code == 403, answer.text


def _foreign() -> list[Operation]:
    return [o for o in OPERATIONS if o.parameters & OF_A_COMMUNITY and o.permission != "public"]


@pytest.mark.parametrize("who", ["director_b", "worker_b1"])
@_named(_foreign())
def test_another_communitys_records_do_not_exist(operation: Operation, who: str, world: World) -> None:
    answer = world.ask(who, operation, "A")
    if not policy.allowed("director" if who == "director_b" else "worker", operation.permission):
        assert answer.status_code == 403
    elif operation.has_body:
        assert answer.status_code in (404, 422), answer.text
    else:
        assert answer.status_code == 404, answer.text


@_named([o for o in OPERATIONS if o.parameters & OF_AN_AREA and o.permission != "public"])
def test_another_grid_areas_records_do_not_exist(operation: Operation, world: World) -> None:
    answer = world.ask("worker_a2", operation, "A")
    if not policy.allowed("worker", operation.permission):
        assert answer.status_code == 403
    elif operation.has_body:
        assert answer.status_code in (404, 422), answer.text
    else:
        assert answer.status_code == 404, answer.text


@_named([o for o in _foreign() if o.method == "get"])
def test_ones_own_records_are_there(operation: Operation, world: World) -> None:
    if policy.allowed("director", operation.permission) and not operation.path.endswith("/new"):
        assert world.ask("director_a", operation, "A").status_code == 200


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [o.name for o in OPERATIONS]
    assert len(names) == len(set(names)), sorted(n for n in names if names.count(n) > 1)


def test_every_parameter_has_a_value(world: World) -> None:
    for letter in ("A", "B"):
        missing = {p for o in OPERATIONS for p in o.parameters} - {
            name for name, value in world.seeded["objects"][letter].items() if value
        }
        assert not missing
