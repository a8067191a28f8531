"""A name keeps its port as long as the port is free."""

import socket
from pathlib import Path

from ops.ports import LOOPBACK, Ports, is_free


def test_a_name_keeps_its_port_from_one_start_to_the_next(tmp_path: Path):
    port = Ports(tmp_path / "ports.json").take("intake")
    assert Ports(tmp_path / "ports.json").take("intake") == port


def test_a_port_that_somebody_else_took_is_replaced(tmp_path: Path):
    file = tmp_path / "ports.json"
    port = Ports(file).take("intake")
    with socket.create_server((LOOPBACK, port)):
        assert not is_free(port)
        other = Ports(file).take("intake")
    assert other != port
    assert Ports(file).take("intake") == other


def test_two_names_never_share_a_port(tmp_path: Path):
    ports = Ports(tmp_path / "ports.json")
    assert len({ports.take(f"intake-{replica}") for replica in range(50)}) == 50


def test_ports_lie_below_those_lent_to_outgoing_connections(tmp_path: Path):
    assert 15_000 <= Ports(tmp_path / "ports.json").take("broker") < 32_000
