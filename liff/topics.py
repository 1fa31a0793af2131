"""訂閱市政訊息: the list of topics, and one way from 立即申辦 to the badge."""

from dataclasses import dataclass
from uuid import UUID

from flask import abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.binding.requests import requests_of
from core.db import snapshot, transaction
from core.languages.dates import listed
from core.languages.speech import _
from core.notices.wording import BOX_WORDS
from core.people.bindings import BoundChild
from core.people.doors import for_guardian
from core.people.subscriptions import boxes_of
from core.topics.choices import choice_of, choose
from core.topics.topics import ARRIVALS, CLOSURES, TOPICS, Source, Topic, find_topic
from liff.app_link import is_app_offered
from liff.applying import APPLYING, new_child_page, start_applying
from liff.guard import WANTED, linked, signed_in
from liff.visit import Visit, current_visit

# The key of the topic that another channel of ours stands behind.
APP_PUSHES = "cooc-app"


@dataclass(frozen=True, slots=True)
class _Standing:
    """What the guardian has: children with the kinds ticked, and what waits for a yes."""

    children: list[tuple[BoundChild, list[str]]]
    waits: bool
    hears_closures: bool
    # No school of the children offers what the app pushes.
    lacks_app: bool = False

    @property
    def is_told(self) -> bool:
        """Tell whether any box of any child is ticked."""
        return any(kinds for _, kinds in self.children)

    def has(self, topic: Topic) -> bool:
        """Tell whether the topic's messages come."""
        return self.is_told and (topic is ARRIVALS or self.hears_closures)


@signed_in
def show_topics() -> ResponseReturnValue:
    """Show every topic: what is subscribed, what can be, and where the others are to be had."""
    visit = current_visit()
    session.pop(APPLYING, None)
    standing = _standing(visit)
    own = [one for one in TOPICS if one.source is not Source.ELSEWHERE]
    return render_template(
        "topics.html",
        note=request.args.get("note", ""),
        own=[(one, standing.has(one)) for one in own],
        others=[one for one in TOPICS if one.source is Source.ELSEWHERE],
        waits=standing.waits,
        is_told=standing.is_told,
        off=APP_PUSHES if standing.lacks_app else "",
    )


@signed_in
def apply_for_arrivals() -> ResponseReturnValue:
    """Lead on to the next step: Taipei Pass, a child, its boxes, the list."""
    visit = current_visit()
    if not visit.is_linked:
        # Taipei Pass, once it has linked, comes back to this very step.
        session[WANTED] = url_for("liff.apply_for_arrivals")
        return redirect(url_for("liff.start_pass"), 303)
    standing = _standing(visit)
    if standing.is_told:
        return redirect(url_for("liff.show_topics"), 303)
    if not standing.children:
        return redirect(new_child_page(), 303)
    start_applying()
    child = standing.children[0][0]
    return redirect(url_for("liff.show_child", binding_id=child.binding_id, _anchor="boxes"), 303)


@linked
def show_topic(key: str) -> ResponseReturnValue:
    """Show one of our own topics, and what can be changed."""
    topic = _own_topic(key)
    standing = _standing(current_visit())
    if not standing.is_told:
        return redirect(url_for("liff.apply_for_arrivals"), 303)
    return render_template(
        "topic.html",
        topic=topic,
        is_choice=topic.source is Source.CHOICE,
        is_on=standing.has(topic),
        children=[
            (child.binding_id, child.given_name, listed(kinds))
            for child, kinds in standing.children
        ],
    )


@linked
def choose_topic(key: str) -> ResponseReturnValue:
    """Subscribe to a topic, or leave it."""
    visit, topic = current_visit(), _own_topic(key)
    answer = request.form.get("answer")
    if topic.source is not Source.CHOICE or answer not in ("on", "off"):
        return redirect(url_for("liff.show_topics"), 303)
    with transaction(visit.house.engine) as database:
        choose(database, visit.get_guardian().id, topic, is_on=answer == "on", now=visit.now)
    return redirect(url_for("liff.show_topics", note=answer), 303)


def _own_topic(key: str) -> Topic:
    topic = find_topic(key)
    if topic is None or topic.source is Source.ELSEWHERE:
        abort(404)
    return topic


def _standing(visit: Visit) -> _Standing:
    if visit.guardian is None:
        return _Standing([], waits=False, hears_closures=True)
    with snapshot(visit.house.engine) as database:
        children = for_guardian(database, visit.guardian.id).children()
        choice = choice_of(database, visit.guardian.id, CLOSURES)
        return _Standing(
            [(child, _kinds(database, child.binding_id)) for child in children],
            waits=bool(requests_of(database, visit.guardian.id)),
            hears_closures=choice is None or choice.is_on,
            lacks_app=bool(children) and not is_app_offered(database, visit, children),
        )


def _kinds(database: Session, binding_id: UUID) -> list[str]:
    ticked = {kind for _channel, kind in boxes_of(database, binding_id)}
    return [_(word) for kind, word in BOX_WORDS.items() if kind in ticked]
