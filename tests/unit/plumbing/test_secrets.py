"""Passwords come from files: nothing secret stands in the environment, and nothing secret is half given."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.plumbing.kafka import client_options, security
from shared.plumbing.settings import DatabaseSettings, KafkaSecurity, KafkaSettings


@pytest.fixture
def password(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text("p@ss/wörd\n")
    return file


def test_the_password_of_the_database_comes_from_its_file(password: Path):
    settings = DatabaseSettings(database_url="postgresql://intake@db:5433/intake", database_password_file=password)
    assert settings.dsn == "postgresql://intake:p%40ss%2Fw%C3%B6rd@db:5433/intake"
    assert "p@ss" not in repr(settings)


@pytest.mark.parametrize("url", ["postgresql://intake:other@db/intake", "postgresql://db/intake"])
def test_a_file_and_a_password_in_the_url_are_one_too_many(password: Path, url: str):
    with pytest.raises(ValueError, match="must name a role"):
        _ = DatabaseSettings(database_url=url, database_password_file=password).dsn


def test_a_plain_line_says_nothing_of_anybody():
    settings = KafkaSettings(kafka="k:9092")
    assert security(settings) is None
    assert client_options(settings) == {"bootstrap_servers": "k:9092"}


def test_sasl_shows_the_user_and_the_password_of_its_file(password: Path):
    settings = KafkaSettings(
        kafka="k:9092", kafka_security=KafkaSecurity.SASL_PLAINTEXT, kafka_user="intake", kafka_password_file=password
    )
    assert client_options(settings) == {
        "bootstrap_servers": "k:9092",
        "security_protocol": "SASL_PLAINTEXT",
        "ssl_context": None,
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "intake",
        "sasl_plain_password": "p@ss/wörd",
    }


def test_an_encrypted_line_checks_whom_it_speaks_to(password: Path):
    settings = KafkaSettings(
        kafka="k:9092", kafka_security=KafkaSecurity.SASL_SSL, kafka_user="intake", kafka_password_file=password
    )
    options = client_options(settings)
    assert options["security_protocol"] == "SASL_SSL"
    assert options["ssl_context"].check_hostname


@pytest.mark.parametrize(
    "half",
    [
        {"kafka_security": "SASL_PLAINTEXT"},
        {"kafka_security": "SASL_SSL", "kafka_user": "intake"},
        {"kafka_user": "intake"},
        {"kafka_user": "intake", "kafka_password_file": "password"},
    ],
)
def test_half_an_identity_stops_the_service(half: dict[str, str]):
    with pytest.raises(ValidationError, match="SASL needs"):
        KafkaSettings(kafka="k:9092", **half)
