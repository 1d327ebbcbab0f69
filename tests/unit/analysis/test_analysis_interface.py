"""Analyses are found by their place, describe their parameters, and cost a starting server nothing."""

import subprocess
import sys

import pytest

import ohmstead.analysis
from ohmstead.analysis import Parameter, resolved, schema
from ohmstead.domain.errors import InvalidInput
from ohmstead.runtime.plugins import discover


def test_every_analysis_is_found_and_describes_itself() -> None:
    found = discover(ohmstead.analysis, "ANALYSIS")
    assert set(found) == {"imtp", "appliance"}
    for one in found.values():
        defaults = resolved(one.parameters, {})
        assert resolved(one.parameters, defaults) == defaults
        assert one.version
        assert one.label
        assert [row["key"] for row in schema(one.parameters)] == list(defaults)


def test_finding_them_imports_neither_scipy_nor_fpdf() -> None:
    words = (
        "import sys, ohmstead.analysis as a; from ohmstead.runtime.plugins import discover; "
        "discover(a, 'ANALYSIS'); print(sorted({'scipy', 'fpdf'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True).stdout == "[]\n"


ROWS = (Parameter("a", "A", 1.0, "s", 0.0, 2.0), Parameter("b", "B", None, lowest=0.0), Parameter("c", "C", False),
        Parameter("d", "D", "x", choices=("x", "y")))  # fmt: skip


def test_defaults_fill_what_was_not_given() -> None:
    assert resolved(ROWS, {"a": 2, "d": "y"}) == {"a": 2.0, "b": None, "c": False, "d": "y"}


@pytest.mark.parametrize(
    "given", [{"a": 3}, {"a": -1}, {"a": "1"}, {"a": True}, {"a": None}, {"b": -1}, {"c": 1}, {"d": "z"}, {"e": 1}]
)
def test_what_is_out_of_bounds_or_unknown_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        resolved(ROWS, given)
