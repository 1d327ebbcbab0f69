"""What can be worked out from a recording. Pure: columns in, a result out; no clock, no storage, no network.

An analysis is a module of this package (or a package in it) that ends in `ANALYSIS = …`; that is all it takes to be
found. Importing any of them is cheap: scipy and fpdf2 are imported where they are first needed.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ohmstead.analysis.context import Context, Rig
from ohmstead.analysis.parameters import Parameter, resolved, schema
from ohmstead.analysis.result import Finding, Mark, Metric, Result, Severity
from ohmstead.analysis.trace import Trace

__all__ = [
    "Analysis",
    "Context",
    "Finding",
    "Mark",
    "Metric",
    "Parameter",
    "Result",
    "Rig",
    "Severity",
    "Trace",
    "resolved",
    "schema",
]


class Analysis(Protocol):
    """One way to look at a recording. Stateless: the same input gives the same result, to the last bit."""

    name: str
    label: str
    version: str  # rises with every change that may change a number
    parameters: Sequence[Parameter]

    def run(self, columns: Mapping[str, Trace], context: Context, parameters: Mapping[str, Any]) -> Result:
        """Analyse one trial, or one whole recording. Parameters not given take their defaults.

        A trace that cannot be analysed is an ordinary result, with findings and withheld metrics.
        Raises InvalidInput for parameters out of bounds, and for columns that this analysis does not know.
        """
