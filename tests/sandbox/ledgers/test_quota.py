"""The product's question about the quota, put to the sandbox."""

import pytest

from core.delivery.line_quota import ask_quota, is_quota_gone
from core.delivery.quota import Quota
from core.settings import Settings, load_settings
from tests.sandbox.client import TOKEN, SandboxClient


@pytest.fixture
def settings(sandbox: SandboxClient) -> Settings:
    """Settings of a product that talks to the sandbox."""
    return load_settings(_env_file=None, line_api_base=sandbox.origin)


def test_plan_without_a_limit_counts_all_the_same(
    sandbox: SandboxClient, settings: Settings
) -> None:
    sandbox.push(sandbox.friend())
    assert ask_quota(settings, TOKEN) == Quota(None, 1)


def test_plan_that_is_used_up_is_told_from_a_rate(
    sandbox: SandboxClient, settings: Settings
) -> None:
    sandbox.post("/inspect/quota", {"limit": 200, "used": 199})
    assert is_quota_gone(settings, TOKEN) is False
    sandbox.push(sandbox.friend())
    assert is_quota_gone(settings, TOKEN)
    assert sandbox.push(sandbox.friend()).status_code == 429
