"""Where a service finds its database, its broker, its keys and its configuration."""

from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import quote, urlsplit

import yaml
from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.plumbing.webhooks.outside import Network, unfit_networks

EMBEDDED_ISSUER = "urn:fiveplusn:embedded"
"""The issuer of the embedded stack's own tokens; production refuses it."""


class Mode(StrEnum):
    """Embedded: everything on this machine, loopback only, a movable clock. Production: none of that."""

    EMBEDDED = "embedded"
    PRODUCTION = "production"


class KafkaSecurity(StrEnum):
    """How a client proves who it is (SCRAM-SHA-512), and whether the line is encrypted."""

    PLAINTEXT = "PLAINTEXT"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"


class DatabaseSettings(BaseSettings):
    """Where a service's database is."""

    model_config = SettingsConfigDict(env_prefix="FIVEPLUSN_", extra="ignore")

    database_url: SecretStr
    database_password_file: Path | None = None

    @cached_property
    def dsn(self) -> str:
        """The database URL in clear, for the driver; with the password of the file, if there is one."""
        url = self.database_url.get_secret_value()
        if self.database_password_file is None:
            return url
        user, at, place = urlsplit(url).netloc.rpartition("@")
        if not at or ":" in user:
            raise ValueError("FIVEPLUSN_DATABASE_URL must name a role, and no password beside its file")
        password = quote(read_secret(self.database_password_file), safe="")
        return url.replace(f"{user}@{place}", f"{user}:{password}@{place}", 1)


class KafkaSettings(BaseSettings):
    """Where Kafka is, and who we are there."""

    model_config = SettingsConfigDict(env_prefix="FIVEPLUSN_", extra="ignore")

    kafka: str
    kafka_security: KafkaSecurity = KafkaSecurity.PLAINTEXT
    kafka_user: str = ""
    kafka_password_file: Path | None = None
    kafka_ca_file: Path | None = None

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        wanted = self.kafka_security is not KafkaSecurity.PLAINTEXT
        if {bool(self.kafka_user), self.kafka_password_file is not None} != {wanted}:
            raise ValueError(
                "SASL needs FIVEPLUSN_KAFKA_USER and FIVEPLUSN_KAFKA_PASSWORD_FILE, PLAINTEXT takes neither"
            )
        return self


_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's, where the package brings it: a tenth of the time."""


def read_yaml(file: Path) -> Any:
    """What a YAML file of ours says; raises `yaml.YAMLError`, and `UnicodeDecodeError` when it is not UTF-8."""
    return yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 -- it is a safe one


def read_secret(file: Path) -> str:
    """The only line of a file that holds a secret."""
    return file.read_text().strip()


class Settings(DatabaseSettings, KafkaSettings):
    """Read from the environment (`FIVEPLUSN_…`); a wrong value stops the service at its start."""

    service: str
    mode: Mode = Mode.PRODUCTION
    database_pool: int = Field(default=8, ge=3, le=100)
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
    api_keys_file: Path | None = None
    log_level: str = "INFO"
    attachments: str | None = None
    drain_notice_s: float = Field(default=0.0, ge=0, le=60)
    notices: str = ""
    notices_secret_file: Path | None = None
    notices_ca_file: Path | None = None
    webhooks_networks: tuple[Network, ...] = ()
    webhooks_ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = (443, 8443)
    webhooks_ca_file: Path | None = None
    webhooks_plain: bool = False

    @model_validator(mode="after")
    def _webhooks_stay_outside(self) -> Self:
        if unfit := unfit_networks(self.webhooks_networks, loopback=self.embedded):
            names = ", ".join(map(str, unfit))
            raise ValueError(f"FIVEPLUSN_WEBHOOKS_NETWORKS may not name everything, nor this machine: {names}")
        if self.webhooks_plain and not self.embedded:
            raise ValueError("FIVEPLUSN_WEBHOOKS_PLAIN (http) is for the embedded stack only")
        return self

    @model_validator(mode="after")
    def _production_is_strict(self) -> Self:
        if self.mode is Mode.PRODUCTION and self.issuer == EMBEDDED_ISSUER:
            raise ValueError("production needs a real issuer: FIVEPLUSN_ISSUER may not be the embedded one")
        if self.mode is Mode.EMBEDDED and self.host != "127.0.0.1":
            raise ValueError("the embedded stack binds to loopback only: FIVEPLUSN_HOST must be 127.0.0.1")
        return self

    @model_validator(mode="after")
    def _notices_go_somewhere(self) -> Self:
        where = urlsplit(self.notices)
        match where.scheme:
            case "":
                fine = not self.notices
            case "mailbox":  # everybody's numbers in a folder
                fine = self.embedded and where.path.startswith("/") and not where.netloc
            case "http":
                fine = self.embedded and where.hostname == "127.0.0.1"
            case scheme:
                fine = scheme == "https" and bool(where.hostname)
        if not fine:
            raise ValueError(
                "FIVEPLUSN_NOTICES must be an https URL, or empty; the embedded stack may have mailbox:///folder, too"
            )
        if where.scheme.startswith("http") and self.notices_secret_file is None:
            raise ValueError("a gateway for notices needs FIVEPLUSN_NOTICES_SECRET_FILE")
        return self

    @property
    def embedded(self) -> bool:
        """Whether the clock may be moved."""
        return self.mode is Mode.EMBEDDED
