"""Lists that runs make grow: no command works on more than a part of one."""

from alphasync.services.blocklist import ASKED_AT_ONCE_MAX
from alphasync.store.redis.pipeline import Argument
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE


async def test_a_page_of_very_many_recipients_is_filtered_in_parts(bench: Bench) -> None:
    ticket = await bench.start()
    recipients = [f"r{number}" for number in range(5 * ASKED_AT_ONCE_MAX + 1)]
    messaged = {recipients[0], recipients[ASKED_AT_ONCE_MAX], recipients[-1]}
    await bench.client.zadd(bench.names.sent("chat", PROFILE), dict.fromkeys(messaged, 1))
    asked = _watch(bench, "ZMSCORE")
    assert await bench.blocklist.blocked(ticket, recipients) == messaged
    assert len(asked) == 6
    assert max(len(command) for command in asked) == ASKED_AT_ONCE_MAX + 2
    assert await bench.blocklist.blocked(ticket, []) == set()


def _watch(bench: Bench, name: str) -> list[tuple[Argument, ...]]:
    """What is submitted of this command from here on."""
    asked: list[tuple[Argument, ...]] = []
    submit = bench.store.pipeline.submit

    def watched(*command: Argument, **options: object) -> object:
        if command[0] == name:
            asked.append(command)
        return submit(*command, **options)  # type: ignore[arg-type]

    bench.store.pipeline.submit = watched  # type: ignore[method-assign,assignment]
    return asked
