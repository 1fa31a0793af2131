"""Every page there is, from the application's own map, with an address that leads somewhere.

A new page joins by itself. One whose address asks for something new wants that kept by
`tests.town.settle`; one that can't be opened by its address alone is named in LEFT_OUT.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask

from core.guards import Guard, guard_of
from tests.town import Cast, Town

ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
# Files, and what leads on; a sign-in elsewhere is walked in tests/browser/test_once.py.
LEFT_OUT = {
    "/liff/_style/<any(light, dark):look>.css": "a stylesheet",
    "/liff/account-link/confirm": "wants a sign-in at Taipei Pass",
    "/liff/bureau/callback": "the bureau leads here",
    "/liff/bureau/confirm": "wants a sign-in at the bureau",
    "/liff/bureau/start": "leads to the bureau",
    "/liff/letters/<token>": "a link that stands in a letter",
    "/liff/staff/download/<token>": "a file",
    "/liff/staff/sms/orders/<uuid:order_id>/approve": "leads on from an order that is paid",
    "/liff/staff/sms/settlement/<token>": "a file",
    "/liff/staff/sms/slips/<token>": "a sheet to print, by a link",
    "/liff/staff/survey/<token>": "a file",
    "/liff/static/<path:filename>": "a file",
    "/liff/taipei-pass/callback": "Taipei Pass leads here",
    "/liff/taipei-pass/confirm": "wants a sign-in at Taipei Pass",
    "/liff/taipei-pass/start": "leads to Taipei Pass",
    "/liff/topics/apply": "leads on to the next step",
}
# What a page wants to be asked with.
QUERIES = {
    "/liff/account-link": "?linkToken=as-the-chat-hands-out",
    "/liff/staff/held/answer": "?day=2026-11-23&cutoff=08:30&answer=release",
    "/liff/staff/export": "?kind=week&format=csv",
    "/liff/staff/schools": "?page=calendar",
    **dict.fromkeys(
        (
            "/liff/staff/readers/<uuid:reader_id>/revoke",
            "/liff/staff/readers/<uuid:reader_id>/rotate",
            "/liff/staff/readers/new",
        ),
        "?school=353607",
    ),
}
# Pages the bureau alone opens.
FOR_BUREAU = {
    "/liff/staff/calendar/import",
    "/liff/staff/readers/<uuid:reader_id>/revoke",
    "/liff/staff/readers/<uuid:reader_id>/rotate",
    "/liff/staff/readers/new",
    "/liff/staff/schools",
    "/liff/staff/status",
    "/liff/staff/sms/plans/<uuid:plan_id>/close",
    "/liff/staff/sms/plans/new",
}
# Pages of a school on which the bureau sees the whole city's.
FOR_BOTH = {
    "/liff/staff",
    "/liff/staff/announcements",
    "/liff/staff/announcements/new",
    "/liff/staff/calendar",
    "/liff/staff/calendar/day",
    "/liff/staff/calendar/term",
    "/liff/staff/channels",
    "/liff/staff/closures",
    "/liff/staff/closures/<uuid:closure_id>",
    "/liff/staff/closures/new",
    "/liff/staff/people",
    "/liff/staff/people/invite",
    "/liff/staff/readers",
    "/liff/staff/sms/plans",
    "/liff/staff/survey",
}
# What stands in an address and names nobody: one's own address, a topic of the city's, what opens
# to whoever holds it.
OF_ALL = {"slot", "key", "code", "token"}
# Ends the session, which the others are walked with.
LAST = "/liff/"


@dataclass(frozen=True, slots=True)
class Place:
    """A page: its route, an address of it in the town, and who may pass."""

    rule: str
    path: str
    guard: Guard

    @property
    def is_of_somebody(self) -> bool:
        """Tell whether its address names somebody, so that it is not there for others."""
        return bool(set(ARGUMENT.findall(self.rule)) - OF_ALL)

    def is_for(self, user_id: str, cast: Cast) -> bool:
        """Tell whether this person of the town opens it."""
        if not self.is_for_staff:
            return user_id == cast.guardian
        if self.rule in FOR_BUREAU:
            return user_id == cast.bureau
        return user_id == cast.staff or (user_id == cast.bureau and self.rule in FOR_BOTH)

    @property
    def is_for_staff(self) -> bool:
        """Tell whether only the school's people may pass."""
        return self.guard is Guard.STAFF


def places_of(app: Flask, town: Town) -> list[Place]:
    """Return the pages in the order of their routes."""
    return sorted(_places(app, town), key=lambda place: (place.rule == LAST, place.rule))


def _places(app: Flask, town: Town) -> Iterator[Place]:
    for rule in app.url_map.iter_rules():
        is_page = rule.rule.startswith("/liff/") and "GET" in (rule.methods or ())
        if not is_page or rule.rule in LEFT_OUT:
            continue
        ids = town.ids_of(rule.rule)
        unknown = rule.arguments - ids.keys()
        assert not unknown, f"{rule.rule}: tests.town.settle keeps nothing for {unknown}"
        path = ARGUMENT.sub(r"{\1}", rule.rule).format(**ids)
        guard = guard_of(app.view_functions[rule.endpoint])
        assert guard is not None
        yield Place(rule.rule, path + QUERIES.get(rule.rule, ""), guard)
