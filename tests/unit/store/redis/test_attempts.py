"""How long is waited between two attempts to connect."""

from alphasync.store.redis.attempts import backoff


def test_backoff_grows_to_a_second_with_jitter() -> None:
    assert backoff(0) == 0
    for attempt in range(1, 50):
        ceiling = min(1.0, 0.05 * 2**attempt)
        assert ceiling / 2 <= backoff(attempt) <= ceiling
    assert len({backoff(5) for _ in range(20)}) > 1
