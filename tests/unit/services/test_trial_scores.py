"""Which trials may stand in one series, which of a session's is the best, and how many sessions are compared."""

from typing import Any

import pytest

from ohmstead.domain.recording import Run
from ohmstead.services.trial_scores import _series, sessions_to_compare


def row(
    subject: int = 1,
    recording: int = 1,
    *,
    peak: float | None = 2500.0,
    rig: str = "plate",
    onset: str = "5 SD",
    accepted: bool | None = True,
    acceptable: bool = True,
    **metrics: float | None,
) -> tuple[int | None, int, int, bool | None, Run]:
    told = {"peak_force_gross": peak} | metrics
    result: dict[str, Any] = {
        "metrics": [{"key": k, "label": k, "unit": "N", "value": v} for k, v in told.items()],
        "settings": {"rig": rig, "filter": "none", "onset": onset},
        "parameters": {"back_track": False},
        "acceptable": acceptable,
    }
    return subject, recording, recording * 10, accepted, Run(1, 1, 1, 0, "server", {}, result)


def test_the_best_trial_is_the_one_with_the_highest_peak_whatever_is_asked_of_it() -> None:
    rows = [
        row(peak=2500.0, asymmetry_peak_force_bai=-8.0, rfd_0_200=4000.0),
        row(peak=2300.0, asymmetry_peak_force_bai=3.0, rfd_0_200=6000.0),
    ]
    (asymmetry,) = _series(rows, "asymmetry_peak_force_bai", None).scores
    assert (asymmetry.best, asymmetry.mean) == (-8.0, -2.5)
    (rfd,) = _series(rows, "rfd_0_200", None).scores
    assert rfd.best == 4000.0


def test_a_trial_without_the_number_is_no_best_one() -> None:
    (score,) = _series([row(peak=2500.0, rfd_0_200=None), row(peak=2300.0, rfd_0_200=6000.0)], "rfd_0_200", None).scores
    assert (score.best, score.values) == (6000.0, (6000.0,))


def test_rigs_are_never_mixed_and_what_is_left_out_is_said() -> None:
    rows = [row(recording=1, rig="inline"), row(recording=2), row(recording=3)]
    series = _series(rows, "peak_force_gross", None)
    assert [score.recording for score in series.scores] == [2, 3]
    assert series.note == (
        "1 trial measured in another way, left out since it cannot be compared: in-line rig, no filter"
    )
    assert _series(rows[1:], "peak_force_gross", None).note is None


@pytest.mark.parametrize(("metric", "kept"), [("rfd_0_200", [1, 2]), ("peak_force_gross", [1, 2, 3])])
def test_onsets_are_not_mixed_where_they_matter(metric: str, kept: list[int]) -> None:
    rows = [row(recording=n, onset="set by hand" if n == 3 else "5 SD", rfd_0_200=4000.0) for n in (1, 2, 3)]
    assert [score.recording for score in _series(rows, metric, None).scores] == kept


def test_of_ways_that_are_equally_frequent_the_newest_holds() -> None:
    assert [s.recording for s in _series([row(recording=1, rig="inline"), row(recording=2)], "peak_force_gross", None)
            .scores] == [2]  # fmt: skip


@pytest.mark.parametrize(
    ("accepted", "acceptable", "counts"),
    [(True, False, True), (None, True, True), (None, False, False)],
)
def test_a_trial_with_a_problem_counts_only_once_somebody_accepted_it(
    accepted: bool | None, acceptable: bool, counts: bool
) -> None:
    found = _series([row(accepted=accepted, acceptable=acceptable)], "peak_force_gross", None)
    assert len(found.scores) == counts


@pytest.mark.parametrize(
    ("counts", "sessions"),
    [
        ([], None),
        ([9, 1, 1], None),
        ([2, 2], None),  # two people
        ([2, 2, 2], 2),
        ([10, 2, 2, 2], 2),  # one who comes often does not shut out the others
        ([5, 5, 5, 2], 5),
        ([3, 3, 3, 3, 2, 2], 3),
    ],
)
def test_how_many_sessions_are_compared(counts: list[int], sessions: int | None) -> None:
    assert sessions_to_compare(counts) == sessions
