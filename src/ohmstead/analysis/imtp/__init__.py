"""Isometric mid-thigh pull: from the forces of two channels to metrics that name their method.

Columns: `left` and `right`, or `force` alone, in newtons (see `calibration.Calibration.applied` for counts).
Definitions, thresholds and their sources are in the docstrings of the modules here.
"""

from ohmstead.analysis.imtp.analysis import ForceAnalysis

ANALYSIS = ForceAnalysis()
