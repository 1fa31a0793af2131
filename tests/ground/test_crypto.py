"""Sealing and the blind index: purposes apart, keys rotate, nothing opens by accident."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.crypto import Key, SealBroken, Vault, parse_keys

OLD, NEW = Key("k1", b"1" * 32), Key("k2", b"2" * 32)
B64 = base64.b64encode(b"1" * 32).decode()
VAULT = Vault((NEW, OLD), (NEW, OLD))


@given(st.text())
def test_sealed_text_opens_again_and_differs_each_time(clear: str) -> None:
    sealed = VAULT.seal(clear, "student.national_id")
    assert VAULT.open(sealed, "student.national_id") == clear
    assert sealed != VAULT.seal(clear, "student.national_id")
    assert sealed.startswith("k2:")


def test_value_of_an_older_key_still_opens() -> None:
    sealed = Vault((OLD,), (OLD,)).seal("A123456789", "p")
    assert VAULT.open(sealed, "p") == "A123456789"


def test_value_does_not_open_for_another_purpose() -> None:
    with pytest.raises(SealBroken):
        VAULT.open(VAULT.seal("A123456789", "student.national_id"), "guardian.phone")


def test_changed_or_orphaned_value_does_not_open() -> None:
    key_id, _, encoded = VAULT.seal("A123456789", "p").partition(":")
    blob = bytearray(base64.b64decode(encoded))
    blob[-1] ^= 1
    with pytest.raises(SealBroken):
        VAULT.open(f"{key_id}:{base64.b64encode(bytes(blob)).decode()}", "p")
    with pytest.raises(SealBroken):
        Vault((OLD,), (OLD,)).open(VAULT.seal("x", "p"), "p")


def test_index_is_stable_by_key_and_found_during_a_rotation() -> None:
    before = Vault((OLD,), (OLD,)).index("A123456789", "p")
    assert before in VAULT.index_candidates("A123456789", "p")
    assert VAULT.index("A123456789", "p") != before
    assert VAULT.index("A123456789", "p") != VAULT.index("A123456789", "q")


@pytest.mark.parametrize(
    "text", ["", "k1", "k1:AAAA", ":QUJD", "k1:???", f"k.1:{B64}", f"k:{B64},k:{B64}"]
)
def test_wrong_key_lists_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"key|base64|padding|Only"):
        parse_keys(text)
