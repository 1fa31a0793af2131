"""Told once after each step: that arrivals or departures are not sent but answered this month.

A push to say so would cost what is being saved; a reply is free.
"""

from dataclasses import replace
from datetime import datetime

from bot.answer import Answer, Json
from bot.replies.speech import say
from bot.sender import MAX_MESSAGES
from core.db import snapshot, transaction
from core.delivery.quota_month import cut_back, month_end, remember_told
from core.house import House
from core.notices.wording import on_demand_line
from core.people.bindings import children_of
from core.people.guardians import find_guardian


def with_cut(house: House, user: str, answer: Answer, now: datetime) -> Answer:
    """Return the answer, and below it what the guardian has not read yet of fewer notices.

    What matters stands alone: it may be about a child nobody finds, or have to be pushed.
    """
    if not 0 < len(answer.messages) < MAX_MESSAGES:
        return answer
    with snapshot(house.engine) as session:
        cut = cut_back(session, now)
        guardian = find_guardian(session, user) if cut.kinds else None
        if guardian is None or not cut.is_new_to(guardian):
            return answer
        has_children = bool(children_of(session, guardian.id))
    words = on_demand_line(cut.kinds, month_end(now))
    is_said = any(words in one.get("text", "") for one in answer.messages)
    if not has_children or (answer.matters and not is_said):
        return answer
    with transaction(house.engine) as session:
        is_news = remember_told(session, guardian.id, now)
    if is_said or not is_news:
        return answer
    return replace(answer, messages=_below(answer.messages, words))


def _below(messages: list[Json], words: str) -> list[Json]:
    *before, last = messages
    # LINE shows quick replies under the last message only.
    under = {name: last[name] for name in ("quickReply",) if name in last}
    rest = {name: part for name, part in last.items() if name not in under}
    return [*before, rest, say(words) | under]
