"""Where a service finds its database, its broker, its keys and its configuration."""

from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

EMBEDDED_ISSUER = "urn:fiveplusn:embedded"
"""The issuer of the embedded stack's own tokens; production refuses it."""


class Mode(StrEnum):
    """Embedded: everything on this machine, loopback only, a movable clock. Production: none of that."""

    EMBEDDED = "embedded"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """Read from the environment (`FIVEPLUSN_…`); a wrong value stops the service at its start."""

    model_config = SettingsConfigDict(env_prefix="FIVEPLUSN_", extra="ignore", frozen=False)

    service: str
    mode: Mode = Mode.PRODUCTION
    database_url: SecretStr
    database_pool: int = Field(default=8, ge=3, le=100)
    kafka: str
    kafka_idempotent: bool = False
    partitions: int = Field(default=12, ge=1, le=1000)
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    config: Path = Path("config")
    master_key_file: Path
    jwks_file: Path
    issuer: str = EMBEDDED_ISSUER
    audience: str = "fiveplusn"
    session_timeout_ms: int = Field(default=10_000, ge=1_000)
    peers: dict[str, str] = Field(default_factory=dict)
    token_file: Path | None = None
    log_level: str = "INFO"
    drain_notice_s: float = Field(default=0.0, ge=0, le=60)

    @model_validator(mode="after")
    def _production_is_strict(self) -> Self:
        if self.mode is Mode.PRODUCTION and self.issuer == EMBEDDED_ISSUER:
            raise ValueError("production needs a real issuer: FIVEPLUSN_ISSUER may not be the embedded one")
        if self.mode is Mode.EMBEDDED and self.host != "127.0.0.1":
            raise ValueError("the embedded stack binds to loopback only: FIVEPLUSN_HOST must be 127.0.0.1")
        return self

    @cached_property
    def dsn(self) -> str:
        """The database URL in clear, for the driver."""
        return self.database_url.get_secret_value()

    @property
    def embedded(self) -> bool:
        """Whether the clock may be moved."""
        return self.mode is Mode.EMBEDDED
