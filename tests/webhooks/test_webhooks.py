"""Endpoints and their messages: signed, retried, given up; a secret is shown once; whose they are."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from app.communities.webhooks import delivery, service
from app.communities.webhooks.models import WebhookDelivery, WebhookEndpoint
from app.core.audit import AuditEntry
from app.core.clock import now
from app.core.db import Database
from tests.cast import Cast
from tests.surveys.scores.made import publish, scored
from tests.visitor import Visitor
from tests.webhooks.receiver import Receiver

pytestmark = pytest.mark.usefixtures("local")
Visit = Callable[[str | None], Visitor]


@pytest.fixture
def endpoint(visit_as: Visit, receiver: Receiver) -> dict[str, Any]:
    """A director's endpoint for published scores."""
    made = visit_as("王站长").post("/webhooks", json={"url": receiver.url, "events": ["score.published"]})
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


def deliveries(db: Database) -> list[WebhookDelivery]:
    with db.read() as s:
        return list(s.exec(select(WebhookDelivery).order_by(col(WebhookDelivery.id))))


def make_due(db: Database) -> None:
    with db.write() as s:
        s.execute(update(WebhookDelivery).values(next_at=now() - timedelta(seconds=1)))


def verified(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As the specification says it, not as the sender does it."""
    key = base64.b64decode(secret.split("_", 1)[1])
    text = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    wanted = base64.b64encode(hmac.digest(key, text, hashlib.sha256)).decode()
    return any(mark == f"v1,{wanted}" for mark in headers["webhook-signature"].split())


def test_a_publication_is_told_and_signed(
    db: Database, cast: Cast, endpoint: dict[str, Any], receiver: Receiver
) -> None:
    with db.write() as s:
        (score,) = publish(s, cast.community)
    assert delivery.deliver_due(db) == {"delivered": 1, "waiting": 0, "given_up": 0}
    ((_path, headers, body),) = receiver.got
    assert verified(endpoint["secret"], headers, body)
    assert not verified("whsec_" + base64.b64encode(b"x" * 32).decode(), headers, body)
    assert abs(int(headers["webhook-timestamp"]) - now().timestamp()) < 60
    message = json.loads(body)
    assert message["type"] == "score.published" and message["data"]["id"] == str(score.id)
    assert delivery.deliver_due(db) == {"delivered": 0, "waiting": 0, "given_up": 0}


def test_the_message_is_the_item_of_the_feed(
    db: Database, cast: Cast, endpoint: dict[str, Any], receiver: Receiver, visit_as: Visit
) -> None:
    with db.write() as s:
        publish(s, cast.community, scored(3, 0, 0))
    delivery.deliver_due(db)
    (item,) = visit_as("王站长").get("/scores").json()["items"]
    assert json.loads(receiver.got[0][2])["data"] == item
    assert item["satisfied"] is None


def test_nothing_is_told_of_what_did_not_happen(db: Database, cast: Cast, endpoint: dict[str, Any]) -> None:
    with pytest.raises(ZeroDivisionError), db.write() as s:
        publish(s, cast.community)
        raise ZeroDivisionError
    assert deliveries(db) == []


def test_others_are_not_told(db: Database, cast: Cast, visit_as: Visit, receiver: Receiver) -> None:
    other = visit_as("外主任").post("/webhooks", json={"url": receiver.url, "events": ["score.published"]})
    rounds = visit_as("王站长").post("/webhooks", json={"url": receiver.url, "events": ["round.opened"]})
    district = visit_as("系统员").post(
        "/webhooks", json={"url": receiver.url, "events": ["score.published"], "district_id": str(cast.district)}
    )
    assert other.status_code == rounds.status_code == district.status_code == 201
    with db.write() as s:
        publish(s, cast.community)
    assert [str(d.endpoint_id) for d in deliveries(db)] == [district.json()["id"]]


def test_it_is_tried_again_over_days_and_then_given_up(
    db: Database, cast: Cast, endpoint: dict[str, Any], receiver: Receiver
) -> None:
    receiver.status = 503
    with db.write() as s:
        publish(s, cast.community)
    waits = []
    for _ in delivery.WAITS:
        before = now()
        assert delivery.deliver_due(db)["waiting"] == 1
        (found,) = deliveries(db)
        waits.append((found.next_at - before).total_seconds())
        assert found.last_status == 503
        make_due(db)
    assert delivery.deliver_due(db) == {"delivered": 0, "waiting": 0, "given_up": 1}
    assert [w >= least.total_seconds() for w, least in zip(waits, delivery.WAITS, strict=True)] == [True] * 9
    assert sum(waits) > 3 * 86400 * 0.9
    (found,) = deliveries(db)
    assert (found.state, found.attempts) == ("failed", 10)
    assert len({headers["webhook-id"] for _path, headers, _body in receiver.got}) == 1


def test_it_arrives_when_the_receiver_is_back(
    db: Database, cast: Cast, endpoint: dict[str, Any], receiver: Receiver
) -> None:
    receiver.status = 500
    with db.write() as s:
        publish(s, cast.community)
    delivery.deliver_due(db)
    receiver.status = 200
    make_due(db)
    assert delivery.deliver_due(db)["delivered"] == 1
    assert deliveries(db)[0].state == "delivered"


@pytest.mark.parametrize("status", [302, 400, 404])
def test_only_2xx_has_arrived(
    db: Database, cast: Cast, endpoint: dict[str, Any], receiver: Receiver, status: int
) -> None:
    receiver.status, receiver.location = status, receiver.url
    with db.write() as s:
        publish(s, cast.community)
    assert delivery.deliver_due(db)["waiting"] == 1
    assert len(receiver.got) == 1


def test_gone_switches_it_off(
    db: Database, cast: Cast, endpoint: dict[str, Any], receiver: Receiver, visit_as: Visit
) -> None:
    receiver.status = 410
    with db.write() as s:
        publish(s, cast.community, period="2026-01")
        publish(s, cast.community, period="2026-02")
    assert delivery.deliver_due(db, most=1)["given_up"] == 1
    assert sorted(d.state for d in deliveries(db)) == ["dropped", "failed"]
    with db.write() as s:
        publish(s, cast.community, period="2026-03")
    assert len(deliveries(db)) == 2
    director = visit_as("王站长")
    page = director.get(f"/webhooks/{endpoint['id']}")
    assert page.json()["disabled_why"] == "gone"
    assert director.post(f"/webhooks/{endpoint['id']}/test").status_code == 409
    again = director.patch(
        f"/webhooks/{endpoint['id']}", json={"enabled": True}, headers={"If-Match": page.headers["etag"]}
    )
    assert again.json()["disabled_at"] is None


def test_an_address_that_turned_private_gets_nothing(
    db: Database, cast: Cast, endpoint: dict[str, Any], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.communities.webhooks.egress.private_allowed", lambda: False)
    with db.write() as s:
        publish(s, cast.community)
    assert delivery.deliver_due(db)["waiting"] == 1
    assert receiver.got == [] and deliveries(db)[0].last_problem == "bad_url"


def test_several_senders_send_each_message_once(
    db: Database, cast: Cast, endpoint: dict[str, Any], receiver: Receiver
) -> None:
    with db.write() as s:
        for month in range(1, 13):
            publish(s, cast.community, period=f"2026-{month:02d}")
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: delivery.deliver_due(db), range(4)))
    assert sum(t["delivered"] for t in told) == 12
    ids = [headers["webhook-id"] for _path, headers, _body in receiver.got]
    assert len(ids) == len(set(ids)) == 12


def test_one_whose_sender_died_is_sent_again(
    db: Database, cast: Cast, endpoint: dict[str, Any], receiver: Receiver
) -> None:
    with db.write() as s:
        publish(s, cast.community)
    (waiting,) = deliveries(db)
    assert delivery._claim(db, waiting.id) is not None
    assert delivery._claim(db, waiting.id) is None
    assert delivery.deliver_due(db) == {"delivered": 0, "waiting": 0, "given_up": 0}
    make_due(db)  # the lease ran out
    assert delivery.deliver_due(db)["delivered"] == 1


class TestSecret:
    def test_it_is_shown_once_and_sealed(
        self, db: Database, cast: Cast, endpoint: dict[str, Any], visit_as: Visit
    ) -> None:
        secret = endpoint["secret"]
        assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret)
        director = visit_as("王站长")
        for path in ("/webhooks", f"/webhooks/{endpoint['id']}"):
            assert secret not in director.get(path).text and secret not in director.page(path).text
        with db.read() as s:
            row = s.exec(select(WebhookEndpoint)).one()
            assert secret.encode() not in row.secret and service.keys(row) == [secret]
            said = " ".join(e.changes for e in s.exec(select(AuditEntry)))
        assert secret not in said and "whsec" not in said

    def test_after_a_rotation_both_sign_for_a_day(
        self, db: Database, cast: Cast, endpoint: dict[str, Any], receiver: Receiver, visit_as: Visit
    ) -> None:
        rotated = visit_as("王站长").post(f"/webhooks/{endpoint['id']}/rotate").json()
        assert rotated["secret"] != endpoint["secret"]
        with db.write() as s:
            publish(s, cast.community)
        delivery.deliver_due(db)
        _path, headers, body = receiver.got[0]
        assert verified(rotated["secret"], headers, body) and verified(endpoint["secret"], headers, body)
        with db.write() as s:
            s.execute(update(WebhookEndpoint).values(old_secret_until=now() - timedelta(seconds=1)))
            publish(s, cast.community, period="2026-07")
        delivery.deliver_due(db)
        _path, headers, body = receiver.got[1]
        assert verified(rotated["secret"], headers, body) and not verified(endpoint["secret"], headers, body)


@pytest.mark.parametrize(
    "body",
    [
        {"url": "https://127.0.0.1.example/", "events": []},
        {"url": "https://x.example/", "events": ["visit.saved"]},
        {"url": "ftp://x.example/", "events": ["score.published"]},
        {"url": "https://user:pw@x.example/", "events": ["score.published"]},
        {"url": "https://x.example/", "events": ["score.published"], "secret": "mine"},
        {"url": "https://" + "x" * 500, "events": ["score.published"]},
        {"url": "https://x.example/\u0000", "events": ["score.published"]},
    ],
)
def test_bad_input(visit_as: Visit, body: dict[str, Any]) -> None:
    assert visit_as("王站长").post("/webhooks", json=body).status_code == 422


def test_whose_they_are(visit_as: Visit, cast: Cast, endpoint: dict[str, Any]) -> None:
    address = f"/webhooks/{endpoint['id']}"
    for method, path in (
        ("GET", address),
        ("GET", f"{address}/edit"),
        ("PATCH", address),
        ("DELETE", address),
        ("POST", f"{address}/rotate"),
        ("POST", f"{address}/test"),
    ):
        json_ = {} if method == "PATCH" else None
        headers = {"If-Match": '"1"'}
        assert visit_as("外主任").request(method, path, json=json_, headers=headers).status_code == 404
        for name in ("李网格", "钱会计", "周代表", "区督导"):
            assert visit_as(name).request(method, path, json=json_, headers=headers).status_code == 403
    assert visit_as("外主任").get("/webhooks").json()["items"] == []
    assert [e["id"] for e in visit_as("系统员").get("/webhooks").json()["items"]] == [endpoint["id"]]
    foreign = {"url": "https://x.example/", "events": ["score.published"], "community_id": str(cast.other_community)}
    assert visit_as("王站长").post("/webhooks", json=foreign).status_code == 422
    district = {"url": "https://x.example/", "events": ["score.published"], "district_id": str(cast.district)}
    assert visit_as("王站长").post("/webhooks", json=district).status_code == 403


def test_deleting_takes_its_messages_along(db: Database, cast: Cast, endpoint: dict[str, Any], visit_as: Visit) -> None:
    with db.write() as s:
        publish(s, cast.community)
    director = visit_as("王站长")
    tag = director.get(f"/webhooks/{endpoint['id']}").headers["etag"]
    assert director.delete(f"/webhooks/{endpoint['id']}").status_code == 428
    assert director.delete(f"/webhooks/{endpoint['id']}", headers={"If-Match": tag}).status_code == 204
    assert deliveries(db) == []


class TestPages:
    def test_adding_trying_and_switching_off(
        self, db: Database, cast: Cast, visit_as: Visit, receiver: Receiver
    ) -> None:
        director = visit_as("王站长")
        assert "还没有接收地址" in director.page("/webhooks").text
        refused = director.submit(
            "/webhooks", {"url": "not an address", "description": "区平台", "events": "score.published"}
        )
        assert refused.status_code == 422 and "not an address" in refused.text and "区平台" in refused.text
        made = director.submit("/webhooks", {"url": receiver.url, "description": "区平台", "events": "score.published"})
        assert made.status_code == 201
        secret = re.search(r"whsec_[A-Za-z0-9+/=]+", made.text)
        assert secret is not None
        with db.read() as s:
            (found,) = s.exec(select(WebhookEndpoint))
        address = f"/webhooks/{found.id}"
        assert director.submit(f"{address}/test", {}).status_code == 303
        assert "等待发送" in director.page(address).text
        delivery.deliver_due(db)
        assert verified(secret.group(), receiver.got[0][1], receiver.got[0][2])
        shown = director.page(address).text
        assert "已送达" in shown and "204" in shown and secret.group() not in shown
        saved = director.submit(f"{address}?_method=patch", {"_version": "1", "enabled": "false", "url": receiver.url})
        assert saved.status_code == 303
        assert "已停用" in director.page(address).text
        rotated = director.submit(f"{address}/rotate", {})
        assert rotated.status_code == 200 and "whsec_" in rotated.text
        for path in ("/webhooks", "/webhooks/new", address, f"{address}/edit"):
            assert director.page(path).status_code == 200
            assert visit_as("李网格").page(path).status_code == 403

    def test_an_administrator_chooses_whose_events(self, visit_as: Visit, cast: Cast, receiver: Receiver) -> None:
        admin = visit_as("系统员")
        page = admin.page("/webhooks/new").text
        assert "苏州工业园区" in page and "翰林缘社区" in page
        fields = {"url": receiver.url, "events": "round.closed", "district_id": str(cast.district), "community_id": ""}
        assert admin.submit("/webhooks", fields).status_code == 201
        both = {**fields, "community_id": str(cast.community)}
        assert admin.submit("/webhooks", both).status_code == 422


def test_the_server_sends_by_itself(
    db: Database, cast: Cast, endpoint: dict[str, Any], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "_POLL", 0.02)
    with db.write() as s:
        publish(s, cast.community)
    thread = delivery.Deliverer(db)
    thread.start()
    for _ in range(300):
        if deliveries(db)[0].state == "delivered":
            break
        thread._stop.wait(0.02)
    thread.stop()
    assert deliveries(db)[0].state == "delivered" and len(receiver.got) == 1


def test_old_messages_are_forgotten(db: Database, cast: Cast, endpoint: dict[str, Any]) -> None:
    with db.write() as s:
        publish(s, cast.community)
    delivery.deliver_due(db)
    delivery.tidy(db)
    assert len(deliveries(db)) == 1
    with db.write() as s:
        s.execute(update(WebhookDelivery).values(done_at=now() - timedelta(days=91)))
    delivery.tidy(db)
    assert deliveries(db) == []
