"""Which trace a call to the gateway is part of."""

import asyncio
import re

import pytest

from alphasync.gateway.tracing import begin_request, begin_run, trace_of, traceparent

FORM = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01")
OF_A_CLIENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"


async def test_a_run_is_one_trace_and_each_call_another_span() -> None:
    async def calls() -> list[str]:
        assert begin_run("r1") == trace_of("r1")
        return [traceparent(), traceparent()]

    first, second = await asyncio.create_task(calls())
    elsewhere, _ = await asyncio.create_task(calls())
    assert all(FORM.fullmatch(one) for one in (first, second, elsewhere))
    assert len({one[:35] for one in (first, second, elsewhere)}) == 1
    assert len({first, second, elsewhere}) == 3
    assert trace_of("r1") != trace_of("r2")
    assert traceparent()[3:35] != trace_of("r1"), "it was that task's"


async def test_a_clients_own_trace_goes_on() -> None:
    async def call(given: str | None) -> str:
        begin_request(given)
        return traceparent()

    assert await asyncio.create_task(call(OF_A_CLIENT)) == OF_A_CLIENT
    assert FORM.fullmatch(await asyncio.create_task(call(None)))


@pytest.mark.parametrize(
    "given",
    [
        *("", "x", OF_A_CLIENT.upper(), OF_A_CLIENT + "-x", "01" + OF_A_CLIENT[2:]),
        *(OF_A_CLIENT[:3] + "0" * 32 + OF_A_CLIENT[35:], OF_A_CLIENT[:36] + "0" * 16 + "-01"),
        OF_A_CLIENT + "\n",
    ],
)
async def test_what_is_none_is_replaced(given: str) -> None:
    async def call() -> str:
        begin_request(given)
        return traceparent()

    made = await asyncio.create_task(call())
    assert FORM.fullmatch(made)
    assert made[3:35] not in given
