"""Settings, read once from the environment and then frozen."""

from __future__ import annotations

import secrets
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[2]
_DEVELOPMENT_SECRET_FILE = "development-secret"
_SHORTEST_SECRET = 32


class Settings(BaseSettings):
    """Names are those of the contract: `DATABASE_URL`, `APP_SECRET` and so on."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    database_url: str = Field("sqlite:///./data/qinlian.db", alias="DATABASE_URL")
    secret: str = Field("", alias="APP_SECRET")
    base_url: str = Field("", alias="APP_BASE_URL")
    allowed_hosts: str = Field("", alias="APP_ALLOWED_HOSTS")
    trusted_proxies: str = Field("", alias="APP_TRUSTED_PROXIES")
    env: Literal["development", "production"] = Field("development", alias="APP_ENV")
    host: str = Field("127.0.0.1", alias="HOST")
    port: int = Field(8000, alias="PORT", ge=0, le=65535)
    workers: int = Field(1, alias="WEB_CONCURRENCY", ge=1, le=64)
    metrics: bool = Field(False, alias="APP_METRICS")
    log_level: str = Field("INFO", alias="APP_LOG_LEVEL")
    time_zone: str = Field("Asia/Shanghai", alias="APP_TIME_ZONE")
    data_dir: Path = Field(Path("data"), alias="APP_DATA_DIR")
    private_webhooks: bool = Field(False, alias="APP_PRIVATE_WEBHOOKS", description="development only")

    @property
    def production(self) -> bool:
        return self.env == "production"

    @property
    def hosts(self) -> list[str]:
        """Host names that are answered; empty means any, which production refuses."""
        return [h.strip() for h in self.allowed_hosts.split(",") if h.strip()]

    @property
    def proxies(self) -> list[str]:
        return [p.strip() for p in self.trusted_proxies.split(",") if p.strip()]

    @model_validator(mode="after")
    def _strong_enough(self) -> Settings:
        if self.production:
            if len(self.secret) < _SHORTEST_SECRET or len(set(self.secret)) < 12:
                raise ValueError(f"APP_SECRET must be random and at least {_SHORTEST_SECRET} characters in production")
            if not self.hosts:
                raise ValueError("APP_ALLOWED_HOSTS must name the hosts that are served in production")
            if not self.base_url.startswith("https://"):
                raise ValueError("APP_BASE_URL must be the https address of this installation in production")
        return self

    def secret_bytes(self) -> bytes:
        """The installation's secret; in development one is made and kept beside the database."""
        if self.secret:
            return self.secret.encode()
        path = self.data_dir / _DEVELOPMENT_SECRET_FILE
        if not path.exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            path.write_text(secrets.token_urlsafe(48))
            path.chmod(0o600)
        return path.read_text().strip().encode()


@lru_cache
def get_settings() -> Settings:
    return Settings()
