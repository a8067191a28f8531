"""Who may do what on Kafka says the same as the services' code: one file, seven users, nothing more than they need."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from services.dashboard.main import PLAN as DASHBOARD
from services.deliberation.main import PLAN as DELIBERATION
from services.escalation.main import PLAN as ESCALATION
from services.intake.main import PLAN as INTAKE
from services.projects.main import PLAN as PROJECTS
from shared.plumbing.rights import GROUP, LITERAL, PREFIXED, READ, TOPIC, WRITE, Right, read_access, rights
from shared.plumbing.topics import SERVICES, WORK_ORDERS

ACCESS = read_access(Path("deploy/kafka/access.yaml"))
PLANS = {plan.name: plan for plan in (INTAKE, DELIBERATION, ESCALATION, PROJECTS, DASHBOARD)}
FACTS = {f"{service}.events" for service in SERVICES}


@pytest.mark.parametrize("name", PLANS)
def test_a_service_may_do_what_its_code_does_and_no_more(name: str):
    own = {f"{name}.events"} if PLANS[name].speaks else set()
    assert ACCESS[name].writes == own
    assert ACCESS[name].reads == {*PLANS[name].topics, *own}
    assert ACCESS[name].groups == {name}
    assert not ACCESS[name].group_prefixes


def test_intake_alone_reads_the_work_orders_and_the_hotline_alone_writes_them():
    assert {name for name, principal in ACCESS.items() if WORK_ORDERS in principal.reads} == {"intake"}
    assert {name for name, principal in ACCESS.items() if WORK_ORDERS in principal.writes} == {"hotline"}


def test_every_topic_of_facts_has_one_writer():
    for topic in FACTS:
        assert [f"{n}.events" for n, principal in ACCESS.items() if topic in principal.writes] == [topic]


def test_others_read_the_facts_in_groups_of_their_own_and_say_nothing():
    assert ACCESS["subscriber"].reads == FACTS
    assert ACCESS["subscriber"].group_prefixes == {"sub-"}
    assert not ACCESS["subscriber"].writes and not ACCESS["subscriber"].groups
    assert not any(group.startswith("sub-") for principal in ACCESS.values() for group in principal.groups)


def test_nobody_may_name_the_topics_by_a_pattern():
    assert {right.pattern for right in rights(ACCESS) if right.resource == TOPIC} == {LITERAL}


def test_the_rights_are_the_file_line_by_line(tmp_path: Path):
    file = tmp_path / "access.yaml"
    file.write_text("box: {writes: [a], reads: [b], groups: [g]}\nguest: {group_prefixes: [p-]}\n")
    assert rights(read_access(file)) == {
        Right(TOPIC, "a", LITERAL, "User:box", "*", WRITE, 3),
        Right(TOPIC, "b", LITERAL, "User:box", "*", READ, 3),
        Right(GROUP, "g", LITERAL, "User:box", "*", READ, 3),
        Right(GROUP, "p-", PREFIXED, "User:guest", "*", READ, 3),
    }


def test_a_wrong_word_in_the_file_is_refused(tmp_path: Path):
    file = tmp_path / "access.yaml"
    file.write_text("box: {write: [a]}\n")
    with pytest.raises(ValidationError):
        read_access(file)
