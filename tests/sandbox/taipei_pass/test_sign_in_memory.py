"""What sign-ins, text messages and mail still know after a restart."""

from pathlib import Path

import pytest

from sandbox.settings import read_settings
from sandbox.sms.gateway import Order
from sandbox.state import State, make_state
from sandbox.taipei_pass.proofs import Claim, ProofRefused

CLAIM = Claim("A123456789", "1990-05-06")


def started(folder: Path) -> State:
    """Return a world that remembers in this folder."""
    state = make_state(read_settings(["--state-file", str(folder / "state.json")], {}))
    assert state.file is not None
    return state


def saved(state: State) -> None:
    """Write what the world remembers."""
    assert state.file is not None
    state.file.save()


def test_registered_gold_member_and_used_line_are_known_again(tmp_path: Path) -> None:
    before = started(tmp_path)
    member = before.pass_directory.register("new@example.org", "歐陽小花", "personal", "Abcdef1!")
    before.pass_proofs.check_line(CLAIM, "0912345678", is_mobile_data=True)
    before.pass_proofs.raise_to_gold(member, CLAIM)
    saved(before)
    after = started(tmp_path)
    again = after.pass_directory.sign_in("new@example.org", "Abcdef1!", "personal")
    assert again == member
    assert after.taipei_pass.members["new@example.org"] is again, "codes are made for the same"
    other = Claim("Y123456788", "1990-05-06")
    with pytest.raises(ProofRefused, match="不是登記在"):
        after.pass_proofs.check_line(other, "0912345678", is_mobile_data=True)


def test_tokens_consent_messages_and_letters_are_known_again(tmp_path: Path) -> None:
    before = started(tmp_path)
    code = before.isso.make_code("yating.lin", "http://127.0.0.1/", "")
    token = before.isso.exchange(code, "http://127.0.0.1/", "")
    before.liff_app.change({"asks_consent": True, "bot_prompt": "normal"})
    before.liff_app.agreed.add("U1")
    refresh = before.logins.make_refresh_token("U1", "openid")
    sms, _ = before.sms.send(Order("0912345678", "到校", client_id="n1"))
    before.mails.take("a@example.org", ["b@example.org"], b"Subject: x\r\n\r\n\xff\xa4\r\n")
    saved(before)
    after = started(tmp_path)
    found = after.logins.find_refresh(refresh)
    assert after.isso.find_member(token) == before.isso.find_member(token)
    assert after.liff_app.picture() == before.liff_app.picture()
    assert found is not None
    assert found.scope == "openid"
    assert after.sms.send(Order("0912345678", "到校", client_id="n1")) == (sms, True)
    assert after.mails.letters() == before.mails.letters()
    assert after.sms.next_due() == before.sms.next_due()
