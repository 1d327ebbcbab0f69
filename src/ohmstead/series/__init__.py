"""The block store: every sample of every channel, as columns."""

from ohmstead.series.charts import Chart
from ohmstead.series.layout import Layout
from ohmstead.series.other_process import SeriesReader
from ohmstead.series.reader import TooManySamples
from ohmstead.series.store import SeriesStore

__all__ = ["Chart", "Layout", "SeriesReader", "SeriesStore", "TooManySamples"]
