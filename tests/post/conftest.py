"""One sandbox for the run, emptied before each test."""

from collections.abc import Iterator

import pytest

from tests.sandbox.client import SandboxClient
from tests.sandbox.conftest import running_sandbox


@pytest.fixture(scope="session")
def post_process() -> Iterator[SandboxClient]:
    """A sandbox of one's own."""
    with running_sandbox("--smtp-port", "0") as (client, _):
        yield client


@pytest.fixture
def sandbox(post_process: SandboxClient) -> SandboxClient:
    """The sandbox, where nothing has arrived yet."""
    assert post_process.post("/inspect/reset").status_code == 204
    return post_process
