"""Who else is there while something goes wrong: a guardian at a page, LINE at the webhook."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from core.db import transaction
from core.people.sessions import open_session
from tests.bot.happenings import as_body, make_text, sign
from tests.faults.town import Child, Town


def sign_in(town: Town, child: Child) -> str:
    """The cookie of the child's guardian."""
    with transaction(town.house.engine) as session:
        token = open_session(
            session,
            town.house.vault,
            line_user_id=child.line_user_id,
            line_name="雅婷",
            proved_at=town.now(),
            now=town.now(),
        )
    app = Flask("signer")
    app.secret_key = town.house.settings.secret_key.get_secret_value()
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    return f"gate={signer.dumps({'sid': token})}"


@contextmanager
def visited(town: Town, cookie: str) -> Iterator[Counter[str]]:
    """Have a guardian look at the page and LINE send a word all the while; give the answers."""
    answers, is_over = Counter[str](), threading.Event()

    def visit() -> None:
        while not is_over.wait(0.1):
            page = requests.get(f"{town.origin}/liff/home", headers={"Cookie": cookie}, timeout=20)
            body = as_body([make_text("今天", at=town.now())])
            headers = {"x-line-signature": sign(body, town.house.settings.channel_secrets[0])}
            url = f"{town.origin}/line/webhook"
            hook = requests.post(url, data=body, headers=headers, timeout=20)
            whose = "page" if "小明" in page.text else "page of nobody"
            answers.update([f"{whose} {page.status_code}", f"webhook {hook.status_code}"])

    visitor = threading.Thread(target=visit)
    visitor.start()
    try:
        yield answers
    finally:
        is_over.set()
        visitor.join()
