"""What rates had seen before a restart: their windows are read back from the store, not written with each sample."""

from typing import Final

from ohmstead.domain.condition import Rate
from ohmstead.domain.detector import SLOTS, Slope
from ohmstead.series import SeriesStore
from ohmstead.services.rule_watch import Watch

REPLAYED_AT_ONCE: Final = 200  # journal records


async def remember_slopes(watch: Watch, series: SeriesStore, seen: int) -> None:
    """Fill the windows of rates with everything before what is still to be judged: the records after `seen`."""
    slopes = [one for one in watch.of(Rate) if isinstance(one.detector, Slope)]
    if not slopes:
        return
    first = await _first_unjudged(series, seen, {one.subject for one in slopes})
    for one in slopes:
        if one.subject not in series.last:
            continue
        assert isinstance(one.detector, Slope)
        end = first.get(one.subject, series.last[one.subject][0] + 1)
        # What came before the rule was never judged.
        start = max(end - one.detector.slot_us * (SLOTS + 1), one.rule.changed_at)
        t, v = await series.raw(one.subject, start, end)
        one.detector.remember(t, v)


async def _first_unjudged(series: SeriesStore, seen: int, channels: set[int]) -> dict[int, int]:
    """The earliest instant of each channel among the records that are still to be judged."""
    first: dict[int, int] = {}
    while seen < series.last_record and (records := await series.records(seen, REPLAYED_AT_ONCE)):
        for number, record in records:
            seen = number
            for _, watched, t, _ in record.runs:
                for channel in channels.intersection(watched) if len(t) else ():
                    first[channel] = min(first.get(channel, int(t.min())), int(t.min()))
    return first
