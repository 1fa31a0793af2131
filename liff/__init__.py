"""The page face: LIFF pages inside LINE, mounted at /liff."""

from flask import Blueprint, request
from flask.blueprints import BlueprintSetupState

from core.house import House
from liff import account, binding, children, home, privacy, session, taipei_pass
from liff.pages import init_security
from liff.visit import OnLink, open_visit

__all__ = ["make_blueprint"]


def make_blueprint(house: House, on_link: OnLink) -> Blueprint:
    """Return the pages. `on_link(line_user_id, is_bound)` changes a rich menu and must not raise;
    it is called outside any transaction, after the commit.
    """
    pages = Blueprint(
        "liff", __name__, url_prefix="/liff", static_folder="static", template_folder="templates"
    )

    @pages.before_request
    def arrive() -> None:
        if request.endpoint != "liff.static":
            open_visit(house, on_link)

    @pages.record_once
    def join(state: BlueprintSetupState) -> None:
        init_security(state.app, house)

    _add_sign_in(pages)
    _add_guardian_pages(pages)
    return pages


def _add_sign_in(pages: Blueprint) -> None:
    pages.get("/")(session.show_start)
    pages.post("/session")(session.start_session)
    pages.post("/session/end")(session.end_session)
    pages.get("/taipei-pass/start")(taipei_pass.start_pass)
    pages.get("/taipei-pass/callback")(taipei_pass.finish_pass)
    pages.get("/taipei-pass/confirm")(taipei_pass.show_confirm)
    pages.post("/taipei-pass/confirm")(taipei_pass.confirm_link)
    pages.get("/privacy")(privacy.show_privacy)
    pages.get("/help")(privacy.show_help)


def _add_guardian_pages(pages: Blueprint) -> None:
    pages.get("/home")(home.show_home)
    pages.get("/children/new")(binding.show_new_child)
    pages.post("/children/new")(binding.bind_new_child)
    pages.get("/children/<uuid:binding_id>")(children.show_child)
    pages.post("/children/<uuid:binding_id>")(children.save_child)
    pages.get("/children/<uuid:binding_id>/unbind")(children.show_unbind)
    pages.post("/children/<uuid:binding_id>/unbind")(children.unbind)
    pages.get("/account")(account.show_account)
    pages.post("/account")(account.change_account)
    pages.get("/account/unlink")(account.show_unlink)
