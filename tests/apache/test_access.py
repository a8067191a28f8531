"""Users and rights on Apache Kafka, with the very configuration that docker-compose mounts."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError
from aiokafka.protocol.admin import CreateAclsRequest

from ops.commands.secrets import keys_of, passwords, secrets
from ops.embedded.apache import JARS
from ops.embedded.keys import AUDIENCE, Bearer
from ops.embedded.processes import Child
from ops.embedded.stack import ROOT
from ops.ports import LOOPBACK, Ports
from shared.plumbing.kafka import client_options
from shared.plumbing.rights import LITERAL, READ, TOPIC, Right, read_access
from shared.plumbing.settings import EMBEDDED_ISSUER, KafkaSecurity
from shared.plumbing.topics import SERVICES, WORK_ORDERS, TopicsSettings, prepare
from tests.support.pair import until
from tests.support.running import migrated
from tests.support.servers import Server

FILE = ROOT / "deploy" / "kafka" / "access.yaml"
ACCESS = read_access(FILE)
TOPICS = [*(f"{service}.events" for service in SERVICES), WORK_ORDERS]
JAVA = ["java", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp", str(JARS / "*")]


class Secured:
    """One node of Apache Kafka with users and rights."""

    def __init__(self, folder: Path) -> None:
        self.secrets = folder / "secrets"
        secrets(self.secrets, issuer=EMBEDDED_ISSUER, days=1)
        (folder / "logs").mkdir()
        ports = Ports(folder / "ports.json")
        self.port, controller = ports.take("broker"), ports.take("controller")
        self.address = f"{LOOPBACK}:{self.port}"
        own = {
            "CLIENT://:9092": f"CLIENT://{self.address}",
            "kafka:9092": self.address,
            "127.0.0.1:9093": f"{LOOPBACK}:{controller}",
            "/run/secrets": str(self.secrets),
            "/var/lib/kafka/data": str(folder / "kafka"),
        }
        text = (ROOT / "deploy" / "kafka" / "server.properties").read_text()
        for theirs, ours in own.items():
            assert theirs in text
            text = text.replace(theirs, ours)
        self.settings = folder / "server.properties"
        self.settings.write_text(text + "group.initial.rebalance.delay.ms=0\noffsets.topic.num.partitions=1\n")
        self.process = Child(
            "kafka", [*JAVA, "kafka.Kafka", str(self.settings)], log=folder / "logs" / "kafka.log", env={}
        )

    async def start(self) -> None:
        """Format it with its administrator, start it, wait for its port."""
        admin = f"SCRAM-SHA-512=[name=admin,password={self.password('admin')}]"
        made = [*JAVA, "kafka.tools.StorageTool", "format", "--standalone", "-t", "AAAAAAAAAAAAAAAAAAAAAA"]
        command = [*made, "-c", str(self.settings), "--add-scram", admin]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        self.process.start()

        async def listens() -> bool:
            assert self.process.alive, self.process.last_words()
            return self.process.listens_on(self.port)

        await until(listens, "Apache Kafka listens")

    def password(self, user: str) -> str:
        """What `fiveplusn secrets` made for this user."""
        return (self.secrets / f"kafka-{user}").read_text()

    def settings_of(self, user: str) -> TopicsSettings:
        """What a process of this user is started with."""
        return TopicsSettings(
            kafka=self.address,
            kafka_security=KafkaSecurity.SASL_PLAINTEXT,
            kafka_user=user,
            kafka_password_file=self.secrets / f"kafka-{user}",
            kafka_access_file=FILE,
            kafka_passwords=self.secrets,
            partitions=1,
        )

    def options(self, user: str) -> dict[str, Any]:
        """The same, for a bare client."""
        return client_options(self.settings_of(user))

    async def writes(self, user: str, topic: str) -> bool:
        """Whether this user may; any other failure is raised."""
        async with AIOKafkaProducer(**self.options(user)) as producer:
            try:
                await producer.send_and_wait(topic, b"{}", partition=0)
            except TopicAuthorizationFailedError:
                return False
            return True

    async def reads(self, user: str, topic: str, group: str | None = None) -> bool:
        """Whether this user gets the first record; any failure but the topic's is raised."""
        consumer = AIOKafkaConsumer(topic, **self.options(user), group_id=group, auto_offset_reset="earliest")
        try:
            await consumer.start()
            await asyncio.wait_for(consumer.getone(), 30)
        except TopicAuthorizationFailedError:
            return False
        finally:
            await consumer.stop()
        return True


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Secured]:
    secured = Secured(tmp_path_factory.mktemp("secured"))
    await secured.start()
    try:
        await prepare(secured.settings_of("admin"))
        for topic in TOPICS:
            assert await secured.writes("admin", topic)
        yield secured
    finally:
        await secured.process.kill()


@pytest.mark.parametrize("user", ACCESS)
async def test_a_user_writes_what_the_file_grants_and_nothing_else(kafka: Secured, user: str):
    assert {topic for topic in TOPICS if await kafka.writes(user, topic)} == ACCESS[user].writes


@pytest.mark.parametrize("user", ACCESS)
async def test_a_user_reads_what_the_file_grants_and_nothing_else(kafka: Secured, user: str):
    assert {topic for topic in TOPICS if await kafka.reads(user, topic)} == ACCESS[user].reads


@pytest.mark.parametrize(
    ("user", "group"),
    [("intake", "intake"), ("dashboard", "dashboard"), ("subscriber", "sub-screens"), ("subscriber", "sub-other")],
)
async def test_a_user_reads_in_its_own_group(kafka: Secured, user: str, group: str):
    assert await kafka.reads(user, "projects.events", group)


@pytest.mark.parametrize(
    ("user", "group"),
    [("intake", "dashboard"), ("dashboard", "intake"), ("subscriber", "dashboard"), ("subscriber", "x")],
)
async def test_nobody_reads_in_the_group_of_another(kafka: Secured, user: str, group: str):
    with pytest.raises(GroupAuthorizationFailedError):
        await kafka.reads(user, "projects.events", group)


async def refused(options: dict[str, Any]) -> bool:
    """Whether the broker lets nobody in with this."""
    client = AIOKafkaClient(**options, request_timeout_ms=5_000)
    try:
        await client.bootstrap()
    except KafkaError:
        return True
    finally:
        await client.close()
    return False


async def test_a_wrong_password_a_stranger_and_nobody_are_refused(kafka: Secured):
    right = kafka.options("intake")
    assert not await refused(right)
    assert await refused(right | {"sasl_plain_password": "wrong"})
    assert await refused(right | {"sasl_plain_username": "stranger"})
    assert await refused(right | {"sasl_plain_password": kafka.password("hotline")})
    assert await refused({"bootstrap_servers": kafka.address})


async def test_a_right_given_by_hand_is_seen_and_taken_back(kafka: Secured):
    client = AIOKafkaClient(**kafka.options("admin"))
    await client.bootstrap()
    right = Right(TOPIC, WORK_ORDERS, LITERAL, "User:deliberation", "*", READ, 3)
    await client.send(client.get_random_node(), CreateAclsRequest(*right))
    await client.close()
    assert await kafka.reads("deliberation", WORK_ORDERS)
    await prepare(kafka.settings_of("admin"))
    assert not await kafka.reads("deliberation", WORK_ORDERS)


async def test_a_user_of_the_file_may_not_prepare(kafka: Secured):
    with pytest.raises(KafkaError):
        await prepare(kafka.settings_of("intake"))


async def test_a_new_password_counts_from_the_next_preparation_on(kafka: Secured):
    before = kafka.options("hotline")
    (kafka.secrets / "kafka-hotline").write_text("another password")
    assert await refused(kafka.options("hotline"))
    await prepare(kafka.settings_of("admin"))

    async def counts_no_more() -> bool:
        return await refused(before)

    await until(counts_no_more, "the broker has heard of the new password")
    assert await kafka.writes("hotline", WORK_ORDERS)


async def test_a_real_service_lives_on_its_rights(kafka: Secured, postgres: Server, tmp_path: Path):
    port = Ports(tmp_path / "ports.json").take("intake")
    keys = keys_of(kafka.secrets)
    url = f"http://{LOOPBACK}:{port}"
    async with migrated(postgres, "intake", datetime.now(UTC)) as database, httpx.AsyncClient(timeout=10) as client:
        child = Child(
            "intake",
            [sys.executable, "-m", "services.intake.main"],
            log=tmp_path / "intake.log",
            env={
                "PYTHONPATH": str(ROOT),
                "FIVEPLUSN_MODE": "embedded",
                "FIVEPLUSN_DATABASE_URL": database,
                "FIVEPLUSN_PORT": str(port),
                "FIVEPLUSN_CONFIG": str(ROOT / "config"),
                "FIVEPLUSN_KAFKA": kafka.address,
                "FIVEPLUSN_KAFKA_SECURITY": "SASL_PLAINTEXT",
                "FIVEPLUSN_KAFKA_USER": "intake",
                "FIVEPLUSN_KAFKA_PASSWORD_FILE": str(kafka.secrets / "kafka-intake"),
                "FIVEPLUSN_KAFKA_IDEMPOTENT": "true",
                "FIVEPLUSN_PARTITIONS": "1",
                "FIVEPLUSN_MASTER_KEY_FILE": str(keys.master_key),
                "FIVEPLUSN_JWKS_FILE": str(keys.jwks),
                "FIVEPLUSN_AUDIENCE": AUDIENCE,
            },
        )
        child.start()
        try:

            async def ready() -> bool:
                assert child.alive, child.last_words()
                try:
                    return (await client.get(f"{url}/health/ready")).status_code == 200
                except httpx.HTTPError:
                    return False

            await until(ready, "intake is ready")
            token = keys.token(Bearer("dispatcher"), now=datetime.now(UTC), lifetime=timedelta(hours=1))
            order = {
                "channel": "HOTLINE_12345",
                "number": "1",
                "type": "COMPLAINT",
                "received_at": datetime.now(UTC).isoformat(),
                "title": "楼道灯不亮",
                "content": "三单元楼道灯不亮",
                "complainant": {"name": "居民一", "phone": "19900000001"},
            }
            answer = await client.post(f"{url}/complaints", json=order, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 201, answer.text
            subject = answer.json()["id"]
            consumer = AIOKafkaConsumer("intake.events", **kafka.options("subscriber"), auto_offset_reset="earliest")
            await consumer.start()
            try:

                async def said() -> bool:
                    record = await asyncio.wait_for(consumer.getone(), 30)
                    return record.key == subject.encode()

                await until(said, "its fact is on the wire")
            finally:
                await consumer.stop()
        finally:
            await child.kill()


def test_the_command_made_a_password_for_every_user():
    assert {name for name in passwords() if name.startswith("kafka-")} == {
        f"kafka-{user}" for user in (*ACCESS, "admin", "controller")
    }
