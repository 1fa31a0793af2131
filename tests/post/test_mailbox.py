"""Reading a mailbox over real IMAP: what was taken is deleted, and nothing else."""

import pytest
from pydantic import SecretStr

from core.post.mailbox import MailboxRoute, mailbox_route, read_mailbox
from core.settings import load_settings
from tests.post.imap_server import Mailbox, mailbox


def route_to(box: Mailbox) -> MailboxRoute:
    """The way to it, as the settings say it."""
    given = {"bounce_mailbox_url": SecretStr(box.url)}
    route = mailbox_route(load_settings(_env_file=None).model_copy(update=given))
    assert route is not None
    return route


def test_mail_that_can_not_be_taken_stays_and_holds_up_none_behind_it() -> None:
    taken: list[bytes] = []

    def take(mail: bytes) -> None:
        if mail.startswith(b"bad"):
            raise LookupError(mail.decode())
        taken.append(mail)

    with mailbox() as box:
        box.put(b"bad 1", b"good 1", b"bad 2", b"good 2")
        for _ in range(2):
            with pytest.raises(LookupError, match="bad 1"):
                read_mailbox(route_to(box), take)
            assert taken == [b"good 1", b"good 2"]
            assert box.left == [b"bad 1", b"bad 2"]
