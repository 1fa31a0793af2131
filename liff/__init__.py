"""The page face: LIFF pages inside LINE, mounted at /liff."""

from flask import Blueprint, request
from flask import session as browser_cookie
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from core.house import House
from liff import (
    account,
    account_link,
    app_link,
    binding,
    bureau,
    children,
    consent,
    contact,
    delegates,
    guide,
    home,
    language_choice,
    leaves,
    letter_times,
    letters,
    looks,
    lost_card,
    make_up,
    moves,
    my_data,
    notices,
    privacy,
    session,
    sms,
    sms_steps,
    status,
    survey,
    taipei_pass,
    text_size,
    topics,
)
from liff.assets import send_asset
from liff.languages import choose_language, init_languages
from liff.limits import Limits
from liff.line_login import LineLogin
from liff.maintenance import rest_at_night
from liff.pages import init_security, require_legible
from liff.session_cookies import init_cookies
from liff.staff import (
    announcements,
    bindings,
    calendar,
    changes,
    channels,
    class_marks,
    class_page,
    closures,
    codes,
    end_rule,
    export,
    held,
    invites,
    lists,
    make_ups,
    new_announcement,
    new_closure,
    new_day,
    new_term,
    office_import,
    people,
    policy,
    readers,
    report,
    requests,
    roster,
    schools,
    shown_once,
    today,
)
from liff.staff import status as staff_status
from liff.staff import survey as survey_results
from liff.staff.sms.routes import add_sms_pages
from liff.style.page import send_look, show_style
from liff.visit import SESSION_TOKEN, OnLink, open_visit

__all__ = ["make_blueprint"]


def make_blueprint(house: House, on_link: OnLink) -> Blueprint:
    """Return the pages. `on_link(line_user_id, is_bound)` changes a rich menu and must not raise;
    it is called outside any transaction, after the commit.
    """
    pages = Blueprint("liff", __name__, url_prefix="/liff", template_folder="templates")
    pages.get("/static/<path:filename>", endpoint="static")(send_asset)
    login, limits = LineLogin(house.settings), Limits(house.settings)

    pages.url_value_preprocessor(_let_file_in)

    @pages.before_request
    def arrive() -> ResponseReturnValue | None:
        if request.endpoint == "liff.static":
            return None
        open_visit(house, on_link, login)
        choose_language()
        require_legible()
        return rest_at_night() or consent.ask_again()

    @pages.record_once
    def join(state: BlueprintSetupState) -> None:
        init_cookies(state.app)
        init_security(state.app, house)
        init_languages(state.app)
        limits.init_app(state.app)

    limits.limit_pages(pages)
    _add_pages(pages, limits)
    if not house.settings.is_production:
        pages.get("/_style")(show_style)
        pages.get("/_style/<any(light, dark):look>.css")(send_look)
    return pages


def _let_file_in(endpoint: str | None, _values: object) -> None:
    # Before anything looks into the body; who never signed in sends nothing large.
    if endpoint in ("liff.send_roster", "liff.send_sms_file") and SESSION_TOKEN in browser_cookie:
        request.max_content_length = roster.MOST_BODY


def _add_pages(pages: Blueprint, limits: Limits) -> None:
    _add_sign_in(pages, limits)
    _add_other_ways_in(pages)
    _add_guardian_pages(pages, limits)
    _add_sms(pages)
    _add_rights(pages)
    _add_delegates(pages)
    _add_opinions(pages)
    _add_staff_pages(pages)
    _add_announcements(pages)
    _add_staff_bindings(pages)
    _add_school_settings(pages)
    _add_admin_pages(pages, limits)
    add_sms_pages(pages, limits)


def _add_sign_in(pages: Blueprint, limits: Limits) -> None:
    pages.get("/")(session.show_start)
    sign_in = limits.of_sign_in(session.start_session, is_told_here=session.is_told_here)
    pages.post("/session")(sign_in)
    pages.post("/session/end")(session.end_session_here)
    pages.post("/session/end-everywhere")(session.end_sessions_everywhere)
    pages.get("/taipei-pass/start")(taipei_pass.start_pass)
    pages.get("/taipei-pass/callback")(taipei_pass.finish_pass)
    pages.get("/taipei-pass/confirm")(taipei_pass.show_confirm)
    pages.post("/taipei-pass/confirm")(taipei_pass.confirm_link)
    pages.get("/privacy")(privacy.show_privacy)
    pages.get("/help")(guide.show_help)
    pages.post("/language")(language_choice.change_language)


def _add_other_ways_in(pages: Blueprint) -> None:
    pages.get("/account-link")(account_link.show_account_link)
    pages.post("/account-link")(account_link.start_account_link)
    pages.get("/account-link/confirm")(account_link.show_account_link_confirm)
    pages.post("/account-link/confirm")(account_link.confirm_account_link)
    pages.get("/bureau/start")(bureau.start_bureau)
    pages.get("/bureau/callback")(bureau.finish_bureau)
    pages.get("/bureau/confirm")(bureau.show_bureau_confirm)
    pages.post("/bureau/confirm")(bureau.confirm_bureau)
    pages.get("/bureau/drop")(bureau.show_drop_bureau)
    pages.post("/bureau/drop")(bureau.drop_bureau)


def _add_guardian_pages(pages: Blueprint, limits: Limits) -> None:
    pages.get("/home")(home.show_home)
    pages.get("/status")(status.show_status)
    pages.get("/children/new")(binding.show_new_child)
    pages.post("/children/new")(limits.of_binding(binding.bind_new_child))
    pages.get("/children/<uuid:binding_id>")(children.show_child)
    pages.post("/children/<uuid:binding_id>")(children.save_child)
    pages.get("/children/<uuid:binding_id>/unbind")(children.show_unbind)
    pages.post("/children/<uuid:binding_id>/unbind")(children.unbind)
    pages.get("/children/<uuid:binding_id>/lost-card")(lost_card.show_lost_card)
    pages.post("/children/<uuid:binding_id>/lost-card")(lost_card.block_card)
    pages.get("/children/<uuid:binding_id>/make-up")(make_up.show_make_up)
    pages.post("/children/<uuid:binding_id>/make-up")(make_up.send_make_up)
    pages.post("/make-ups/<uuid:request_id>/withdraw")(make_up.withdraw_make_up)
    pages.get("/account")(account.show_account)
    pages.post("/account")(account.change_account)
    pages.post("/account/text-size")(text_size.change_text_size)
    pages.post("/account/test")(account.send_test_notice)
    pages.post("/account/letters")(letter_times.change_letter_time)
    pages.post("/account/monthly-test")(letter_times.change_monthly_test)
    pages.get("/account/unlink")(account.show_unlink)
    pages.get("/account/unlinked")(account.show_unlinked)
    pages.get("/leaves")(leaves.show_leaves)
    pages.get("/leaves/new")(leaves.show_new_leave)
    pages.post("/leaves/new")(leaves.send_leave)
    pages.get("/leaves/<uuid:leave_id>/withdraw")(leaves.show_withdraw)
    pages.post("/leaves/<uuid:leave_id>/withdraw")(leaves.withdraw)


def _add_sms(pages: Blueprint) -> None:
    pages.get("/sms")(sms.show_sms)
    pages.post("/sms")(sms.order_sms)
    pages.get("/sms/<uuid:order_id>")(sms.show_sms_slip)
    pages.get("/sms/<uuid:order_id>/withdraw")(sms_steps.ask_withdraw_sms)
    pages.post("/sms/<uuid:order_id>/withdraw")(sms_steps.withdraw_sms)
    pages.get("/sms/<uuid:order_id>/cancel")(sms_steps.ask_cancel_sms)
    pages.post("/sms/<uuid:order_id>/cancel")(sms_steps.cancel_sms)
    pages.post("/sms/<uuid:order_id>/keep")(sms_steps.keep_sms)


def _add_rights(pages: Blueprint) -> None:
    pages.get("/consent")(consent.show_consent)
    pages.post("/consent")(consent.answer_consent)
    pages.get("/consents")(consent.show_consents)
    pages.get("/account/app")(app_link.show_app)
    pages.post("/account/app")(app_link.connect)
    pages.post("/account/app/end")(app_link.disconnect_app)
    pages.get("/account/contact")(contact.show_contact)
    field = "/account/contact/<slot>"
    pages.get(field)(contact.show_field)
    pages.post(field)(contact.send_code)
    pages.get(f"{field}/code")(contact.show_code)
    pages.post(f"{field}/code")(contact.enter_code)
    pages.post(f"{field}/resend")(contact.resend_code)
    pages.get(f"{field}/remove")(contact.show_remove)
    pages.post(f"{field}/remove")(contact.remove)
    pages.get("/children/<uuid:binding_id>/looks")(looks.show_looks)
    pages.get("/my-data")(my_data.show_my_data)
    pages.get("/my-data/copy")(my_data.show_copy)
    pages.post("/my-data/copy")(my_data.ask_copy)
    pages.get("/my-data/file/<token>")(my_data.show_copy_file)
    pages.post("/my-data/file/<token>")(my_data.fetch_copy)
    pages.get("/my-data/stop")(my_data.show_stop)
    pages.post("/my-data/stop")(my_data.change_stop)
    pages.get("/my-data/delete")(my_data.show_delete)
    pages.post("/my-data/delete")(my_data.delete_my_data)
    pages.get("/deleted/<code>")(my_data.show_deleted)
    pages.get("/letters/<token>")(letters.show_letters)
    pages.post("/letters/<token>")(letters.end_letters)


def _add_delegates(pages: Blueprint) -> None:
    own = "/children/<uuid:binding_id>/delegates"
    pages.get(own)(delegates.show_delegates)
    pages.post(own)(delegates.invite)
    pages.post(f"{own}/<uuid:delegate_id>/end")(delegates.end_own)
    pages.get("/delegate")(delegates.show_invitation)
    pages.post("/delegate")(delegates.take_invitation)
    pages.get("/delegations")(delegates.show_delegations)
    pages.post("/delegations/<uuid:delegate_id>/end")(delegates.end_received)
    pages.get("/moves/<uuid:carry_over_id>")(moves.show_move)
    pages.post("/moves/<uuid:carry_over_id>")(moves.answer_move)


def _add_opinions(pages: Blueprint) -> None:
    pages.get("/survey")(survey.show_survey)
    pages.post("/survey")(survey.answer_survey)
    pages.get("/staff/survey")(survey_results.show_survey_results)
    pages.get("/staff/survey/<token>")(survey_results.download_survey)
    pages.get("/topics")(topics.show_topics)
    pages.get("/topics/apply")(topics.apply_for_arrivals)
    pages.get("/topics/<key>")(topics.show_topic)
    pages.post("/topics/<key>")(topics.choose_topic)


def _add_announcements(pages: Blueprint) -> None:
    pages.get("/notices")(notices.show_notices)
    pages.get("/notices/<uuid:announcement_id>")(notices.show_notice)
    pages.get("/staff/announcements")(announcements.list_announced)
    pages.get("/staff/announcements/new")(new_announcement.show_new_announcement)
    pages.post("/staff/announcements/new")(new_announcement.send_announcement)
    one = "/staff/announcements/<uuid:announcement_id>"
    pages.get(one)(announcements.show_announcement)
    pages.post(one)(announcements.answer_announcement)
    pages.get(f"{one}/edit")(new_announcement.show_edit)
    pages.post(f"{one}/edit")(new_announcement.send_edit)


def _add_staff_bindings(pages: Blueprint) -> None:
    pages.get("/staff/codes")(codes.show_codes)
    pages.post("/staff/codes")(codes.send_codes)
    pages.get("/staff/codes/<token>")(codes.ask_sheet)
    pages.post("/staff/codes/<token>")(codes.print_sheet)
    pages.get("/staff/children/<uuid:student_id>")(bindings.show_bindings)
    pages.post("/staff/children/<uuid:student_id>")(bindings.act_on_bindings)
    pages.get("/staff/requests")(requests.show_requests)
    pages.post("/staff/requests/<uuid:request_id>")(requests.answer_request)
    pages.post("/staff/requests/rules")(requests.save_switches)


def _add_admin_pages(pages: Blueprint, limits: Limits) -> None:
    pages.get("/staff/channels")(channels.show_channels)
    pages.post("/staff/channels")(channels.send_channels)
    pages.get("/staff/report")(report.show_report)
    pages.get("/staff/status")(staff_status.show_staff_status)
    pages.get("/staff/roster")(roster.show_roster)
    pages.post("/staff/roster")(limits.of_files(roster.send_roster))
    pages.get("/staff/roster/<uuid:check_id>")(roster.show_roster_check)
    pages.post("/staff/roster/<uuid:check_id>")(roster.answer_roster_check)


def _add_staff_pages(pages: Blueprint) -> None:
    pages.get("/staff")(today.show_desk)
    pages.get("/staff/classes/<homeroom>")(class_page.show_class)
    pages.post("/staff/classes/<homeroom>")(class_marks.mark_children)
    pages.post("/staff/classes/<homeroom>/undo")(class_marks.undo_entry)
    pages.get("/staff/held")(held.show_held)
    pages.get("/staff/held/answer")(held.ask_held)
    pages.post("/staff/held/answer")(held.answer_held)
    pages.get("/staff/lists")(lists.show_lists)
    pages.get("/staff/make-ups")(make_ups.show_make_ups)
    pages.post("/staff/make-ups/<uuid:request_id>")(make_ups.answer_make_up)
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
    pages.get("/staff/policy/<uuid:rule_id>/end")(end_rule.ask_end_rule)
    pages.post("/staff/policy/<uuid:rule_id>/end")(end_rule.send_end_rule)


def _add_school_settings(pages: Blueprint) -> None:
    pages.get("/staff/changes/<uuid:change_id>/undo")(changes.ask_undo)
    pages.post("/staff/changes/<uuid:change_id>/undo")(changes.send_undo)
    pages.get("/staff/schools")(schools.choose_school)
    pages.get("/staff/calendar")(calendar.show_calendar)
    pages.get("/staff/calendar/day")(new_day.show_new_day)
    pages.post("/staff/calendar/day")(new_day.send_new_day)
    pages.get("/staff/calendar/term")(new_term.show_new_term)
    pages.post("/staff/calendar/term")(new_term.send_new_term)
    pages.get("/staff/calendar/import")(office_import.show_office_import)
    pages.post("/staff/calendar/import")(office_import.send_office_import)
    _add_readers_and_people(pages)


def _add_readers_and_people(pages: Blueprint) -> None:
    pages.get("/staff/shown/<uuid:text_id>")(shown_once.ask_shown_once)
    pages.post("/staff/shown/<uuid:text_id>")(shown_once.show_once)
    pages.get("/staff/readers")(readers.show_readers)
    pages.get("/staff/readers/new")(readers.show_new_reader)
    pages.post("/staff/readers/new")(readers.send_new_reader)
    pages.get("/staff/readers/<uuid:reader_id>/rotate")(readers.ask_rotate)
    pages.post("/staff/readers/<uuid:reader_id>/rotate")(readers.send_rotate)
    pages.get("/staff/readers/<uuid:reader_id>/revoke")(readers.ask_revoke_reader)
    pages.post("/staff/readers/<uuid:reader_id>/revoke")(readers.send_revoke_reader)
    pages.get("/staff/people")(people.show_people)
    pages.get("/staff/people/invite")(invites.show_invite)
    pages.post("/staff/people/invite")(invites.send_invite)
    withdrawal = "/staff/people/invites/<uuid:invite_id>/withdraw"
    pages.get(withdrawal)(invites.ask_withdraw_invite)
    pages.post(withdrawal)(invites.send_withdraw_invite)
    pages.get("/staff/people/<uuid:staff_id>/change")(people.ask_change)
    pages.post("/staff/people/<uuid:staff_id>/change")(people.send_change)
    pages.get("/staff/people/<uuid:staff_id>/revoke")(people.ask_revoke)
    pages.post("/staff/people/<uuid:staff_id>/revoke")(people.send_revoke)
