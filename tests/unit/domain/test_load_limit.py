"""Keeping below a limit: in which order outputs go and come back, and that nothing flaps."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.load_limit import Keeper, Load, LoadLimit, Shed, step, taken_over
from ohmstead.domain.telemetry import SECOND

T0 = 1_763_683_200_000_000
LIMIT = LoadLimit(3000.0, margin_w=200.0, over_s=10, under_s=60)


@dataclass
class House:
    """A connection with outputs of known watts; a sample every five seconds."""

    watts: dict[int, float]
    priority: dict[int, int]
    base_w: float = 500.0
    metered: bool = True
    keeper: Keeper = field(default_factory=Keeper)
    off: set[int] = field(default_factory=set)
    at: int = T0
    events: list[tuple[str, int]] = field(default_factory=list)
    peak_s: int = 0

    @property
    def total_w(self) -> float:
        return self.base_w + sum(w for output, w in self.watts.items() if output not in self.off)

    def run(self, seconds: int, limit: LoadLimit = LIMIT) -> "House":
        for _ in range(seconds // 5):
            self.at += 5 * SECOND
            on = [
                Load(o, self.priority[o], w if self.metered else None)
                for o, w in self.watts.items()
                if o not in self.off
            ]
            self.peak_s = self.peak_s + 5 if self.total_w > limit.limit_w else 0
            done = step(self.keeper, limit, self.total_w, self.at, on, {})
            self.keeper = done.keeper
            if done.shed is not None:
                self.off.add(done.shed)
                self.events.append(("shed", done.shed))
            if done.restore is not None:
                self.off.discard(done.restore.output)
                self.events.append(("restored", done.restore.output))
        return self


def a_house(**changes: Any) -> House:
    return House({1: 2000.0, 2: 1500.0, 3: 1000.0}, {1: 30, 2: 10, 3: 20}, **changes)


def test_the_lowest_priority_goes_first_until_it_fits() -> None:
    assert a_house().run(300).events == [("shed", 2), ("shed", 3)]  # 5000 W, then 3500 W, then 2500 W


def test_a_short_peak_sheds_nothing() -> None:
    house = a_house().run(5)
    house.base_w = 0
    house.off.add(1)
    assert house.run(300).events == []


def test_they_come_back_in_the_opposite_order_when_there_is_room() -> None:
    house = a_house().run(300)
    house.off.add(1)  # somebody has switched the heater off
    assert house.run(600).events[2:] == [("restored", 3)]  # 500 + 1000 fits; with 1500 more it would be 3000
    house.base_w = 100
    assert house.run(600).events[3:] == [("restored", 2)]


@pytest.mark.parametrize("metered", [True, False])
def test_nothing_flaps_at_the_edge(metered: bool) -> None:
    house = a_house(metered=metered).run(7200)
    assert len(house.events) == 2  # shed twice in two hours, and never tried again: there is no room


def test_without_meters_of_their_own_the_fall_of_the_load_is_learned() -> None:
    house = a_house(metered=False).run(300)
    assert [one.watts for one in house.keeper.shed] == [1500.0, 1000.0]


def test_of_equal_priority_the_bigger_one_goes() -> None:
    house = House({1: 500.0, 2: 2000.0, 3: 1000.0}, {1: 1, 2: 1, 3: 1}).run(60)
    assert house.events == [("shed", 2)]


def test_with_nothing_to_shed_it_only_waits() -> None:
    house = House({}, {}, base_w=9000.0).run(600)
    assert house.events == []


def test_what_a_person_switched_on_again_is_theirs() -> None:
    house = a_house().run(300)
    house.keeper = taken_over(house.keeper, 2)
    assert [one.output for one in house.keeper.shed] == [3]


def test_after_a_restart_it_goes_on_from_what_is_shed() -> None:
    house = a_house().run(300)
    house.keeper = Keeper(tuple(Shed(s.output, s.state, s.watts) for s in house.keeper.shed))
    house.off.add(1)
    assert house.run(600).events[2:] == [("restored", 3)]


@given(
    st.dictionaries(st.integers(1, 8), st.floats(50, 3000), min_size=1, max_size=8),
    st.lists(st.floats(0, 3500), min_size=1, max_size=20),
)
def test_it_always_ends_below_the_limit_or_with_nothing_left_to_shed(
    watts: dict[int, float], bases: list[float]
) -> None:
    house = House(watts, {output: output for output in watts})
    for base in bases:
        house.base_w = base
        house.run(400)
        assert house.total_w <= LIMIT.limit_w or house.off == set(watts)
        assert [one.output for one in house.keeper.shed] == sorted(house.off)  # lowest first: it is a stack


@pytest.mark.parametrize(
    "fields", [{"limit_w": 0}, {"limit_w": 100, "margin_w": 100}, {"limit_w": 5, "margin_w": 1, "over_s": -1},
               {"limit_w": 500, "under_s": 1e9}],
)  # fmt: skip
def test_limits_have_bounds(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        LoadLimit(**fields)
