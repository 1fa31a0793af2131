"""Connecting 酷課 APP: the bureau's account a guardian proved is exchanged for the app's token.

Read who it is, ask the gateway with no transaction open, keep the token if that is still so.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import col, select

from core.db import snapshot, transaction
from core.house import House
from core.identity.identities import Provider, find_identity
from core.people.app_tokens import keep_app_token
from core.people.tables import Guardian
from core.post.app_push import AppGateway, Refusal


class Connecting(StrEnum):
    """How it went. NO_ACCOUNT: no account of the bureau is proved, or it changed meanwhile."""

    DONE = "done"
    NO_ACCOUNT = "no_account"
    NO_APP = "no_app"
    DOWN = "down"


def connect_app(house: House, gateway: AppGateway, guardian_id: UUID, now: datetime) -> Connecting:
    """Connect the app that is signed in by the guardian's account of the bureau; commits."""
    account = _account(house, guardian_id)
    if account is None:
        return Connecting.NO_ACCOUNT
    match gateway.connect(account):
        case Refusal.NO_APP:
            return Connecting.NO_APP
        case Refusal.DOWN:
            return Connecting.DOWN
        case token:
            return _keep(house, guardian_id, account, token, now)


def _account(house: House, guardian_id: UUID) -> str | None:
    with snapshot(house.engine) as session:
        identity = find_identity(session, Provider.BUREAU, guardian_id)
        return identity.subject if identity else None


def _keep(house: House, guardian_id: UUID, account: str, token: str, now: datetime) -> Connecting:
    with transaction(house.engine) as session:
        session.exec(select(Guardian).where(col(Guardian.id) == guardian_id).with_for_update())
        identity = find_identity(session, Provider.BUREAU, guardian_id)
        if identity is None or identity.subject != account:
            return Connecting.NO_ACCOUNT
        keep_app_token(session, house.vault, guardian_id, token, now)
    return Connecting.DONE
