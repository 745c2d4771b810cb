"""The token bucket."""

import pytest

from alphasync.transport import Bucket, Buckets


def taken(bucket: Bucket, now: float, tries: int) -> int:
    return sum(bucket.acquire(now) for _ in range(tries))


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


def test_what_is_owed_has_to_come_first() -> None:
    bucket = Bucket(rate=10, burst=5)
    bucket.owe(100.0, 7)
    assert bucket.reserve(100.0, 0.25) is None
    assert bucket.reserve(100.0, 0.35) == pytest.approx(0.3)
    assert taken(bucket, 101.0, 20) == 5, "and a long rest gives no more than the burst"


def test_one_that_is_not_there_yet_can_be_waited_for() -> None:
    bucket = Bucket(rate=10, burst=2)
    assert [bucket.reserve(100.0, 0.25) for _ in range(4)] == [0, 0, 0.1, 0.2]
    assert bucket.reserve(100.0, 0.25) is None, "that would take 0.3 s"
    assert bucket.reserve(100.0, 0.25) is None, "and what is refused takes nothing"
    assert not bucket.acquire(100.1)
    assert bucket.reserve(100.1, 0.25) == pytest.approx(0.2)


def test_each_name_has_its_own_and_the_newest_are_kept() -> None:
    buckets = Buckets(rate=10, burst=1, most=2)

    def acquire(name: str) -> bool:
        return buckets.of(name, 100.0).acquire(100.0)

    assert acquire("a")
    assert acquire("b")
    assert not acquire("a")
    assert acquire("c")  # b was asked for longer ago than a
    assert not acquire("a")
    assert acquire("b")


def test_those_that_are_full_again_are_not_kept() -> None:
    buckets = Buckets(rate=10, burst=5)
    for number in range(1_000):
        now = 100.0 + number * 0.05
        assert buckets.of(f"passer-by {number}", now).acquire(now)
    assert len(buckets._buckets) <= 3, "each was full 0.1 s later"


def test_one_that_owes_something_is_kept_as_it_is() -> None:
    buckets = Buckets(rate=10, burst=5)
    buckets.of("a", 100.0).owe(100.0, 25)
    for number in range(10):
        assert buckets.of(f"passer-by {number}", 101.0).acquire(101.0)
    assert buckets.of("a", 101.0).left(101.0) == -10
    assert buckets.of("one more", 103.0).acquire(103.0)
    assert "a" in buckets._buckets, "it was asked for later than the others"


def test_several_at_once_are_taken_whole_or_not_at_all() -> None:
    bucket = Bucket(rate=10, burst=5)
    assert bucket.acquire(100.0, 3)
    assert not bucket.acquire(100.0, 3)
    assert bucket.acquire(100.0, 2)
    assert bucket.acquire(200.0, 7), "more than it can hold is all that it can hold"
    assert bucket.left(200.0) == 0


def test_what_is_given_back_is_there_again_and_no_more() -> None:
    bucket = Bucket(rate=10, burst=5)
    bucket.acquire(100.0, 2)
    bucket.give_back(2)
    bucket.give_back(2)
    assert bucket.left(100.0) == 5


def test_it_can_be_lowered_and_not_raised() -> None:
    bucket = Bucket(rate=10, burst=5)
    bucket.lower(100.0, 2.5)
    bucket.lower(100.0, 4)
    assert taken(bucket, 100.0, 5) == 2
