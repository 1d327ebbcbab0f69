"""The numbers of a pull. t0 is the onset, BW the quiet force on a plate, F(t) interpolated linearly at t0 + t."""

from functools import partial
from typing import Final

from ohmstead.analysis.imtp.asymmetry import asymmetries
from ohmstead.analysis.imtp.parameters import Convention, number
from ohmstead.analysis.imtp.pull import Pull
from ohmstead.analysis.imtp.sheet import Sheet
from ohmstead.analysis.imtp.support import LATE_FROM_MS, Level
from ohmstead.analysis.imtp.window import Window
from ohmstead.analysis.result import Metric

FORCE_MS: Final = (50, 90, 100, 150, 200, 250)
RFD_MS: Final = (50, 100, 150, 200, 250)
BANDS_MS: Final = ((50, 100), (100, 150), (100, 200), (150, 200), (200, 250))
IMPULSE_MS: Final = (100, 200, 250, 300)
ALLOMETRIC: Final = 0.67

_CONVENTIONS: Final = {
    Convention.ONSET: ("rfd_0_{}", "(F({0} ms) − F(t0)) ÷ {0} ms", "from the force at onset"),
    Convention.BODY_WEIGHT: ("rfd_0_{}_bw", "(F({0} ms) − BW) ÷ {0} ms", "from body weight (imtp-processor)"),
    Convention.BAND_END: ("rfd_0_{}_end", "F({0} ms) ÷ {0} ms", "force at band end ÷ band time (wording of Haff 2015)"),
}


def metrics(pull: Pull) -> tuple[Metric, ...]:
    sheet, window = Sheet(pull), Window(pull)
    _peak(sheet, pull)
    _force_at(sheet, pull, window)
    _rfd(sheet, pull, window)
    _impulse(sheet, window)
    asymmetries(sheet, pull, window)
    return tuple(sheet.metrics)


def _peak(sheet: Sheet, pull: Pull) -> None:
    quiet, peak = pull.quiet, pull.peak_force
    sheet.group("Peak force")
    clipped = pull.force.saturated_within(*pull.extent) if pull.blocked is None else 0
    capped = (
        f"{clipped} samples of the pull are at the limit of the converter: the true peak is higher" if clipped else None
    )
    lost = pull.force.lost_within(pull.peak_t - 0.05, pull.peak_t + 0.05) if pull.blocked is None else 0
    warning = [f"{lost} samples are missing around the peak" if lost else None]
    level = Level.PEAK
    if pull.plate:
        sheet.add("body_weight", "Body weight", "N", "mean of the weighing window",
                  lambda: quiet.mean if quiet else 0.0, level=level, against=[pull.why_no_weight()])  # fmt: skip
    else:
        sheet.add("pre_tension", "Pre-tension", "N", "mean of the quiet window",
                  lambda: quiet.mean if quiet else 0.0, level=level, against=[pull.why_no_quiet()])  # fmt: skip
    sheet.add("peak_force_gross", "Peak force, gross", "N", "max F", lambda: peak, level=level, against=[capped],
              warnings=warning, convention="with body weight" if pull.plate else "with pre-tension")  # fmt: skip
    bare = [capped, pull.why_no_weight() if pull.plate else pull.why_no_quiet()]
    sheet.add("peak_force_net", "Peak force, net", "N", "max F − BW" if pull.plate else "max F − pre-tension",
              lambda: pull.rise or 0.0, level=level, against=bare, warnings=warning,
              convention="above body weight" if pull.plate else "above pre-tension")  # fmt: skip
    mass, source = pull.body_mass()
    for power, name, unit, formula in (
        (1.0, "relative", "N/kg", "PF ÷ BM"),
        (ALLOMETRIC, "allometric", "N/kg^0.67", "PF ÷ BM^0.67"),
    ):
        for kind, force, against in (("gross", peak, [capped]), ("net", pull.rise or 0.0, bare)):
            sheet.add(f"peak_force_{name}_{kind}", f"Peak force, {name}, {kind}", unit, f"{formula}; {source}",
                      partial(_divided, force, mass, power), level=level, decimals=2, convention=kind,
                      against=[None if mass else source, *against], warnings=warning)  # fmt: skip
    late = [pull.why_no_onset(), capped]
    sheet.add("time_to_peak", "Time to peak force", "ms", "tPF − t0", lambda: (pull.peak_t - pull.onset.t) * 1000,
              level=Level.FULL, against=late, warnings=["poor reliability between sessions"], decimals=0)  # fmt: skip


def _divided(force: float, mass: float | None, power: float) -> float:
    assert mass is not None
    return float(force / mass**power)


def _force_at(sheet: Sheet, pull: Pull, window: Window) -> None:
    sheet.group("Force at fixed times")
    for ms in FORCE_MS:
        level = Level.LATE if ms >= LATE_FROM_MS else Level.FULL
        against, warnings = window.against_point(ms), window.warnings(ms)
        sheet.add(f"force_{ms}_gross", f"Force at {ms} ms, gross", "N", f"F(t0 + {ms} ms)",
                  partial(window.force, ms), level=level, against=against, warnings=warnings,
                  convention="with body weight" if pull.plate else "with pre-tension")  # fmt: skip
        sheet.add(f"force_{ms}_net", f"Force at {ms} ms, net", "N", f"F(t0 + {ms} ms) − {window.base_name}",
                  partial(window.net, ms), level=level, against=[*against, window.why_no_base()], warnings=warnings,
                  convention=f"above {window.base_words}")  # fmt: skip


def _rfd(sheet: Sheet, pull: Pull, window: Window) -> None:
    chosen = Convention(str(pull.settings["rfd_convention"]))
    sheet.group("Rate of force development")
    for convention in sorted(Convention, key=lambda one: one is not chosen):
        key, formula, words = _CONVENTIONS[convention]
        only = pull.why_no_weight() if convention is Convention.BODY_WEIGHT else None
        for ms in RFD_MS:
            sheet.add(key.format(ms), f"RFD 0–{ms} ms", "N/s", formula.format(ms),
                      partial(window.rfd, ms, convention), level=Level.FULL, against=[only, *window.against_rfd(ms)],
                      convention=words, decimals=0, shown=convention is chosen)  # fmt: skip
    for start, stop in BANDS_MS:
        sheet.add(f"rfd_{start}_{stop}", f"RFD {start}–{stop} ms", "N/s",
                  f"(F({stop} ms) − F({start} ms)) ÷ {stop - start} ms", partial(window.band, start, stop),
                  level=Level.FULL, against=window.against_rfd(stop), decimals=0, convention="band")  # fmt: skip
    width = number(pull.settings, "peak_rfd_ms")
    sheet.add(f"peak_rfd_{width:g}ms", f"Peak RFD ({width:g} ms window)", "N/s",
              f"max (F(t + {width:g} ms) − F(t)) ÷ {width:g} ms from t0 to the peak",
              partial(window.peak_rfd, width), level=Level.FULL, against=window.against_peak_rfd(width),
              decimals=0)  # fmt: skip
    sheet.add("average_rfd", "Average RFD to peak", "N/s", "(PF − F(t0)) ÷ (tPF − t0)", window.average_rfd,
              level=Level.FULL, against=[*window.against_rfd(250), window.no_rise()],
              warnings=["unreliable (Haff 2015)"], decimals=0, shown=False)  # fmt: skip
    for ms in (100, 200, 250):
        sheet.add(f"normalised_rfd_0_{ms}", f"Normalised RFD 0–{ms} ms", "%/s", f"RFD 0–{ms} ms ÷ gross PF × 100",
                  partial(window.normalised, ms), level=Level.FULL, against=[*window.against_rfd(ms), window.no_rise()],
                  convention="from the force at onset; gross peak force", shown=False)  # fmt: skip


def _impulse(sheet: Sheet, window: Window) -> None:
    sheet.group("Impulse")
    for ms in IMPULSE_MS:
        sheet.add(f"impulse_0_{ms}", f"Impulse 0–{ms} ms, net", "N·s",
                  f"trapezoid of F − {window.base_name} from t0 to {ms} ms", partial(window.impulse, ms),
                  level=Level.FULL, against=[*window.against_span(ms), window.why_no_base()],
                  convention=f"net of {window.base_words}", decimals=2)  # fmt: skip
