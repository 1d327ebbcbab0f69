"""An electrical appliance: inrush peak, RMS, energy, duty cycle, steady-state power.

Columns are told apart by their unit: A, V and W. A current that goes below zero is taken as the wave of an AC
current, anything else as readings of its RMS.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ohmstead import __version__
from ohmstead.analysis.context import Context
from ohmstead.analysis.parameters import Parameter, Value, resolved
from ohmstead.analysis.phases import Phase, phases, threshold_between
from ohmstead.analysis.quality import SECOND_US, Quality, measured, ordered
from ohmstead.analysis.result import Finding, Mark, Metric, Result, Severity
from ohmstead.analysis.trace import Floats, Trace
from ohmstead.domain.errors import InvalidInput

_HOUR_S: Final = 3600.0
_WAVE_SHARE: Final = 0.2  # of the highest value, below zero: more than the offset of a sensor

PARAMETERS: Final = (
    Parameter("voltage_v", "Voltage, where it is not recorded", 230.0, "V", 1.0, 1000.0),
    Parameter("power_factor", "Power factor, where power is not recorded", 1.0, "", 0.01, 1.0),
    Parameter("mains_hz", "Mains frequency", 50.0, "Hz", 10.0, 400.0, note="one period for the RMS of a wave"),
    Parameter("on_above", "On above", None, "", 0.0, note="in the recorded unit; empty: half way between off and on"),
    Parameter("shortest_s", "Shortest phase that counts", 0.0, "s", 0.0, 86_400.0),
    Parameter("settle_s", "Steady from switching on plus", 1.0, "s", 0.0, 3600.0),
    Parameter("longest_gap_s", "Integrate across gaps of at most", 60.0, "s", 0.0, 86_400.0),
)


@dataclass(frozen=True, slots=True)
class _Signal:
    """One quantity in seconds from `origin_us`; `level` is what on and off are judged by."""

    t: Floats
    values: Floats
    level: Floats
    origin_us: int
    unit: str
    quality: Quality
    wave: bool


class ApplianceAnalysis:
    """Any columns, at least one of them in A or W. Only the first of each unit, by name, is analysed."""

    name = "appliance"
    label = "Electrical appliance"
    version = "1"
    parameters: Sequence[Parameter] = PARAMETERS

    def run(self, columns: Mapping[str, Trace], context: Context, parameters: Mapping[str, Any]) -> Result:
        settings = resolved(self.parameters, parameters)
        by_unit: dict[str, str] = {}
        for name in sorted(columns):
            by_unit.setdefault(columns[name].unit, name)
        if "A" not in by_unit and "W" not in by_unit:
            raise InvalidInput(f"an appliance needs a column in A or W; found {', '.join(sorted(by_unit)) or 'none'}")
        signals: dict[str, _Signal] = {
            unit: _signal(columns[by_unit[unit]], context, float(settings["mains_hz"] or 0))
            for unit in ("A", "V", "W")
            if unit in by_unit
        }
        leading = signals.get("W") or signals["A"]
        threshold = _number(settings, "on_above") or threshold_between(leading.level)
        on = phases(leading.t, leading.level, threshold, float(settings["shortest_s"] or 0)) if threshold else []
        sheet = _Sheet(settings, leading, threshold, on)
        if "A" in signals:
            sheet.current(signals["A"])
        sheet.power(signals)
        sheet.cycles()
        return Result(
            analysis=self.name,
            version=self.version,
            software=__version__,
            parameters=settings,
            settings={
                "columns": {unit: by_unit[unit] for unit in signals},
                "wave": leading.wave,
                "on_above": threshold,
                "on_above_unit": leading.unit,
                "filter": "none",
                "rate_hz": leading.quality.rate_hz,
                "jitter_us": leading.quality.jitter_us,
            },
            metrics=tuple(sheet.metrics),
            findings=_findings(signals, by_unit),
            marks=_marks(leading, on),
            quality={by_unit[unit]: one.quality.as_json() for unit, one in signals.items()},
        )


class _Sheet:
    def __init__(
        self, settings: Mapping[str, Value], leading: _Signal, threshold: float | None, on: Sequence[Phase]
    ) -> None:
        self._settings, self._leading, self._threshold, self._on = settings, leading, threshold, on
        self._longest = _number(settings, "longest_gap_s") or 0.0
        self.metrics: list[Metric] = []

    def current(self, signal: _Signal) -> None:
        empty = None if len(signal.t) > 1 else "there are too few samples"
        self._add("inrush_peak", "Inrush peak", "A", "max |I|", lambda: _inrush(signal), empty, 3,
                  "of the wave" if signal.wave else "of RMS readings")  # fmt: skip
        self._add("rms_current", "RMS current", "A", "√(∫I² dt ÷ t) over the time covered",
                  lambda: self._mean(signal.t, signal.values**2) ** 0.5,
                  empty or self._uncovered(signal), 3)  # fmt: skip
        steady = self._steady(signal)
        why = empty or (None if len(steady) else "nothing was on for long enough")
        self._add("steady_current", "Steady-state current", "A", "median while on, after settling",
                  lambda: float(np.median(signal.level[steady])), why, 3)  # fmt: skip
        self._add("inrush_ratio", "Inrush peak ÷ steady-state current", "", "max |I| ÷ steady-state current",
                  lambda: _inrush(signal) / float(np.median(signal.level[steady])), why, 1)  # fmt: skip

    def power(self, signals: Mapping[str, _Signal]) -> None:
        signal, method = self._power_of(signals)
        empty = (None if len(signal.t) > 1 else "there are too few samples") or self._uncovered(signal)
        steady = self._steady(signal)
        self._add("energy", "Energy", "Wh", f"∫P dt by trapezoid; {method}",
                  lambda: self._integral(signal.t, signal.values) / _HOUR_S, empty, 3)  # fmt: skip
        self._add("mean_power", "Mean power", "W", f"energy ÷ time covered; {method}",
                  lambda: self._mean(signal.t, signal.values), empty)  # fmt: skip
        self._add("peak_power", "Peak power", "W", f"max P; {method}", lambda: float(signal.values.max()), empty)
        self._add("steady_power", "Steady-state power", "W", f"median while on, after settling; {method}",
                  lambda: float(np.median(signal.values[steady])),
                  empty or (None if len(steady) else "nothing was on for long enough"))  # fmt: skip

    def cycles(self) -> None:
        signal, on = self._leading, self._on
        why = self._uncovered(signal) or (None if self._threshold else "the level never changed enough to be switched")
        above = f"on above {self._threshold:.4g} {signal.unit}" if self._threshold else "on and off"
        on_times = [float(signal.t[min(p.last + 1, len(signal.t) - 1)] - signal.t[p.first]) for p in on]
        starts = [float(signal.t[p.first]) for p in on if p.first > 0]
        self._add("duty_cycle", "Duty cycle", "%", f"time on ÷ time recorded; {above}",
                  lambda: sum(on_times) / float(signal.t[-1] - signal.t[0]) * 100, why)  # fmt: skip
        self._add("cycles", "Times switched on", "", above, lambda: float(len(starts)), why, 0)
        whole = [length for length, phase in zip(on_times, on, strict=True) if phase.whole]
        self._add("cycle_on", "Time on per cycle", "s", f"mean of the whole phases; {above}",
                  lambda: float(np.mean(whole)), why or (None if whole else "no phase was seen whole"))  # fmt: skip
        self._add("cycle_period", "Time from switching on to switching on", "s", f"mean; {above}",
                  lambda: (starts[-1] - starts[0]) / (len(starts) - 1),
                  why or (None if len(starts) > 1 else "switched on fewer than two times"))  # fmt: skip

    def _power_of(self, signals: Mapping[str, _Signal]) -> tuple[_Signal, str]:
        """Recorded power, or current (as RMS) × voltage × power factor."""
        if "W" in signals:
            return signals["W"], "power as recorded"
        current, factor = signals["A"], _number(self._settings, "power_factor") or 1.0
        voltage, words = signals.get("V"), "recorded voltage"
        if voltage is not None and len(voltage.t) and len(current.t):
            late = (voltage.origin_us - current.origin_us) / SECOND_US
            volts: Floats | float = np.interp(current.t, voltage.t + late, voltage.level)
        else:
            volts = _number(self._settings, "voltage_v") or 0.0
            words = f"{volts:g} V"
        power = np.asarray(current.level * volts * factor)
        made = _Signal(current.t, power, power, current.origin_us, "W", current.quality, wave=False)
        return made, f"RMS current × {words} × power factor {factor:g}"

    def _steady(self, signal: _Signal) -> np.ndarray:
        """Samples that lie in a phase, past its settling."""
        lead, settle = self._leading, _number(self._settings, "settle_s") or 0.0
        t = signal.t + (signal.origin_us - lead.origin_us) / SECOND_US
        inside = np.zeros(len(t), np.bool_)
        if self._threshold is None and len(lead.t):
            inside |= t >= lead.t[0] + settle
        for phase in self._on:
            inside |= (t >= lead.t[phase.first] + settle) & (t <= lead.t[phase.last])
        return np.flatnonzero(inside)

    def _integral(self, t: Floats, values: Floats) -> float:
        steps, means = np.diff(t), (values[1:] + values[:-1]) / 2
        bridged = steps <= self._longest
        return float((means[bridged] * steps[bridged]).sum())

    def _mean(self, t: Floats, values: Floats) -> float:
        return self._integral(t, values) / self._integral(t, np.ones(len(t)))

    def _uncovered(self, signal: _Signal) -> str | None:
        if len(signal.t) > 1 and self._integral(signal.t, np.ones(len(signal.t))) > 0:
            return None
        return f"no two samples lie within {self._longest:g} s of each other"

    def _add(
        self,
        key: str,
        label: str,
        unit: str,
        method: str,
        compute: Callable[[], float],
        reason: str | None,
        decimals: int = 1,
        convention: str | None = None,
    ) -> None:
        value = float(compute()) if reason is None else None
        self.metrics.append(Metric(key, label, value, unit, method, convention, reason, None, decimals))


def _signal(trace: Trace, context: Context, mains_hz: float) -> _Signal:
    quality, clean = measured(trace, context.lost_us), ordered(trace)
    values = clean.values
    origin = int(clean.t_us[0]) if len(clean) else 0
    wave = len(values) > 1 and trace.unit in ("A", "V") and float(values.min()) < -_WAVE_SHARE * float(values.max())
    level = values
    if wave and quality.nominal_hz:
        width = max(1, min(len(values), round(quality.nominal_hz / mains_hz)))
        level = np.sqrt(np.convolve(values**2, np.ones(width) / width, mode="same"))
    return _Signal((clean.t_us - origin) / SECOND_US, values, level, origin, trace.unit, quality, wave)


def _inrush(signal: _Signal) -> float:
    return float(np.abs(signal.values).max())


def _findings(signals: Mapping[str, _Signal], names: Mapping[str, str]) -> tuple[Finding, ...]:
    found = []
    for unit, signal in signals.items():
        name, quality = names[unit], signal.quality
        if not quality.samples:
            found.append(Finding("empty_channel", Severity.PROBLEM, f"{name}: no samples"))
        if quality.lost:
            message = f"{name}: {quality.lost} samples are missing, in {len(quality.gaps)} gaps"
            found.append(Finding("gaps", Severity.WARNING, message, quality.lost, 0, "samples"))
        if quality.saturated:
            message = f"{name}: {quality.saturated} samples at the limit of the sensor; the true peak is higher"
            found.append(Finding("saturated", Severity.PROBLEM, message, quality.saturated, 0, "samples"))
    return tuple(found)


def _marks(signal: _Signal, on: Sequence[Phase]) -> tuple[Mark, ...]:
    marks = [
        Mark("on", "Switched on", _at(signal, phase.first), float(signal.values[phase.first])) for phase in on[:100]
    ]
    if len(signal.t):
        peak = int(np.argmax(np.abs(signal.values)))
        marks.append(Mark("peak", "Peak", _at(signal, peak), float(signal.values[peak])))
    return tuple(marks)


def _at(signal: _Signal, index: int) -> int:
    return signal.origin_us + round(float(signal.t[index]) * SECOND_US)


def _number(settings: Mapping[str, Value], key: str) -> float | None:
    value = settings[key]
    assert value is None or isinstance(value, float)
    return value


ANALYSIS = ApplianceAnalysis()
