"""The pages and their people, as tests/liff knows them."""

from tests.liff.conftest import (  # noqa: F401
    app,
    family,
    hua,
    mei,
    menu_changes,
    outside,
    pages,
    phone,
    staff_phone,
)
