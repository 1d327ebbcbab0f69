"""The first moments after the onset: values in them, and what stands against taking them."""

import numpy as np

from ohmstead.analysis.imtp.parameters import Convention
from ohmstead.analysis.imtp.pull import Pull
from ohmstead.analysis.trace import Floats

_VOID_MS = 250  # a sample lost before this voids every RFD of the trial


class Window:
    """Times are milliseconds after t0. Call a value only when nothing in the matching `against…` forbids it."""

    def __init__(self, pull: Pull) -> None:
        self._pull = pull
        self.base_name = "BW" if pull.plate else "pre-tension"
        self.base_words = "body weight" if pull.plate else "pre-tension"

    # What stands against it.

    def why_no_base(self) -> str | None:
        return self._pull.why_no_weight() if self._pull.plate else self._pull.why_no_quiet()

    def against_span(self, ms: float) -> list[str | None]:
        """Against anything that needs every sample from the onset to `ms`."""
        pull = self._pull
        if pull.begin is None:
            return [pull.why_no_onset()]
        start, stop = pull.begin.before, pull.begin.t + ms / 1000
        lost, clipped = pull.force.lost_within(start, stop), pull.force.saturated_within(pull.begin.t, stop)
        return [
            _ended(ms) if stop > pull.force.t[-1] + 1e-9 else None,
            f"{lost} samples are missing within 0–{ms:g} ms after the onset" if lost else None,
            f"{clipped} samples within 0–{ms:g} ms after the onset are at the limit of the converter"
            if clipped
            else None,
        ]

    def against_rfd(self, ms: float) -> list[str | None]:
        """A sample lost within 0–250 ms voids RFD for the trial, in whatever band it lies."""
        pull = self._pull
        if pull.begin is None:
            return [pull.why_no_onset()]
        lost = pull.force.lost_within(pull.begin.before, pull.begin.t + _VOID_MS / 1000)
        void = f"{lost} samples are missing within 0–{_VOID_MS} ms after the onset: RFD is void" if lost else None
        return [void, *self.against_span(ms)]

    def against_peak_rfd(self, width_ms: float) -> list[str | None]:
        pull = self._pull
        if pull.begin is None:
            return [pull.why_no_onset()]
        to_peak = (pull.peak_t - pull.begin.t) * 1000
        interval_ms = 1000 / pull.force.rate_hz
        return [
            *self.against_rfd(_VOID_MS if to_peak > _VOID_MS else max(to_peak, 0.0)),
            *self.against_span(max(to_peak, 0.0)),
            f"the peak comes {to_peak:.0f} ms after the onset, within the window" if to_peak < width_ms else None,
            f"the window is shorter than the sample interval of {interval_ms:.2g} ms"
            if width_ms < 0.98 * interval_ms
            else None,
        ]

    def against_point(self, ms: float) -> list[str | None]:
        """Against a force at one instant: it, and the onset it is counted from, must have been seen."""
        pull = self._pull
        if pull.begin is None:
            return [pull.why_no_onset()]
        begin, at = pull.begin, pull.begin.t + ms / 1000
        return [
            _ended(ms) if at > pull.force.t[-1] + 1e-9 else None,
            "samples are missing at the onset" if pull.force.lost_within(begin.before, begin.t) else None,
            f"samples are missing at {ms:g} ms" if pull.force.lost_within(at - 1e-9, at + 1e-9) else None,
            f"the converter is at its limit at {ms:g} ms" if self._clipped(at) else None,
        ]

    def no_rise(self) -> str | None:
        """Against what is divided by the peak, or by the time to it."""
        pull = self._pull
        if pull.begin is None:
            return pull.why_no_onset()
        if pull.peak_t <= pull.begin.t:
            return "the peak is the first sample of the pull: a spike"
        return None if pull.peak_force > 0 else f"the peak force is {pull.peak_force:.3g} N"

    def warnings(self, ms: float) -> list[str | None]:
        begin = self._pull.begin
        if begin is None:
            return []
        lost = self._pull.force.lost_within(begin.t, begin.t + ms / 1000)
        return [f"{lost} samples are missing before {ms:g} ms" if lost else None]

    def _clipped(self, at: float) -> bool:
        interval = 1 / self._pull.force.rate_hz
        return self._pull.force.saturated_within(at - interval, at + interval) > 0

    # Values.

    def force(self, ms: float) -> float:
        return self._pull.force.at(self._pull.onset.t + ms / 1000)

    def net(self, ms: float) -> float:
        return self.force(ms) - self._base()

    def rfd(self, ms: float, convention: Convention = Convention.ONSET) -> float:
        start = {
            Convention.ONSET: self._pull.onset.force,
            Convention.BODY_WEIGHT: self._base() if convention is Convention.BODY_WEIGHT else 0.0,
            Convention.BAND_END: 0.0,
        }[convention]
        return (self.force(ms) - start) / (ms / 1000)

    def band(self, start: float, stop: float) -> float:
        return (self.force(stop) - self.force(start)) / ((stop - start) / 1000)

    def peak_rfd(self, width_ms: float) -> float:
        force, width = self._pull.force, width_ms / 1000
        first, last = self._pull.onset.t, self._pull.peak_t
        starts = np.append(first, force.t[(force.t > first) & (force.t + width <= last + 1e-9)])
        rises = np.interp(starts + width, force.t, force.total) - np.interp(starts, force.t, force.total)
        return float(rises.max() / width)

    def average_rfd(self) -> float:
        pull = self._pull
        return (pull.peak_force - pull.onset.force) / (pull.peak_t - pull.onset.t)

    def normalised(self, ms: float) -> float:
        return self.rfd(ms) / self._pull.peak_force * 100

    def impulse(self, ms: float) -> float:
        return self._area(self._pull.force.total, ms, self._base())

    def side_rfd(self, side: str, ms: float) -> float:
        force, start = self._pull.force, self._pull.onset.t
        return (force.side_at(side, start + ms / 1000) - force.side_at(side, start)) / (ms / 1000)

    def side_impulse(self, side: str, ms: float) -> float:
        quiet = self._pull.quiet
        assert quiet is not None
        return self._area(self._pull.force.sides[side], ms, quiet.sides[side])

    def _base(self) -> float:
        assert self._pull.quiet is not None
        return self._pull.quiet.mean

    def _area(self, values: Floats, ms: float, base: float) -> float:
        """Trapezoid over the samples between t0 and t0 + ms, and the interpolated values at both ends."""
        t, start = self._pull.force.t, self._pull.onset.t
        stop = start + ms / 1000
        inner = (t > start) & (t < stop)
        instants = np.concatenate(([start], t[inner], [stop]))
        return float(np.trapezoid(np.interp(instants, t, values) - base, instants))


def _ended(ms: float) -> str:
    return f"the recording ends before {ms:g} ms after the onset"
