"""Where the pages of the SMS service stand."""

from flask import Blueprint

from liff.limits import Limits
from liff.staff.sms import (
    approval,
    closing,
    files,
    money,
    new_plan,
    order,
    orders,
    plans,
    review,
    settlement,
    slip_print,
    slips,
)


def add_sms_pages(pages: Blueprint, limits: Limits) -> None:
    """Add them under /staff/sms."""
    pages.get("/staff/sms")(orders.show_sms_orders)
    pages.get("/staff/sms/cancellations")(orders.show_sms_cancellations)
    pages.get("/staff/sms/review")(review.show_sms_review)
    pages.post("/staff/sms/review/<uuid:order_id>")(review.answer_sms_review)
    pages.get("/staff/sms/orders/<uuid:order_id>")(order.show_sms_order)
    pages.post("/staff/sms/orders/<uuid:order_id>")(order.answer_sms_order)
    pages.get("/staff/sms/orders/<uuid:order_id>/approve")(approval.ask_sms_approval)
    pages.get("/staff/sms/slips/<token>")(slip_print.print_sms_slip)
    pages.get("/staff/sms/new")(slips.show_paper_slip)
    pages.post("/staff/sms/new")(slips.send_sms_slip)
    pages.get("/staff/sms/import")(files.show_sms_file)
    pages.post("/staff/sms/import")(limits.of_files(files.send_sms_file))
    pages.get("/staff/sms/import/<uuid:slips_id>")(files.show_sms_file_check)
    pages.post("/staff/sms/import/<uuid:slips_id>")(files.answer_sms_file)
    pages.get("/staff/sms/money")(money.show_sms_money)
    pages.get("/staff/sms/settlement/<token>")(settlement.download_sms_settlement)
    pages.get("/staff/sms/plans")(plans.show_sms_plans)
    pages.get("/staff/sms/plans/new")(new_plan.show_new_sms_plan)
    pages.post("/staff/sms/plans/new")(new_plan.send_new_sms_plan)
    closure = "/staff/sms/plans/<uuid:plan_id>/close"
    pages.get(closure)(closing.ask_close_sms_plan)
    pages.post(closure)(closing.send_close_sms_plan)
