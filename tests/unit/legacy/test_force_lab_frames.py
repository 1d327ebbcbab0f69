"""What a device of system 002 writes beside its samples must not stop who looks at them."""

import pytest

from ohmstead.dialects import load_cell
from ohmstead.legacy.force_lab_frames import samples_of


def test_samples_are_handed_on_as_they_were_written() -> None:
    assert samples_of('{"samples":[{"t":1,"l":2,"r":3.5}]}') == [{"t": 1, "l": 2, "r": 3.5}]


@pytest.mark.parametrize(
    "frame",
    [
        '{"samples":[{"t":1,"l":2,"r":3}],"beside":1e999}',
        '{"samples":[{"t":1,"l":1e999,"r":2},{"t":2,"l":1,"r":2}]}',
        '{"samples":[{"t":1,"l":2,"r":3}],"beside":"\\ud800"}',
    ],
)
def test_what_only_a_tolerant_reader_takes_is_left_out(frame: str) -> None:
    assert load_cell.read(frame).ms  # the samples themselves are stored
    assert samples_of(frame) == []
