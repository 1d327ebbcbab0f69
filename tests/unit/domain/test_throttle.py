"""Slowing down those who guess."""

from ohmstead.domain.throttle import FORGET_S, FREE_TRIES, LONGEST_S, MOST_KEYS, Throttle

KEYS = ("user:pat", "address:192.168.1.7")


def after(failures: int) -> Throttle:
    throttle = Throttle()
    for _ in range(failures):
        throttle.failed(KEYS, now=100.0)
    return throttle


def test_a_few_slips_cost_nothing() -> None:
    assert after(FREE_TRIES - 1).wait_s(KEYS, 100.0) == 0


def test_each_further_failure_doubles_the_wait() -> None:
    assert [after(FREE_TRIES + n).wait_s(KEYS, 100.0) for n in range(4)] == [2, 4, 8, 16]


def test_the_wait_has_an_end() -> None:
    assert after(500).wait_s(KEYS, 100.0) == LONGEST_S
    assert after(FREE_TRIES).wait_s(KEYS, 102.0) == 0


def test_a_guesser_is_slowed_from_another_address_and_for_another_user() -> None:
    throttle = after(FREE_TRIES)
    assert throttle.wait_s(("user:pat", "address:10.0.0.1"), 100.0) > 0
    assert throttle.wait_s(("user:kim", "address:192.168.1.7"), 100.0) > 0
    assert throttle.wait_s(("user:kim", "address:10.0.0.1"), 100.0) == 0


def test_success_and_time_forgive() -> None:
    throttle = after(FREE_TRIES)
    throttle.succeeded(KEYS)
    assert throttle.wait_s(KEYS, 100.0) == 0
    throttle = after(FREE_TRIES - 1)
    throttle.failed(KEYS, now=100.0 + FORGET_S + 1)
    assert throttle.wait_s(KEYS, 100.0 + FORGET_S + 1) == 0


def test_what_is_remembered_has_an_end_and_the_newest_stay() -> None:
    throttle = after(FREE_TRIES)
    for n in range(2 * MOST_KEYS):
        throttle.failed((f"user:{n}",), now=101.0)
        throttle.failed(("user:pat",), now=101.0)
    assert len(throttle) <= MOST_KEYS + 2
    assert throttle.wait_s(("user:pat",), 101.0) > 0
