"""The three providers on one machine: Taipei Pass, the single sign-on and the bureau's sign-in."""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, make_response, redirect, render_template

from sandbox.state import State, current
from sandbox.taipei_pass.directory import Directory
from sandbox.taipei_pass.grants import TaipeiPassGrants
from sandbox.taipei_pass.visits import Visit

# Where the app may be returned to, whole: a longer or shorter address is refused.
_CALLBACKS = {"bureau": "/liff/bureau/callback"}
_PASS_CALLBACK = "/liff/taipei-pass/callback"


@dataclass(frozen=True, slots=True)
class Site:
    """One provider: its accounts, who may ask, its name on the page, and its ways to sign in."""

    name: str
    title: str
    grants: TaipeiPassGrants
    directory: Directory
    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...]
    ways: tuple[str, ...]

    @property
    def refreshes(self) -> bool:
        """Tell whether it gives refresh tokens."""
        return self.name == "isso"


def find_site(name: str) -> Site:
    """Return the provider of this blueprint name."""
    state = current()
    settings = state.settings
    callback = f"{settings.app_url}{_CALLBACKS.get(name, _PASS_CALLBACK)}"
    uris = (callback, *settings.more_redirect_uris)
    if name == "bureau":
        client = (settings.bureau_login_client_id, settings.bureau_login_client_secret)
        ways: tuple[str, ...] = ("password", "forgot")
        return Site(
            name, "教育局單一身分驗證", state.bureau, state.bureau_directory, *client, uris, ways
        )
    client = (settings.taipei_pass_client_id, settings.taipei_pass_client_secret)
    directory = state.pass_directory
    ways = ("password", "qr", "fido", "carrier", "join", "forgot")
    if name == "isso":
        return Site(name, "臺北市單一簽入", state.isso, directory, *client, uris, ways)
    return Site(name, "台北通", state.taipei_pass, directory, *client, uris, ways)


def finish(visit: Visit, account: str) -> Response:
    """Send the member back with a code; without a service, say that the sign-in worked."""
    state: State = current()
    state.pass_visits.end(visit)
    site = find_site(visit.site)
    if not visit.request:
        heading, text = (
            f"已登入{site.title}",
            f"{site.directory.members[account].real_name}，您好。",
        )
        return make_response(render_template("line_told.html", heading=heading, text=text))
    asked = visit.request
    code = site.grants.make_code(account, asked["redirect_uri"], asked.get("code_challenge", ""))
    return go_back(asked, {"code": code})


def go_back(asked: dict[str, str], answer: dict[str, str]) -> Response:
    """Redirect to the service with an answer, and its state as it came."""
    if "state" in asked:
        answer = answer | {"state": asked["state"]}
    target = asked["redirect_uri"]
    separator = "&" if "?" in target else "?"
    return make_response(redirect(f"{target}{separator}{urlencode(answer)}", 302))
