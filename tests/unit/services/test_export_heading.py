"""The heading of an export is made of names that devices choose."""

import csv
import io
from typing import Any

import pytest


@pytest.mark.parametrize("key", ["=HYPERLINK(1)", "+1", "-1+1", "@SUM(1)", '=1,"2"'])
async def test_no_name_is_a_formula_in_whose_sheet_it_lands(world: Any, key: str) -> None:
    known = await world.device()
    await world.send(known, {0: {key: 1.0}})
    pieces = [piece async for piece in world.app.exports.csv([known.device.channels[key]], 0, 1 << 60)]
    heading, _ = csv.reader(io.StringIO(b"".join(pieces).decode()))
    assert heading == ["t", f"'{key}"]
