"""News from before a restore: nobody knows whether it is out already, but LINE may."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.kinds import Channel, NoticeState
from core.restored import restored_at

# Our word for why such a notice ended.
RESTORED = "restored"


def end_doubtful(
    session: Session, rows: Sequence[dict[str, Any]], moments: Sequence[datetime], now: datetime
) -> None:
    """End those of these new rows that could be told twice; `moments` is when each came about.

    LINE knows a retry key again, but not who rode in whose push; other channels know nothing.
    """
    since = restored_at(session)
    if since is None:
        return
    for row, moment in zip(rows, moments, strict=True):
        is_known = row["channel"] == Channel.LINE and not row["may_ride"]
        if moment < since and not is_known and row["state"] == NoticeState.PENDING:
            row.update(state=NoticeState.UNKNOWN, outcome=RESTORED, settled_at=now)
