"""docker-compose.yml: valid by the published schema, and every container has only what it needs."""

import re
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.commands.secrets import keys_of, passwords, secrets
from ops.embedded.stack import SERVICES

FILE = Path("docker-compose.yml")
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
ONCE = ("migrate", "topics")
SECRET = re.compile(r"password|secret|token|key", re.IGNORECASE)


def faults(compose: dict[str, Any]) -> set[str]:
    """What is wrong with the containers: `service: what`."""
    found = set()
    for name, service in compose["services"].items():
        wrong = {
            "writable": service.get("read_only") is not True,
            "capabilities": service.get("cap_drop") != ["ALL"]
            or set(service.get("cap_add", ())) - {"NET_BIND_SERVICE"} != set(),
            "privileges": service.get("security_opt") != ["no-new-privileges:true"] or "privileged" in service,
            "root": str(service.get("user", "root")).split(":")[0] in ("root", "0"),
            "init": service.get("init") is not True,
            "no limits": not {"mem_limit", "pids_limit"} <= service.keys(),
            "logs grow": "max-size" not in service.get("logging", {}).get("options", {}),
            "no health": "test" not in service.get("healthcheck", {}) and name not in ONCE,
            "image": service["image"].endswith(":latest") or (":" not in service["image"] and "build" not in service),
            "does not scale": "container_name" in service,
            "open to the world": not all(str(port).startswith("127.0.0.1:") for port in service.get("ports", ())),
            "published": "ports" in service and name not in ("gateway", "prometheus", "grafana"),
            "network": name in ("kafka", "postgres") and service.get("networks") != ["data"],
            "secret in sight": any(
                (SECRET.search(key) and not re.search(r"_FILE$", key)) or re.search(r"://[^/@]*:[^/@]*@", str(value))
                for key, value in service.get("environment", {}).items()
            ),
        }
        found |= {f"{name}: {what}" for what, is_so in wrong.items() if is_so}
    return found


def test_it_is_valid_by_the_published_schema():
    assert valid(FILE)


def test_the_schema_notices_a_wrong_key(tmp_path: Path):
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text(FILE.read_text().replace("read_only:", "readonly:"))
    assert not valid(wrong)


def valid(file: Path) -> bool:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_every_container_has_only_what_it_needs():
    assert faults(COMPOSE) == set()


LAX: dict[str, Callable[[dict[str, Any]], Any]] = {
    "writable": lambda s: s.pop("read_only"),
    "capabilities": lambda s: s.update(cap_add=["SYS_ADMIN"]),
    "privileges": lambda s: s.pop("security_opt"),
    "root": lambda s: s.pop("user"),
    "init": lambda s: s.pop("init"),
    "no limits": lambda s: s.pop("mem_limit"),
    "logs grow": lambda s: s.pop("logging"),
    "no health": lambda s: s.pop("healthcheck"),
    "image": lambda s: s.update(image="postgres:latest"),
    "does not scale": lambda s: s.update(container_name="postgres"),
    "open to the world": lambda s: s.update(ports=["5432:5432"]),
    "published": lambda s: s.update(ports=["127.0.0.1:5432:5432"]),
    "network": lambda s: s.update(networks=["data", "front"]),
    "secret in sight": lambda s: s["environment"].update(POSTGRES_PASSWORD="x"),
}


@pytest.mark.parametrize("what", LAX)
def test_the_check_notices_a_lax_container(what: str):
    lax = deepcopy(COMPOSE)
    LAX[what](lax["services"]["postgres"])
    assert f"postgres: {what}" in faults(lax)


def test_a_password_in_a_database_url_is_noticed():
    lax = deepcopy(COMPOSE)
    lax["services"]["intake"]["environment"]["FIVEPLUSN_DATABASE_URL"] = "postgresql://intake:x@postgres/intake"
    assert faults(lax) == {"intake: secret in sight"}


def test_the_databases_and_kafka_have_no_way_out():
    assert COMPOSE["networks"]["data"] == {"internal": True}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_itself_alone_and_starts_after_what_it_needs(name: str):
    service = COMPOSE["services"][name]
    environment = service["environment"]
    assert environment["FIVEPLUSN_KAFKA_USER"] == name
    assert environment["FIVEPLUSN_DATABASE_URL"] == f"postgresql://{name}@postgres/{name}"
    assert environment.get("FIVEPLUSN_MODE", "production") == "production"
    assert service["build"]["args"]["SERVICE"] == name
    mounted = {secret["source"] if isinstance(secret, dict) else secret for secret in service["secrets"]}
    own = {f"database-{name}", f"kafka-{name}"} | ({"api-keys", "notices"} if name == "intake" else set())
    assert mounted == own | {"master-key", "jwks", "token-service"}
    needs = {need: state["condition"] for need, state in service["depends_on"].items()}
    assert needs == dict.fromkeys(ONCE, "service_completed_successfully")


def test_every_secret_is_made_by_the_command_and_every_made_one_is_used(tmp_path: Path):
    folder = tmp_path / "made"
    secrets(folder, days=1, issuer="urn:town")
    declared = {name: folder / re.sub(r"^\$\{.*?}/", "", entry["file"]) for name, entry in COMPOSE["secrets"].items()}
    assert [name for name, file in declared.items() if not file.is_file()] == []
    assert {file.name for file in declared.values()} >= set(passwords())
    used = {
        secret["source"] if isinstance(secret, dict) else secret
        for service in COMPOSE["services"].values()
        for secret in service.get("secrets", ())
    }
    assert used == declared.keys()
    assert keys_of(folder).issuer not in declared.values()


def test_only_the_command_that_makes_the_users_has_the_administrator_of_kafka():
    with_admin = {name for name, s in COMPOSE["services"].items() if "kafka-admin" in s.get("secrets", ())}
    assert with_admin == {"kafka", "topics"}


def test_the_gateway_has_a_port_for_every_service_and_finds_all_its_replicas():
    rooms = re.findall(
        r"^:(\d+) \{\n\treverse_proxy \{\n\t\tdynamic a (\w+) 8000 ", Path("deploy/Caddyfile").read_text(), re.M
    )
    assert [name for _, name in rooms] == list(SERVICES)
    published = [str(port).rpartition(":")[2] for port in COMPOSE["services"]["gateway"]["ports"]]
    assert published == [port for port, _ in rooms]


def test_what_is_mounted_from_here_is_here():
    mounted = [
        volume.split(":")[0]
        for service in COMPOSE["services"].values()
        for volume in service.get("volumes", ())
        if volume.startswith("./") and not service.get("profiles")
    ]
    assert mounted and [path for path in mounted if not Path(path).exists()] == []


def test_the_database_server_makes_a_room_for_every_service():
    assert f"for service in {' '.join(SERVICES)}; do" in Path("deploy/postgres/roles.sh").read_text()
    assert f"for service in {' '.join(SERVICES)}; do" in COMPOSE["services"]["migrate"]["command"][2]
