"""The command that ends a role: rights at once, and the menu with them."""

from uuid import UUID

import click

from bot.menu_readers import menu_of
from bot.rich_menus import RichMenus
from core.db import snapshot, transaction
from core.duty.commands import OPERATOR, fail, opened
from core.errors import AccessError
from core.people.staff import revoke_staff
from core.people.tables import Staff
from core.settings import Settings


@click.command(name="revoke")
@click.argument("staff_id", type=click.UUID)
@click.pass_obj
def revoke(settings: Settings, staff_id: UUID) -> None:
    """End a role at once: rights, menu, and notices that wait for it."""
    with opened(settings) as house:
        try:
            with transaction(house.engine) as session:
                revoke_staff(session, staff_id, by=OPERATOR, now=house.clock.now())
        except AccessError:
            fail(f"There is no staff {staff_id} now. See: staff list")
        click.echo(f"revoked {staff_id}")
        with snapshot(house.engine) as session:
            user = session.get_one(Staff, staff_id).line_user_id
            menu = menu_of(session, user)
        RichMenus(house.settings).show(user, menu)
