"""Fixtures of the tests of sign-ins."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.sign_ins.offices import Office, opened


@pytest.fixture
async def office(redis_url: str) -> AsyncIterator[Office]:
    async with opened(redis_url) as office:
        yield office
