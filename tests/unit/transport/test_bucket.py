"""The token bucket."""

from alphasync.transport import Bucket


def taken(bucket: Bucket, now: float, tries: int) -> int:
    return sum(bucket.take(now) for _ in range(tries))


def test_so_many_at_once_and_no_more() -> None:
    bucket = Bucket(rate=10, burst=5)
    assert taken(bucket, 100.0, 20) == 5
    assert taken(bucket, 100.0, 20) == 0


def test_so_many_a_second_after_that() -> None:
    bucket = Bucket(rate=10, burst=5)
    taken(bucket, 100.0, 5)
    assert taken(bucket, 100.05, 5) == 0
    assert taken(bucket, 100.11, 5) == 1
    assert taken(bucket, 100.3, 5) == 1


def test_a_long_rest_gives_no_more_than_the_burst() -> None:
    bucket = Bucket(rate=10, burst=5)
    taken(bucket, 100.0, 5)
    assert taken(bucket, 10_000.0, 50) == 5
