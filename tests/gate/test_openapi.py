"""The OpenAPI file says what the gate does: routes, fields, limits and answers."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from core.db import transaction
from core.gate.batch import BOOT_ID, CARD_UID
from core.gate.intake import MAX_BODY, make_blueprint
from core.gate.signatures import WEBHOOK_ID
from core.gate.tables import Reader
from core.gate.taps import TapStatus
from core.house import House
from tests.gate.conftest import SigningReader

FILE = Path(__file__).resolve().parents[2] / "docs" / "gate-api.json"
API: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
SCHEMAS = API["components"]["schemas"]
TAPS = "/gate/v1/readers/{reader_id}/taps"
HEARTBEAT = "/gate/v1/readers/{reader_id}/heartbeat"
# Said only by a reader that was asked for it.
OPTIONAL = {"resent"}
BODIES = ("TapBatch", "Tap", "Heartbeat")
TYPES = {"string": str, "integer": int, "array": list, "object": dict, "null": type(None)}


def _resolve(part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        found: Any = API
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def _parts(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
    for inner in part.values() if isinstance(part, dict) else part:
        if isinstance(inner, dict | list):
            yield from _parts(inner)


def _operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, item in API["paths"].items()
        for method, operation in item.items()
    ]


def _faults(value: Any, schema: dict[str, Any], place: str = "$") -> list[str]:
    """Return where a value breaks the keywords of JSON Schema that the file uses."""
    schema = _resolve(schema)
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not isinstance(value, tuple(TYPES[kind] for kind in kinds)) or isinstance(value, bool):
        return [f"{place}: not {kinds}"]
    faults = []
    if isinstance(value, int):
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        faults += [f"{place}: outside"] if not low <= value <= high else []
    if isinstance(value, str):
        faults += [f"{place}: not one of"] if value not in schema.get("enum", [value]) else []
        faults += [f"{place}: pattern"] if not re.search(schema.get("pattern", ""), value) else []
    if isinstance(value, list):
        is_short = len(value) < schema.get("minItems", 0)
        is_long = len(value) > schema.get("maxItems", len(value))
        faults += [f"{place}: length"] if is_short or is_long else []
        for number, item in enumerate(value):
            faults += _faults(item, schema["items"], f"{place}[{number}]")
    if isinstance(value, dict):
        faults += [f"{place}.{name}: missing" for name in schema["required"] if name not in value]
        for name, item in value.items():
            known = schema["properties"].get(name)
            faults += _faults(item, known, f"{place}.{name}") if known else [f"{place}.{name}: new"]
    return faults


def _check(answer: Any, path: str, method: str = "post") -> None:
    """The answer is one the file promises for this operation."""
    responses = API["paths"][path][method]["responses"]
    assert str(answer.status_code) in responses, answer.status_code
    response = _resolve(responses[str(answer.status_code)])
    schema = response["content"]["application/json"]["schema"]
    assert _faults(answer.get_json(), schema) == []
    for name, header in response.get("headers", {}).items():
        value = int(answer.headers[name])
        assert header["schema"]["minimum"] <= value <= header["schema"]["maximum"]


def _example(path: str) -> dict[str, Any]:
    content = API["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    (example,) = content["examples"].values()
    value: dict[str, Any] = json.loads(json.dumps(example["value"]))
    return value


@pytest.fixture(autouse=True)
def at_the_time_of_the_examples(house: House) -> None:
    house.clock.move_to(datetime.fromisoformat("2026-11-23T07:21:10+08:00"))


def test_file_is_openapi_and_whole() -> None:
    assert API["openapi"].startswith("3.1.")
    assert {"title", "version", "summary", "description"} == set(API["info"])
    for part in _parts(API):
        if "$ref" in part:
            assert _resolve(part)
    ids = [operation["operationId"] for _, _, operation in _operations()]
    assert len(ids) == len(set(ids))
    for _, _, operation in _operations():
        assert all(_resolve(one)["description"] for one in operation["responses"].values())
        assert all(_resolve(one)["name"] for one in operation.get("parameters", []))


def test_nothing_in_the_file_is_unused() -> None:
    used = {part["$ref"] for part in _parts(API) if "$ref" in part}
    for kind in ("parameters", "schemas", "responses"):
        assert {f"#/components/{kind}/{name}" for name in API["components"][kind]} <= used


def test_file_has_every_route_and_no_other(house: House) -> None:
    app = Flask("routes", static_folder=None)
    app.register_blueprint(make_blueprint(house))
    routes = {
        (re.sub(r"<uuid:(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == {(path, method) for path, method, _ in _operations()}


def test_every_example_fits_its_schema() -> None:
    contents = [part["application/json"] for part in _parts(API) if "application/json" in part]
    assert len(contents) > 10
    for content in contents:
        for example in content["examples"].values():
            assert _faults(example["value"], content["schema"]) == [], example
    for part in _parts(API):
        if part.get("in") == "header" and "example" in part:
            assert re.search(part["schema"]["pattern"], part["example"])


def test_words_of_the_answers_are_the_programs() -> None:
    statuses = SCHEMAS["TapResult"]["properties"]["status"]["enum"]
    assert set(statuses) == {*TapStatus, "invalid"}


@pytest.mark.parametrize(
    ("documented", "pattern"),
    [
        (SCHEMAS["TapBatch"]["properties"]["boot_id"], BOOT_ID),
        (SCHEMAS["Heartbeat"]["properties"]["boot_id"], BOOT_ID),
        (API["components"]["parameters"]["WebhookId"]["schema"], WEBHOOK_ID),
    ],
)
def test_documented_pattern_is_the_programs(
    documented: dict[str, Any], pattern: re.Pattern[str]
) -> None:
    assert documented["pattern"] == f"^{pattern.pattern}$"
    assert pattern.fullmatch("x" * documented["maxLength"])
    assert not pattern.fullmatch("x" * (documented["maxLength"] + 1))
    assert not pattern.fullmatch("x" * (documented["minLength"] - 1))


@pytest.mark.parametrize("uid", ["04a224b1c25e80", "DEADBEEF", "DEADBEE", "DEADBEEF0", "0X0000000"])
def test_documented_card_is_the_programs(uid: str) -> None:
    documented = SCHEMAS["Tap"]["properties"]["card_uid"]["pattern"]
    assert bool(re.search(documented, uid)) is bool(CARD_UID.fullmatch(uid.upper()))


@pytest.mark.parametrize(("path", "what"), [(TAPS, "taps"), (HEARTBEAT, "heartbeat")])
def test_documented_request_is_accepted(reader: SigningReader, path: str, what: str) -> None:
    answer = reader.send(_example(path), path=what)
    assert answer.status_code == 200
    _check(answer, path)


def test_time_is_told_as_documented(client: FlaskClient) -> None:
    _check(client.get("/gate/v1/time"), "/gate/v1/time", "get")


def _edges(schema: dict[str, Any]) -> Iterator[tuple[Any, bool]]:
    if schema["type"] == "integer":
        yield from [(schema["minimum"], True), (schema["maximum"], True)]
        yield from [(schema["minimum"] - 1, False), (schema["maximum"] + 1, False), ("1", False)]
    elif schema["type"] == "array":
        items = [{"seq": number} for number in range(schema["maxItems"] + 1)]
        yield from [(items[:0], False), (items, False), ({}, False)]
    elif schema.get("format") == "date-time":
        yield from [("1970-01-01T08:00:00+08:00", True), ("2100-12-31T00:00:00Z", True)]
        yield from [("1969-12-31T00:00:00Z", False), ("2101-01-01T00:00:00+08:00", False)]
        yield from [("2026-11-23T07:21:05", False), (1795389665, False)]
    else:
        yield from [("x" * (schema.get("maxLength", 14) + 1), False), ("", False), (7, False)]
    yield (None, False)


def _request(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a good body, and the part of it that the schema of this name describes."""
    payload = _example(HEARTBEAT if name == "Heartbeat" else TAPS)
    return payload, payload["taps"][1] if name == "Tap" else payload


def _send(reader: SigningReader, name: str, payload: dict[str, Any]) -> TestResponse:
    path, what = (HEARTBEAT, "heartbeat") if name == "Heartbeat" else (TAPS, "taps")
    answer = reader.send(payload, path=what)
    _check(answer, path)
    return answer


@pytest.mark.parametrize("name", BODIES)
def test_documented_limit_holds(reader: SigningReader, name: str) -> None:
    for field, schema in SCHEMAS[name]["properties"].items():
        for value, is_good in _edges(schema):
            payload, part = _request(name)
            part[field] = value
            answer = _send(reader, name, payload)
            assert (answer.status_code == 200) is is_good, (field, answer.get_data(as_text=True))
            if schema.get("format") != "date-time" and not (isinstance(value, list) and value):
                assert (_faults(value, schema) == []) is is_good, "the file alone says so"


@pytest.mark.parametrize("name", BODIES)
def test_required_field_is_required(reader: SigningReader, name: str) -> None:
    assert set(SCHEMAS[name]["required"]) == set(SCHEMAS[name]["properties"]) - OPTIONAL
    for field in SCHEMAS[name]["required"]:
        payload, part = _request(name)
        del part[field]
        answer = _send(reader, name, payload)
        named = answer.get_json() if name != "Tap" else answer.get_json()["results"][1]
        assert answer.status_code == (422 if name == "Tap" else 400)
        assert named["field"].endswith(field)


def test_batch_of_the_documented_size_is_taken(reader: SigningReader) -> None:
    most = SCHEMAS["TapBatch"]["properties"]["taps"]["maxItems"]
    tap = _example(TAPS)["taps"][0]
    taps = [{**tap, "seq": number} for number in range(most)]
    _check(answer := reader.send({"boot_id": "b", "taps": taps}), TAPS)
    assert answer.status_code == 200


def test_fields_nobody_named_are_ignored(reader: SigningReader) -> None:
    payload = _example(TAPS)
    payload["firmware"] = payload["taps"][0]["temperature"] = "36.5"
    assert reader.send(payload).status_code == 200


def _revoke(house: House, reader: SigningReader) -> None:
    with transaction(house.engine) as session:
        session.get_one(Reader, reader.reader_id).revoked_at = house.clock.now()


def _break(house: House, reader: SigningReader) -> None:
    with transaction(house.engine) as session:
        session.execute(text("ALTER TABLE reader_nonce RENAME TO away"))


def _nothing(house: House, reader: SigningReader) -> None:
    pass


@pytest.mark.parametrize(("path", "what"), [(TAPS, "taps"), (HEARTBEAT, "heartbeat")])
@pytest.mark.parametrize(
    ("status", "prepare", "changed"),
    [
        (400, _nothing, {"payload": b"[]"}),
        (401, _nothing, {"secret": "whsec_" + "AAAA" * 8}),
        (403, _revoke, {}),
        (413, _nothing, {"payload": b" " * (MAX_BODY + 1)}),
        (503, _break, {}),
    ],
)
def test_every_documented_refusal_is_given(
    house: House,
    reader: SigningReader,
    path: str,
    what: str,
    status: int,
    prepare: Callable[[House, SigningReader], None],
    changed: dict[str, Any],
) -> None:
    prepare(house, reader)
    changed = {"payload": _example(path), **changed}
    answer = reader.send(changed.pop("payload"), path=what, **changed)
    assert answer.status_code == status
    _check(answer, path)


def test_replay_is_refused_as_documented(house: House, reader: SigningReader) -> None:
    body = json.dumps(_example(HEARTBEAT)).encode()
    headers = reader.headers(body)
    for status in (200, 401):
        answer = reader.post(body, headers, "heartbeat")
        assert answer.status_code == status
        _check(answer, HEARTBEAT)
    house.clock.move_to(house.clock.now() + timedelta(minutes=5, seconds=1))
    _check(reader.post(body, headers, "heartbeat"), HEARTBEAT)


def test_every_word_for_a_refusal_is_documented() -> None:
    source = Path(FILE.parents[1], "core", "gate")
    files = ("intake.py", "readers.py", "signatures.py")
    code = "".join((source / name).read_text() for name in files)
    said = set(re.findall(r'error="(\w+)"|_come_again\("(\w+)"\)|AccessError\("(\w+)"', code))
    words = {word for group in said for word in group if word}
    assert words == set(SCHEMAS["Fault"]["properties"]["error"]["enum"])
