"""公开接口: what programs of others may read and post, and what nobody ever learns there."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import httpx
import pytest
import pytest_asyncio

from services.intake.open311.gate import begin
from shared.events.base import derived
from shared.plumbing.api_keys import ApiKey, new_key, written
from shared.rules.township import Dated
from shared.rules.township import Town as Township
from tests.integration.intake.town import OFFICER, SUPERVISOR, UNIT, Town
from tests.support.running import OPERATOR

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
V2 = "/open311/v2"
FORM = "application/x-www-form-urlencoded; charset=utf-8"
MEDIA = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
ASKED = {"service_code": "road-repair", "address_string": "大灰厂东路", "description": "路上有个大坑"}
CANARIES = ("金丝雀", "canary", "19912345678", "39.861234", "116.154321")
"""Parts of everything personal that the tests below send."""
PERSONAL = {
    "description": "金丝雀家门口",
    "first_name": "金丝雀",
    "last_name": "某",
    "phone": "199-1234-5678",
    "email": "canary@example.cn",
    "account_id": "canary-account",
    "device_id": "canary-device",
    "media_url": "https://example.cn/canary.jpg",
    "address_string": "金丝雀楼 3 单元，大灰厂东路",
    "lat": "39.861234",
    "long": "116.154321",
    "unheard_of": "canary",
}

# Fields of the standard, as GeoReport v2 and Service Discovery list them
DISCOVERY = {"changeset", "contact", "key_service", "endpoints"}
ENDPOINT = {"specification", "url", "changeset", "type", "formats"}
SERVICE = {"service_code", "service_name", "description", "metadata", "type", "keywords", "group"}
ATTRIBUTE = {"variable", "code", "datatype", "required", "datatype_description", "order", "description"}
MADE = {"service_request_id", "service_notice", "account_id"}
REQUEST = {
    "service_request_id",
    "status",
    "status_notes",
    "service_name",
    "service_code",
    "description",
    "agency_responsible",
    "service_notice",
    "requested_datetime",
    "updated_datetime",
    "expected_datetime",
    "address",
    "address_id",
    "zipcode",
    "lat",
    "long",
    "media_url",
}
UPDATE = {"update_id", "service_request_id", "status", "updated_datetime", "description", "media_url"}


class Client:
    """A program with an API key."""

    def __init__(self, town: Town, file: Path) -> None:
        self.town, self.file = town, file
        self.key = self.new_key("app")

    def new_key(self, name: str, days: int = 90) -> str:
        """One more key in the file, in clear."""
        now = datetime.now(UTC)
        clear, kept = new_key(name, now - timedelta(days=91), now + timedelta(days=days))
        known = json.loads(self.file.read_text()) if self.file.exists() else []
        self.file.write_text(written((*map(ApiKey.model_validate, known), kept)))
        return clear

    async def ask(self, path: str) -> httpx.Response:
        """The answer, whatever it is: well formed, and in the format that was asked for."""
        return formed(await self.town.client.get(f"{V2}/{path}"), path.partition("?")[0])

    async def get(self, path: str) -> Any:
        """Read JSON; it must succeed."""
        answer = await self.ask(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def send(self, content: bytes | str, media: str = FORM, form: str = "json", **headers: str) -> httpx.Response:
        """Post these bytes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.town.client.post(
            f"{V2}/requests.{form}", content=content, headers={"Content-Type": media, **named}
        )
        return formed(answer, f"requests.{form}")

    async def post(self, form: str = "json", key: str | None = None, **fields: object) -> httpx.Response:
        """Post a form."""
        return await self.send(urlencode({"api_key": key or self.key} | ASKED | fields, doseq=True), form=form)

    async def made(self, **fields: object) -> str:
        """A request; its number."""
        answer = await self.post(**fields)
        assert answer.status_code == 201, answer.text
        number: str = answer.json()[0]["service_request_id"]
        return number

    async def complaints(self) -> int:
        """How many there are."""
        found: int = await self.town.service.pool.fetchval("select count(*) from complaints")
        return found

    def limited(self, **terms: int) -> None:
        """Other numbers from now on."""
        stands = self.town.service.terms.versions[-1]
        changed = stands.open311.model_copy(update=terms)
        self.town.service.terms = Dated(versions=(stands.model_copy(update={"open311": changed}),))


def formed(answer: httpx.Response, path: str) -> httpx.Response:
    """Errors in the standard's form, everything well formed and in its format."""
    form = "xml" if path.endswith(".xml") else "json"
    assert answer.headers["content-type"] == MEDIA[form]
    document = ElementTree.fromstring(answer.content) if form == "xml" else answer.json()
    if answer.status_code >= 400:
        assert answer.status_code < 500 or answer.status_code == 503, answer.text
        fields = [{f.tag for f in error} for error in document] if form == "xml" else [set(error) for error in document]
        assert fields
        assert all(field == {"code", "description"} for field in fields)
        assert form == "json" or document.tag == "errors"
    return answer


def codes(answer: httpx.Response) -> list[str]:
    return [error["code"] for error in answer.json()]


def as_json(element: ElementTree.Element, lists: frozenset[str]) -> Any:
    """What this XML says, by the Spark convention; `lists`: the elements that only gather others."""
    if element.tag in lists:
        return [as_json(inner, lists) for inner in element]
    return {inner.tag: as_json(inner, lists) for inner in element} if len(element) else element.text


def as_text(value: Any) -> Any:
    """As XML can say it: everything is text, and empty is nothing."""
    match value:
        case dict():
            return {name: as_text(inner) for name, inner in value.items()}
        case list():
            return [as_text(inner) for inner in value]
        case bool():
            return str(value).lower()
        case _:
            return None if value is None else str(value)


LISTS = frozenset(
    {
        "services",
        "attributes",
        "values",
        "service_requests",
        "service_request_updates",
        "endpoints",
        "formats",
    }
)


@pytest_asyncio.fixture(loop_scope="session")
async def app(here: Town, tmp_path: Path) -> AsyncIterator[Client]:
    """A town with one program that may post."""
    file = tmp_path / "api-keys.json"
    here.service.settings.api_keys_file = file
    yield Client(here, file)


def put_on_the_map(here: Town) -> None:
    """One place has a position."""
    document = here.service.town.model_dump()
    for place in document["places"]:
        if place["code"] == "dahuichang-east-road":
            place["position"] = (116.1543, 39.8612)
    here.service.town = Township.model_validate(document)


async def test_every_answer_has_the_fields_of_the_standard_and_says_the_same_in_both_formats(app: Client) -> None:
    put_on_the_map(app.town)
    id = await app.made()
    for path, root, fields in (
        ("discovery", "discovery", DISCOVERY),
        ("services", "services", SERVICE),
        ("services/waste", "service_definition", {"service_code", "attributes"}),
        ("services/road-repair", "service_definition", {"service_code", "attributes"}),
        ("requests", "service_requests", REQUEST),
        (f"requests/{id}", "service_requests", REQUEST),
        (f"tokens/{id}", "service_requests", {"service_request_id", "token"}),
        ("servicerequestupdates", "service_request_updates", UPDATE),
    ):
        said = await app.get(f"{path}.json")
        document = ElementTree.fromstring((await app.ask(f"{path}.xml")).content)
        assert document.tag == root
        for entry in said if isinstance(said, list) else [said]:
            assert set(entry) == fields, path
        found = as_json(document, LISTS)
        assert json.dumps(found).replace("[]", "null") == json.dumps(as_text(said)).replace("[]", "null"), path
    definition = (await app.get("services/waste.json"))["attributes"][0]
    assert set(definition) == ATTRIBUTE | {"values"}
    assert definition["values"][0] == {"key": "HOUSEHOLD", "name": "生活垃圾"}
    discovery = await app.get("discovery.json")
    assert [set(endpoint) for endpoint in discovery["endpoints"]] == [ENDPOINT]
    assert (await app.town.client.get("/open311/discovery.json")).json() == discovery
    assert (await app.ask("services.xml")).content.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    services = await app.get("services.json")
    assert len(services) >= 5
    assert {service["type"] for service in services} == {"realtime"}


async def test_a_request_can_be_posted_as_form_or_json_and_answered_in_either_format(app: Client) -> None:
    answer = await app.post("json")
    assert answer.status_code == 201
    assert [set(made) for made in answer.json()] == [MADE]
    document = ElementTree.fromstring((await app.post("xml", description="又一个坑")).content)
    assert [made.tag for made in document[0]] == ["service_request_id", "service_notice", "account_id"]
    light = ASKED | {"service_code": "street-light", "api_key": app.key}
    form = await app.send(urlencode(light | {"attribute[FAULT]": "DARK", "attribute[POLE]": "7"}))
    assert form.status_code == 201, form.text
    as_object = await app.send(json.dumps(light | {"attribute": {"FAULT": "DARK"}, "lat": None}), "application/json")
    assert as_object.status_code == 201, as_object.text
    waste = {"api_key": app.key, **ASKED, "service_code": "waste", "attribute[KIND][]": ["BULKY", "BUILDING"]}
    several = await app.send(urlencode(waste, doseq=True))
    id = several.json()[0]["service_request_id"]
    original = await app.town.get(f"/complaints/{id}/original?reason=核实情况")
    assert original["order"]["attributes"] == {"KIND": ["BULKY", "BUILDING"]}
    assert await app.complaints() == 5


async def test_what_a_resident_says_is_for_those_who_handle_it_and_for_nobody_else(app: Client) -> None:
    put_on_the_map(app.town)
    id = await app.made(**PERSONAL)
    await app.town.received("1", 1, content="金丝雀", complainant={"name": "金丝雀", "phone": "19912345678"})
    (shown,) = await app.get(f"requests/{id}.json")
    assert (shown["address_id"], shown["lat"], shown["long"]) == ("dahuichang-east-road", 39.8612, 116.1543)
    assert shown["description"] is None
    answers = [
        await app.ask(f"{path}.{form}")
        for path in ("requests", f"requests/{id}", f"tokens/{id}", "servicerequestupdates")
        for form in ("json", "xml")
    ]
    answers.append(await app.post(**PERSONAL))
    wrong = {
        "phone": "canary",
        "email": "canary\x00",
        "media_url": "canary://",
        "lat": "canary",
        "attribute[X]": "canary",
    }
    answers.append(await app.post(**PERSONAL | wrong))
    journal = await app.town.service.pool.fetchval("select string_agg(data::text || actor, ' ') from journal")
    kept = await app.town.service.pool.fetchval("select string_agg(key || answer::text, ' ') from idempotency")
    for text in (*(answer.text for answer in answers), journal, kept):
        for canary in CANARIES:
            assert canary not in text
    order = (await app.town.get(f"/complaints/{id}/original?reason=核实情况"))["order"]
    for canary in CANARIES[:2] + CANARIES[3:]:
        assert canary in json.dumps(order, ensure_ascii=False)
    assert {name: value for name, value in order["complainant"].items() if value} == {
        "name": "某金丝雀",
        "phone": "199-1234-5678",
        "person_key": "email canary@example.cn",
    }
    assert "canary-device" not in json.dumps(order)


async def test_a_report_or_a_confidential_complaint_does_not_exist_here(app: Client) -> None:
    """Seen red: without `not c.confidential` and the type in the views' condition it is shown."""
    shown = str(await app.town.received("1", 1, category="停车管理"))
    hidden = [
        str(await app.town.received("2", 2, type="REPORT", category="停车管理")),
        str(await app.town.received("3", 3, confidential=True, category="停车管理")),
        str(await app.town.received("4", 4, category="扬言")),
    ]
    for id in hidden:
        await app.town.post(f"/complaints/{id}/dispatch", lead=UNIT, urgency="ROUTINE")
    await app.town.service.pool.execute(
        "update complaints set category = 'PARKING' where id = any($1::uuid[])", hidden[:2]
    )
    for path in (
        "requests.json",
        f"requests.json?service_request_id={','.join([shown, *hidden])}",
        "servicerequestupdates.json",
    ):
        assert {entry["service_request_id"] for entry in await app.get(path)} == {shown}, path
    for id in hidden:
        for path in (f"requests/{id}.json", f"requests/{id}.xml", f"tokens/{id}.json"):
            assert (await app.ask(path)).status_code == 404
    services = {service["service_code"]: service for service in await app.get("services.json")}
    assert not any("举报" in str(service) for service in services.values())


async def test_everybody_sees_how_far_a_request_has_come(app: Client) -> None:
    id = await app.made()
    since = await app.town.service.pool.fetchval("select town_now()")  # by which it is recorded: the process may lag
    path = f"/complaints/{id}"
    await app.town.pass_time(timedelta(minutes=5))
    await app.town.handled(id)  # type: ignore[arg-type]
    await app.town.post(f"{path}/progress", OFFICER, unit=UNIT, note="已联系施工队")
    await app.town.post(f"{path}/supervise", SUPERVISOR, reason="不公开的理由")
    (found,) = await app.get(f"requests/{id}.json")
    assert (found["status"], found["status_notes"]) == ("open", "办理进展：已联系施工队")
    assert found["agency_responsible"] == "社区建设办公室"
    due = (await app.town.get(path))["due_at"]
    shown = datetime.fromisoformat(found["expected_datetime"])
    assert timedelta(0) <= datetime.fromisoformat(due) - shown < timedelta(seconds=1)
    assert found["requested_datetime"].endswith("+08:00")
    finish = {"unit": UNIT, "spoken_with": "COMPLAINANT", "measure": '修好了 </request>]]><x a="&'}
    await app.town.post(f"{path}/finish", OFFICER, finished_at=app.town.service.now(), **finish)
    assert (await app.get("requests.json?status=closed")) == []
    answers = {"contacted": True, "resolved": True, "satisfaction": "SATISFIED"}
    await app.town.post(f"{path}/callbacks", called_at=app.town.service.now(), **answers)
    await app.town.pass_time(timedelta(minutes=5))
    await app.town.post(f"{path}/close")
    (found,) = await app.get("requests.json?status=closed")
    assert await app.get("requests.json?status=open") == []
    assert found["status_notes"] == '已办结：修好了 </request>]]><x a="&'
    document = ElementTree.fromstring((await app.ask(f"requests/{id}.xml")).content)
    assert document.findtext("request/status_notes") == found["status_notes"]
    updates = await app.get(f"servicerequestupdates.json?start_date={quote(since.isoformat())}")
    assert [(update["status"], update["description"]) for update in updates] == [
        ("open", "已派单，由社区建设办公室办理"),
        ("open", "社区建设办公室已签收"),
        ("open", "办理进展：已联系施工队"),
        ("open", found["status_notes"]),
        ("closed", "已归档"),
    ]
    assert found["updated_datetime"] == updates[-1]["updated_datetime"] > updates[-2]["updated_datetime"]
    assert len({update["update_id"] for update in updates}) == 5
    assert await app.get("servicerequestupdates.json?end_date=2024-01-31T00:00:00Z") == []


async def test_no_character_of_a_staffs_text_breaks_the_xml(app: Client) -> None:
    id = await app.made()
    await app.town.handled(id)  # type: ignore[arg-type]
    note = "\ufffe\uffff\U0001f600<!--]]>&amp;\u2028\t"
    await app.town.post(f"/complaints/{id}/progress", OFFICER, unit=UNIT, note=note)
    document = ElementTree.fromstring((await app.ask(f"requests/{id}.xml")).content)
    said = document.findtext("request/status_notes")
    assert said == "办理进展：\ufffd\ufffd\U0001f600<!--]]>&amp;\u2028\t"


async def test_requests_are_found_by_number_service_status_and_time_and_in_pages(app: Client) -> None:
    road, parking = await app.made(), await app.made(service_code="parking")
    await app.town.pass_time(timedelta(days=100))
    late = await app.made(service_code="waste")

    async def found(query: str) -> list[str]:
        return [entry["service_request_id"] for entry in await app.get(f"requests.json?{query}")]

    assert await found("") == [late]
    assert await found(f"service_request_id={road},{parking}&status=closed") == [parking, road]
    assert await found(f"service_request_id={road}&service_request_id={late}&page_size=1") == [late, road]
    assert await found(f"service_request_id={road.upper()},nonsense,{derived('nobody')}") == []
    first = "start_date=2024-01-31T00:00:00Z&end_date=2024-02-02T00:00:00%2B08:00"
    assert await found(first) == [parking, road]
    assert await found("start_date=2024-01-31T00:00:00+08:00&end_date=&status=&service_code=") == [parking, road]
    assert await found(f"{first}&service_code=parking,waste") == [parking]
    assert await found(f"{first}&service_code=road-repair&service_code=parking") == [parking, road]
    assert await found(f"{first}&status=open,closed") == [parking, road]
    assert await found(f"{first}&status=closed") == []
    assert await found(f"{first}&page_size=1") == [parking]
    assert await found(f"{first}&page_size=1&page=2&jurisdiction_id=any&unheard=of") == [road]
    for query, status, code in (
        ("start_date=2024-01-01T00:00:00Z&end_date=2024-04-30T00:00:00Z", 400, "span_too_long"),
        ("start_date=2024-02-02T00:00:00Z&end_date=2024-02-01T00:00:00Z", 400, "ends_before_start"),
        ("start_date=2024-02-01", 400, "invalid"),
        ("start_date=2024-02-01T00:00:00", 400, "invalid"),
        ("end_date=9999-12-31T23:59:59-14:00", 400, "invalid"),
        ("start_date=1706745600", 400, "invalid"),
        ("status=done", 400, "invalid"),
        ("page=0", 400, "invalid"),
        ("page=99999999999999999999", 400, "invalid"),
        ("page_size=1001", 400, "invalid"),
        ("service_code=report", 404, "unknown_service"),
        ("service_code=%00", 400, "control_characters"),
        ("service_code=%ff", 400, "not_utf8"),
        ("service_code=%00%ff", 400, "not_utf8"),
        (f"service_request_id={','.join(['x'] * 1001)}", 400, "invalid"),
    ):
        answer = await app.ask(f"requests.json?{query}")
        assert (answer.status_code, codes(answer)) == (status, [code]), query
        assert (await app.ask(f"requests.xml?{query}")).status_code == status
    for path in ("services/nothing.xml", "tokens/x.json", "services/.json"):
        assert (await app.ask(path)).status_code == 404, path
    assert codes(await app.ask("requests/%00.json")) == ["control_characters"]
    for path in (f"requests/{road}.yaml", f"requests/{road}", "requests/..%2f.xml", "requests"):
        assert (await app.town.client.get(f"{V2}/{path}")).status_code == 404, path


async def test_what_cannot_be_read_is_refused_in_the_standards_form_and_nothing_is_kept(app: Client) -> None:
    known = urlencode(ASKED | {"api_key": app.key})
    document = ASKED | {"api_key": app.key}
    as_json = "application/json"
    for content, media, status, code in (
        (known + "&description=%00", FORM, 400, "duplicate_name"),
        (known + "&first_name=a%00b", FORM, 400, "invalid"),
        (known + "&first_name=%ed%a0%80", FORM, 400, "not_utf8"),
        (known + "&first_name=%ff", FORM, 400, "not_utf8"),
        (known.encode() + b"&first_name=\xff", FORM, 400, "not_utf8"),
        (known + "&lat=1e400&long=1", FORM, 400, "invalid"),
        (known + "&lat=NaN&long=1", FORM, 400, "invalid"),
        (known + "&lat=39.8", FORM, 400, "half_a_point"),
        (known + "&x=" + "x" * 10_000_000, FORM, 413, "too_large"),
        (known + "&a=1" * 300, FORM, 400, "too_many_fields"),
        (known.replace("road-repair", ""), FORM, 400, "missing"),
        (known.replace("road-repair", "street-light"), FORM, 400, "attribute_missing"),
        (known.replace("road-repair", "report"), FORM, 404, "unknown_service"),
        (urlencode({"api_key": app.key, "service_code": "road-repair"}), FORM, 400, "location_missing"),
        ("%&=&;", FORM, 403, "api_key_missing"),
        ("", FORM, 403, "api_key_missing"),
        (known, "text/plain", 400, "unsupported_media_type"),
        (known, "multipart/form-data", 400, "unsupported_media_type"),
        (json.dumps(document | {"first_name": "\ud83d"}), as_json, 400, "invalid"),
        (json.dumps(document | {"lat": 1, "long": 1}).replace("1,", "1e400,"), as_json, 400, "invalid"),
        (json.dumps(document | {"lat": float("nan"), "long": 1}), as_json, 400, "not_a_number"),
        (json.dumps(document | {"first_name": ["a"]}), as_json, 400, "invalid"),
        (json.dumps(document | {"attribute": [1]}), as_json, 400, "not_an_object"),
        (json.dumps([document]), as_json, 400, "not_an_object"),
        ("[" * 100_000, as_json, 400, "not_json"),
        ("", as_json, 400, "not_json"),
    ):
        answer = await app.send(content, media)
        assert (answer.status_code, codes(answer)) == (status, [code]), (content[-60:], media)
        assert (await app.send(content, media, "xml")).status_code == status
    assert await app.complaints() == 0
    assert (await app.post(description="<script>alert(1)</script>]]>&lt;\u202e")).status_code == 201


async def test_only_a_good_key_of_the_file_may_post(app: Client) -> None:
    old = app.new_key("other", days=-1)
    for key in ("nonsense", old, "\ud83d".encode("utf-8", "surrogatepass").decode("latin-1")):
        answer = await app.post(key=key)
        assert (answer.status_code, codes(answer)) == (403, ["api_key_invalid"])
    assert app.key not in app.file.read_text()
    second = app.new_key("app")
    assert {(await app.post(key=key)).status_code for key in (app.key, second)} == {201}
    await app.post(key=app.new_key("other"))
    actors = await app.town.service.pool.fetch("select distinct actor from journal order by actor")
    assert [row["actor"] for row in actors] == ["feeder::api-key:app", "feeder::api-key:other"]
    app.file.write_text("[]")
    assert (await app.post()).status_code == 403
    app.file.write_text("[{")
    assert (await app.post(form="xml")).status_code == 503
    with pytest.raises(ValueError, match="JSON"):
        await begin(app.town.service)
    app.file.unlink()
    assert (await app.post()).status_code == 403


async def test_the_same_content_of_the_same_client_is_the_same_request_for_a_while(app: Client) -> None:
    """Seen red: without the key made of the content every answer has another number."""
    answers = await asyncio.gather(*(app.made(**PERSONAL) for _ in range(5)))
    assert len(set(answers)) == 1
    assert await app.made(**PERSONAL, key=app.new_key("other")) != answers[0]
    assert await app.made(**PERSONAL | {"description": "另一个坑"}) != answers[0]
    await app.town.service.pool.execute("update idempotency set at = at - interval '601 seconds'")
    later = await app.made(**PERSONAL)
    assert later != answers[0]
    assert await app.made(**PERSONAL) == later
    content = urlencode(ASKED | {"api_key": app.key})
    one, again, other = [(await app.send(content, idempotency_key=key)).json() for key in ("a", "a", "b")]
    assert one == again != other
    reused = await app.send(content + "&phone=19900000001", idempotency_key="a")
    assert (reused.status_code, codes(reused)) == (400, ["key_reused"])
    assert (await app.town.get("/integrity", OPERATOR))["sound"] is True


async def test_an_answer_never_tells_whether_the_same_person_has_complained_before(app: Client) -> None:
    """Seen red: with an urge the number of the hotline's complaint would be the answer."""
    first = await app.town.received("1", 1, category="道路修补", place="大灰厂东路")
    answer = await app.made(phone="19900000001")
    assert answer != str(first)
    assert await app.town.words(first) == ["ComplaintReceived"]
    ((_, received),) = await app.town.facts(answer)
    assert (received["possible_repeat"], received["number"], received["channel"]) == (True, None, "WEB")
    (shown,) = await app.get(f"requests/{answer}.json")
    (of_another,) = await app.get(f"requests/{await app.made(phone='19900000002')}.json")
    same = {"service_request_id", "requested_datetime", "updated_datetime"}
    assert {name: shown[name] for name in REQUEST - same} == {name: of_another[name] for name in REQUEST - same}


async def test_who_comes_too_often_waits(app: Client) -> None:
    app.limited(posts_per_minute=2)
    assert [(await app.post(description=str(n))).status_code for n in range(3)] == [201, 201, 429]
    assert (await app.post(key=app.new_key("other"))).status_code == 201
    app.limited(requests_per_minute=2)
    assert [(await app.ask(f"services.{form}")).status_code for form in ("json", "xml")] == [200, 200]
    answer = await app.ask("services.xml")
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert codes(await app.ask("requests.json")) == ["too_many_requests"]
    assert await app.complaints() == 3
