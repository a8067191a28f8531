"""How every client of ours reaches Kafka: the addresses, and who it is."""

import ssl
from typing import Any

from faststream.kafka.security import parse_security
from faststream.security import BaseSecurity, SASLScram512

from shared.plumbing.settings import KafkaSecurity, KafkaSettings, read_secret


def security(settings: KafkaSettings) -> BaseSecurity | None:
    """Who we are, for a FastStream broker; None on a plain line."""
    if settings.kafka_password_file is None:
        return None
    encrypted = settings.kafka_security is KafkaSecurity.SASL_SSL
    return SASLScram512(
        settings.kafka_user,
        read_secret(settings.kafka_password_file),
        ssl_context=ssl.create_default_context(cafile=settings.kafka_ca_file) if encrypted else None,
    )


def client_options(settings: KafkaSettings) -> dict[str, Any]:
    """What every aiokafka client needs: a producer, a consumer, an admin client."""
    return {"bootstrap_servers": settings.kafka, **sasl_options(settings)}


def sasl_options(settings: KafkaSettings) -> dict[str, Any]:
    """The same without the addresses."""
    return parse_security(security(settings))
