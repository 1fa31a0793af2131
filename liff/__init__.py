"""The page face: LIFF pages inside LINE, mounted at /liff."""

from flask import Blueprint, request
from flask.blueprints import BlueprintSetupState

from core.house import House
from liff import account, binding, children, home, leaves, privacy, session, taipei_pass
from liff.pages import init_security
from liff.staff import closures, export, held, lists, new_closure, policy, today
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
    _add_staff_pages(pages)
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
    pages.get("/leaves")(leaves.show_leaves)
    pages.get("/leaves/new")(leaves.show_new_leave)
    pages.post("/leaves/new")(leaves.send_leave)
    pages.get("/leaves/<uuid:leave_id>/withdraw")(leaves.show_withdraw)
    pages.post("/leaves/<uuid:leave_id>/withdraw")(leaves.withdraw)


def _add_staff_pages(pages: Blueprint) -> None:
    pages.get("/staff")(today.show_desk)
    pages.get("/staff/classes/<homeroom>")(today.show_class)
    pages.get("/staff/held")(held.show_held)
    pages.get("/staff/held/answer")(held.ask_held)
    pages.post("/staff/held/answer")(held.answer_held)
    pages.get("/staff/lists")(lists.show_lists)
    pages.get("/staff/three-days")(lists.show_lists)
    pages.get("/staff/export")(export.show_export)
    pages.get("/staff/download/<token>")(export.download)
    pages.get("/staff/closures")(closures.list_day_closures)
    pages.get("/staff/closures/new")(new_closure.show_new_closure)
    pages.post("/staff/closures/new")(new_closure.send_closure)
    pages.get("/staff/closures/<uuid:closure_id>")(closures.show_closure)
    pages.post("/staff/closures/<uuid:closure_id>")(closures.answer_closure)
    pages.get("/staff/policy")(policy.show_policy)
    pages.get("/staff/policy/new")(policy.show_new_rule)
    pages.post("/staff/policy/new")(policy.send_rule)
    pages.get("/staff/policy/<uuid:rule_id>/end")(policy.ask_end_rule)
    pages.post("/staff/policy/<uuid:rule_id>/end")(policy.send_end_rule)
