"""What a school decides about bindings: approval first, and whether its code stands for a name."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlmodel import Session, col

from core.audit import record_audit
from core.binding.tables import BindingRule
from core.db import insert_for, table_of


@dataclass(frozen=True, slots=True)
class Rules:
    """The two switches, both off until a school turns them on."""

    needs_approval: bool = False
    code_vouches: bool = False


def rules_of(session: Session, school_code: str) -> Rules:
    """Return what holds at the school."""
    row = session.get(BindingRule, school_code, populate_existing=True)
    return Rules(row.needs_approval, row.code_vouches) if row else Rules()


def codes_may_vouch(session: Session) -> bool:
    """Tell whether any school lets its codes stand for a general member's name."""
    return session.scalar(select(exists().where(col(BindingRule.code_vouches)))) or False


def save_rules(session: Session, school_code: str, rules: Rules, *, by: str, now: datetime) -> None:
    """Turn the switches; each change is audited under its own name. Joins the transaction."""
    before = rules_of(session, school_code)
    values = {
        "school_code": school_code,
        "needs_approval": rules.needs_approval,
        "code_vouches": rules.code_vouches,
        "changed_by": by,
        "changed_at": now,
    }
    statement = insert_for(session, table_of(BindingRule)).values(values)
    session.execute(statement.on_conflict_do_update(index_elements=["school_code"], set_=values))
    for name in ("needs_approval", "code_vouches"):
        is_on: bool = getattr(rules, name)
        if is_on != getattr(before, name):
            action = f"binding_rule.{name}.{'on' if is_on else 'off'}"
            subject = f"school:{school_code}"
            record_audit(session, actor=by, action=action, subject=subject, now=now)
