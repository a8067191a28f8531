"""The town through its real doors: what comes in has its effect everywhere, once, and nothing personal gets out."""

import asyncio
import json
import sys
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import openpyxl
import pytest
from aiokafka import AIOKafkaProducer

from ops.client import OPERATOR, Client, Refused
from ops.demo.town import DISPATCHER
from ops.embedded.keys import Bearer
from ops.embedded.stack import ROOT, Stack
from shared.plumbing.repair import Repair
from tests.support.pair import until
from tests.support.scan import everything_outside_the_vault, hits

FEEDER, SUPERVISOR = Bearer("feeder"), Bearer("supervisor")
CANARY_NAME, CANARY_PHONE, CANARY_TEXT = "金丝雀雀", "19912345678", "我家三号楼二单元漏水已经第七天了"


def complaint(**changes: object) -> dict[str, object]:
    """A demand."""
    return {
        "number": f"E2E-{uuid4().hex[:12]}",
        "channel": "WECHAT",
        "type": "COMPLAINT",
        "received_at": "2024-02-01T09:30:00+08:00",
        "title": "路灯不亮",
        "content": "夜里看不见路",
        "community": "dahuichang",
        "category": "STREET_LIGHT",
        "complainant": {"phone": f"199{uuid4().int % 10**8:08d}"},
        **changes,
    }


async def fiveplusn(data: Path, *arguments: str) -> tuple[int, str]:
    """Run the command as a user would: its code and what it said, with `--json` on its output alone."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from ops.cli import main; main()",
        *arguments,
        "--data",
        str(data),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, complaints = await process.communicate()
    sys.stderr.write(complaints.decode())
    assert process.returncode is not None
    pure = process.returncode == 0 or "--json" in arguments  # a library may warn of a broker that is slow
    return process.returncode, out.decode() if pure else (out + complaints).decode()


async def test_a_demand_is_on_the_dashboard_soon_after_it_was_registered(client: Client) -> None:
    """By the wire: a repair, which looks for what is missing, would begin later."""
    await client.settled()
    answer = await client.post("intake", "/complaints", DISPATCHER, complaint())

    async def seen() -> bool:
        path = f"/facts?stream={answer['id']}"
        return bool((await client.get("dashboard", path, OPERATOR))["facts"])

    await until(seen, "the dashboard has the complaint", Repair.GAP_AGE)
    journey = await client.get("dashboard", f"/journeys/complaint/{answer['id']}", OPERATOR)
    assert [step["type"] for step in journey["steps"]] == ["ComplaintReceived"]


async def test_the_same_request_again_is_answered_the_same_and_has_one_effect(client: Client) -> None:
    body, key = complaint(), uuid4().hex
    answers = await asyncio.gather(*(client.post("intake", "/complaints", DISPATCHER, body, key=key) for _ in range(5)))
    assert {json.dumps(answer, sort_keys=True) for answer in answers} == {json.dumps(answers[0], sort_keys=True)}
    with pytest.raises(Refused) as refused:
        await client.post("intake", "/complaints", DISPATCHER, complaint(), key=key)
    assert (refused.value.status, refused.value.problem["code"]) == (422, "key_reused")
    found = await client.pages("intake", f"/complaints?number={body['number']}&channel=WECHAT", DISPATCHER)
    assert [row["version"] for row in found] == [answers[0]["version"]]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"received_at": "20240201"}, "/received_at"),
        ({"received_at": "2024-02-01T09:30:00"}, "/received_at"),
        ({"title": "a\x00b"}, "/title"),
        ({"type": "OTHER"}, "/type"),
        ({"unknown": 1}, "/unknown"),
        ({"content": "x" * 200_000}, "/content"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_bad_input_is_refused_with_a_pointer_and_nothing_is_written(
    client: Client, changes: dict[str, object], pointer: str
) -> None:
    await client.settled()
    before = (await client.flow())["intake"]["said"]
    with pytest.raises(Refused) as refused:
        await client.post("intake", "/complaints", DISPATCHER, complaint(**changes))
    assert refused.value.status == 422
    assert pointer in {error["pointer"] for error in refused.value.problem["errors"]}
    assert (await client.flow())["intake"]["said"] == before


async def test_who_is_not_listed_may_not_and_foreign_business_does_not_exist(client: Client) -> None:
    answer = await client.post("intake", "/complaints", DISPATCHER, complaint(community="dahuichang"))
    with pytest.raises(Refused) as refused:
        await client.post("intake", f"/complaints/{answer['id']}/dispatch", FEEDER, {"lead": "x", "urgency": "ROUTINE"})
    assert refused.value.status == 403
    with pytest.raises(Refused) as refused:
        await client.get("intake", f"/complaints/{answer['id']}", Bearer("secretary", ("zhangguozhuang",)))
    assert refused.value.status == 404


async def test_no_name_phone_or_word_of_a_resident_leaves_intakes_vault(client: Client, stack: Stack) -> None:
    person = {"name": CANARY_NAME, "phone": CANARY_PHONE}
    order = complaint(channel="HOTLINE_12345", title=CANARY_TEXT, content=CANARY_TEXT, complainant=person)
    producer = AIOKafkaProducer(bootstrap_servers=stack.broker.address)
    await producer.start()
    await producer.send_and_wait("hotline.work-orders", json.dumps(order).encode(), key=b"canary")
    await producer.send_and_wait(
        "hotline.work-orders", json.dumps(order | {"received_at": CANARY_TEXT}).encode(), key=b"canary"
    )
    await producer.stop()
    by_hand = complaint(title=CANARY_TEXT, complainant=person, category="WASTE")  # another matter: it urges nothing
    await client.post("intake", "/complaints", DISPATCHER, by_hand)
    with pytest.raises(Refused):
        await client.post("intake", "/complaints", DISPATCHER, complaint(title=CANARY_TEXT, received_at=CANARY_TEXT))

    async def there() -> bool:
        found = await client.pages("intake", f"/complaints?number={order['number']}&channel=HOTLINE_12345", DISPATCHER)
        return bool(found) and (await client.flow())["intake"]["quarantine"] >= 1

    await until(there, "the order is registered, the broken one quarantined")
    await client.settled()
    found = await client.pages("intake", f"/complaints?number={order['number']}&channel=HOTLINE_12345", DISPATCHER)
    original = await client.get("intake", f"/complaints/{found[0]['id']}/original?reason=test", SUPERVISOR)
    assert CANARY_TEXT in json.dumps(original, ensure_ascii=False), "the vault must have it, or the scan proves nothing"
    everything = await everything_outside_the_vault(stack, client)
    canaries = (CANARY_NAME, CANARY_PHONE, CANARY_TEXT)
    border = everything.pop("hotline.work-orders")
    assert hits({"border": border}, canaries), "the scan finds what is there"
    assert any(b"ComplaintReceived" in text for text in everything.values())
    assert hits(everything, canaries) == []
    [entry] = [e for e in await client.get("intake", "/quarantine", OPERATOR) if e["code"] == "invalid"]
    await client.post("intake", f"/quarantine/{entry['id']}/discard", OPERATOR, {"reason": "test"})


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_every_row_of_a_file_ends_as_one_of_four_things(data: Path, tmp_path: Path, kind: str) -> None:
    heads = ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "点赞数"]
    good = [
        [f"{kind}{n}", f"user{n % 7}", f"主题{n}", "2019/3/1 10:00:00", f"\n\t内容{n}，\u3000完", "3"]
        for n in range(40)
    ]
    bad_time = ["bad1", "user", "主题", "31/12/2019", "内容", "0"]
    no_title = ["bad2", "user", "", "2019-3-1 10:00:00", "内容", "0"]
    other_words = [f"{kind}3", "user3", "主题3", "2019/3/1 10:00:00", "完全不同的内容", "0"]
    rows = [heads, *good, bad_time, no_title, good[0], other_words]
    file = tmp_path / f"messages.{kind}"
    if kind == "csv":
        import csv

        with file.open("w", newline="", encoding="gb18030") as out:
            csv.writer(out).writerows(rows)
    else:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(file)
    sums = tmp_path / "sums.json"
    profile = str(ROOT / "config" / "import" / "messages.yaml")
    for accepted, duplicate in ((40, 1), (0, 41)):
        code, out = await fiveplusn(data, "import", str(file), "--profile", profile, "--json", str(sums))
        assert code == 0, out
        found = json.loads(sums.read_text())
        assert UUID(found.pop("run"))
        assert found == {
            "rows": 44,
            "accepted": accepted,
            "duplicate": duplicate,
            "rejected": 2,
            "quarantined": 1,
        }


async def test_quarantine_is_listed_and_decided_by_command(client: Client, data: Path) -> None:
    code, out = await fiveplusn(data, "quarantine", "list", "--json")
    entries = json.loads(out)
    assert code == 0
    assert {entry["code"] for entry in entries} == {"conflicting_content"}
    for entry in entries:
        code, out = await fiveplusn(
            data, "quarantine", "discard", f"{entry['service']}/{entry['id']}", "--reason", "已人工核对"
        )
        assert code == 0, out
    assert json.loads((await fiveplusn(data, "quarantine", "list", "--json"))[1]) == []


async def test_check_says_that_all_is_well_until_somebody_changes_the_journal(
    client: Client, stack: Stack, data: Path
) -> None:
    await client.settled()
    code, out = await fiveplusn(data, "check", "--json")
    assert code == 0, out
    con = await asyncpg.connect(stack.postgres.url("intake"))
    await con.execute("alter table journal disable trigger journal_append_only")
    row = await con.fetchrow("select position, data::text as data from journal order by position limit 1")
    try:
        await con.execute("update journal set data = $2 where position = $1", row["position"], row["data"] + " ")
        code, out = await fiveplusn(data, "check", "--json")
        assert code == 1
        wrong = [entry for entry in json.loads(out)["checks"] if not entry["ok"]]
        assert [entry["what"] for entry in wrong] == ["intake 完整性"]
        assert "chain" in wrong[0]["words"]
    finally:
        await con.execute("update journal set data = $2 where position = $1", row["position"], row["data"])
        await con.execute("alter table journal enable trigger journal_append_only")
        await con.close()
    assert (await fiveplusn(data, "check", "--json"))[0] == 0


async def test_check_finds_a_table_that_is_not_what_the_journal_says(client: Client, stack: Stack, data: Path) -> None:
    answer = await client.post("intake", "/complaints", DISPATCHER, complaint(category="STREET_LIGHT"))
    await client.settled()
    con = await asyncpg.connect(stack.postgres.url("intake"))
    category = "update complaints set category = $2 where id = $1"
    try:
        await con.execute(category, answer["id"], "NOISE")
        code, out = await fiveplusn(data, "check", "--json")
        assert code == 1
        [wrong] = [entry["words"] for entry in json.loads(out)["checks"] if not entry["ok"]]
        assert "fold of complaint" in wrong
        assert answer["id"] in wrong
    finally:
        await con.execute(category, answer["id"], "STREET_LIGHT")
        await con.close()
    assert (await fiveplusn(data, "check", "--json"))[0] == 0


async def test_events_and_journey_are_shown_by_command(client: Client, data: Path) -> None:
    answer = await client.post("intake", "/complaints", DISPATCHER, complaint())
    await client.settled()
    code, out = await fiveplusn(data, "events", "tail", "--no-follow", "--type", "ComplaintReceived", "--json")
    assert code == 0
    assert answer["id"] in {json.loads(line)["headers"]["ce_subject"] for line in out.splitlines()}
    code, out = await fiveplusn(data, "journey", answer["id"], "--json")
    assert code == 0
    assert json.loads(out)["id"] == f"complaint/{answer['id']}"


async def test_a_token_is_the_last_line(data: Path) -> None:
    code, out = await fiveplusn(data, "token", "--role", "secretary", "--community", "dahuichang")
    assert code == 0
    assert out.strip().splitlines()[-1].count(".") == 2
