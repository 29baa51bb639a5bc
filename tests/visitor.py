"""A browser or a program in the tests: signed in as one of the cast, with CSRF handled as the pages do."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import select

from app.accounts import authentication
from app.accounts.models import User
from app.core import crypto
from app.core.db import Database

HTML = {"Accept": "text/html"}


class Visitor:
    """JSON by default; `page` and `submit` speak HTML as a browser without JavaScript does."""

    def __init__(self, client: TestClient, db: Database, name: str | None) -> None:
        self.client = client
        self.headers: dict[str, str] = {}
        if name is None:
            return
        with db.write() as s:
            user = s.exec(select(User).where(User.display_name == name)).one()
            token = authentication.start_session(s, user, "tests")
        client.cookies.set(authentication.cookie_name(), token)
        self.csrf = authentication.csrf_token(crypto.token_hash(token))
        self.headers = {"X-CSRF-Token": self.csrf}

    def request(self, method: str, path: str, **kwargs: Any) -> Response:
        headers = {**self.headers, **kwargs.pop("headers", {})}
        return self.client.request(method, path, headers=headers, follow_redirects=False, **kwargs)

    def get(self, path: str, **kwargs: Any) -> Response:
        return self.request("GET", path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> Response:
        return self.request("POST", path, **kwargs)

    def put(self, path: str, **kwargs: Any) -> Response:
        return self.request("PUT", path, **kwargs)

    def patch(self, path: str, **kwargs: Any) -> Response:
        return self.request("PATCH", path, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> Response:
        return self.request("DELETE", path, **kwargs)

    def page(self, path: str, **kwargs: Any) -> Response:
        return self.request("GET", path, headers={**HTML, **kwargs.pop("headers", {})}, **kwargs)

    def submit(self, path: str, data: dict[str, Any], **kwargs: Any) -> Response:
        """Sends a form as a page does: urlencoded, with the hidden token."""
        sent = {"_csrf": getattr(self, "csrf", ""), **data}
        return self.client.post(path, data=sent, headers=HTML, follow_redirects=False, **kwargs)
