"""Whatever a reader sends: never a 5xx, and nothing half-stored."""

import json
from datetime import datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import func, select

from core.clock import TAIPEI
from core.db import snapshot
from core.gate.tables import Reader, ReaderNonce, Tap
from core.house import House
from tests.factories import card_uid_of
from tests.gate.conftest import SigningReader

MING = card_uid_of("11510001")
AT_0721 = "2026-11-23T07:21:05+08:00"
# Every example knocks at the same gate; what it stores has numbers of its own.
one_gate = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])

# Pieces of JSON text, so that what no Python value can say is sent too.
ODD = st.sampled_from(
    [
        "null", "true", "false", "NaN", "Infinity", "-Infinity", "-0", "0.0", "1.5", "1e3", "1e400",
        "-1", str(2**31), str(2**53 - 1), str(2**53), str(2**63 - 1), str(2**63), str(2**64),
        "1" * 400, '""', '"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"a\\u0000b"', "[]", "{}",
        "[[]]", '{"seq": 1}', "[" * 900 + "]" * 900, "[" * 10_000 + "]" * 10_000,
        '{"a":' * 10_000 + "1" + "}" * 10_000, '"' + "x" * 100_000 + '"', "01", "'x'", "",
    ]
)  # fmt: skip
MOMENTS = st.sampled_from(
    [
        "0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
        "1970-01-01T00:00:00+23:59", "2100-12-31T23:59:59-23:59", "2026-11-23T07:21:05+23:59",
        "2026-11-23T07:21:05-23:59", "2026-11-23T07:21:05+24:00", "2026-11-23T07:21:05+08:00:01",
        "2026-11-23T24:00:00+08:00", "2026-11-23T07:21:60+08:00", "2026-02-29T07:21:05+08:00",
        "2026-11-23T07:21:05", "2026-11-23", "20261123T072105Z", "2026-W48-1T07:21:05Z",
        "2026-11-23T07:21:05.123456789+08:00", "２０２６-11-23T07:21:05+08:00",
    ]
).map(json.dumps)  # fmt: skip
MOMENTS |= st.datetimes(timezones=st.just(TAIPEI)).map(lambda one: json.dumps(one.isoformat()))
ANY = (
    ODD
    | MOMENTS
    | st.integers().map(str)
    | st.floats().map(json.dumps)
    | st.text(max_size=80).map(json.dumps)
    | st.recursive(
        st.none() | st.booleans() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=6,
    ).map(json.dumps)
)
CARDS = st.sampled_from([MING, MING.lower(), "0411223344AABB", "DEADBEEF"]).map(json.dumps)


def _object(fields: dict[str, str]) -> str:
    return "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in fields.items()) + "}"


@pytest.fixture
def numbers() -> "count[int]":
    return count(1)


def _kept(house: House) -> tuple[int, int]:
    with snapshot(house.engine) as session:
        taps = session.exec(select(func.count()).select_from(Tap)).one()
        nonces = session.exec(select(func.count()).select_from(ReaderNonce)).one()
    return taps, nonces


def _seqs(house: House, boot_id: str) -> list[int]:
    with snapshot(house.engine) as session:
        mine = Tap.boot_id.startswith(boot_id)  # type: ignore[union-attr]
        return sorted(session.exec(select(Tap.seq).where(mine)))  # type: ignore[arg-type]


def _well(seq: int) -> dict[str, str]:
    return {"seq": str(seq), "card_uid": json.dumps(MING), "tapped_at": json.dumps(AT_0721)}


@one_gate
@given(
    spoilt=st.lists(
        st.none() | st.tuples(st.sampled_from(["seq", "card_uid", "tapped_at", "more"]), ANY)
        | st.tuples(st.just("card_uid"), CARDS) | st.tuples(st.just("tapped_at"), MOMENTS),
        min_size=1,
        max_size=5,
    )
)  # fmt: skip
def test_spoilt_tap_is_refused_alone(
    house: House, reader: SigningReader, numbers: "count[int]", spoilt: list[Any]
) -> None:
    before, _ = _kept(house)
    boot_id = f"boot-{next(numbers)}-"
    taps = []
    for place, change in enumerate(spoilt):
        tap = _well(place)
        if change is not None:
            tap[change[0]] = change[1]
        taps.append(_object(tap))
    body = f'{{"boot_id":"{boot_id}","taps":[{",".join(taps)}]}}'
    answer = reader.send(body.encode(errors="surrogatepass"))
    if answer.status_code not in (200, 422):
        assert answer.status_code in (400, 401), answer.get_data(as_text=True)
        assert _kept(house)[0] == before
        return
    results = answer.get_json()["results"]
    wrong = [one for one in results if one["status"] == "invalid"]
    assert len(results) == len(taps)
    assert bool(wrong) is (answer.status_code == 422)
    good = {one["seq"] for one in results if one["status"] != "invalid"}
    assert set(_seqs(house, boot_id)) == good
    assert all(one["field"].startswith("taps[") and one["problem"] for one in wrong)


@one_gate
@given(name=st.sampled_from(["boot_id", "taps", "more"]), value=ANY)
def test_spoilt_body_stores_all_or_nothing(
    house: House, reader: SigningReader, numbers: "count[int]", name: str, value: str
) -> None:
    before = _kept(house)
    fields = {"boot_id": '"b"', "taps": f"[{_object(_well(next(numbers)))}]"}
    answer = reader.send(_object({**fields, name: value}).encode(errors="surrogatepass"))
    if answer.status_code == 200:
        assert _kept(house) == (before[0] + 1, before[1] + 1)
    elif answer.status_code == 422:
        assert _kept(house) == (before[0], before[1] + 1)
    else:
        assert answer.status_code in (400, 401), answer.get_data(as_text=True)
        assert _kept(house) == before


@one_gate
@given(
    changes=st.dictionaries(
        st.sampled_from(["boot_id", "last_seq", "buffered", "clock", "more"]), ANY, max_size=2
    )
)
def test_spoilt_heartbeat_changes_nothing(
    house: House, reader: SigningReader, changes: dict[str, str]
) -> None:
    fields = {"boot_id": '"b"', "last_seq": "0", "buffered": "0", "clock": json.dumps(AT_0721)}
    before = _state(house)
    body = _object({**fields, **changes})
    answer = reader.send(body.encode(errors="surrogatepass"), path="heartbeat")
    assert answer.status_code in (200, 400, 401), answer.get_data(as_text=True)
    if answer.status_code != 200:
        assert _state(house) == before
        if answer.status_code == 400:
            assert answer.get_json()["field"]


@one_gate
@given(second=st.integers(0, 4_133_000_000), last=st.integers(0, 2**53 - 1))
def test_any_clock_that_can_be_read_can_be_measured_and_tapped_with(
    house: House, reader: SigningReader, numbers: "count[int]", second: int, last: int
) -> None:
    clock = datetime.fromtimestamp(second, TAIPEI).isoformat()
    boot_id = f"clock-{next(numbers)}"
    beat = {"boot_id": boot_id, "last_seq": last, "buffered": 2**31 - 1, "clock": clock}
    assert reader.send(beat, path="heartbeat").status_code == 200
    assert reader.taps((last, MING, clock), boot_id=boot_id).status_code == 200


def _state(house: House) -> Any:
    with snapshot(house.engine) as session:
        one = session.exec(select(Reader)).one()
        measured = (one.last_contact_at, one.clock_offset_seconds, one.boot_id, one.last_seq)
    return (*measured, one.buffered, _kept(house))


HEADER = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=300)
TIMESTAMPS = st.sampled_from(
    ["1e9", "-1", "inf", "nan", "1_000", " 1", "9" * 5000, "9" * 18, "-" + "9" * 30, "0x10", "²"]
)


@one_gate
@given(
    name=st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]),
    value=HEADER | TIMESTAMPS | HEADER.map(lambda text: "v1," + text),
)
def test_any_other_header_is_refused(
    house: House, reader: SigningReader, name: str, value: str
) -> None:
    before = _kept(house)
    body = _object({"boot_id": '"b"', "taps": f"[{_object(_well(1))}]"}).encode()
    answer = reader.post(body, {**reader.headers(body), name: value})
    assert (answer.status_code, answer.get_json()) == (401, {"error": "bad_signature"})
    assert _kept(house) == before


@one_gate
@given(webhook_id=HEADER.filter(lambda text: text.isascii()))
def test_any_signed_id_is_taken_or_refused(
    house: House, reader: SigningReader, webhook_id: str
) -> None:
    body = _object({"boot_id": '"b"', "taps": f"[{_object(_well(1))}]"}).encode()
    answer = reader.send(body, webhook_id=webhook_id)
    assert answer.status_code in (200, 401)


@one_gate
@given(body=st.binary(max_size=300))
def test_any_bytes_are_refused(house: House, reader: SigningReader, body: bytes) -> None:
    before = _kept(house)
    headers = reader.headers(body) if _is_text(body) else reader.headers(b"{}")
    for path in ("taps", "heartbeat"):
        answer = reader.post(body, headers, path)
        assert answer.status_code in (400, 401), answer.get_data(as_text=True)
    assert _kept(house) == before


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except ValueError:
        return False
    return True
