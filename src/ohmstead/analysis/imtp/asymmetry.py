"""Left beside right. A pull with both sides is put over their total; the other formula is offered by its name.

Direction flips in 21–38 % of people between sessions: a number to watch over time, never a verdict.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from ohmstead.analysis.imtp.pull import Pull
from ohmstead.analysis.imtp.sheet import Sheet
from ohmstead.analysis.imtp.support import Level
from ohmstead.analysis.imtp.window import Window

BAI: Final = "(L − R) ÷ (L + R) × 100 %; positive: left is higher"
MAX_MIN: Final = "(max − min) ÷ max × 100 %; without a side"
RFD_MS: Final = (100, 200, 250)
IMPULSE_MS: Final = (100, 200, 300)

_CHAIN: Final = "in line, left and right are sides of the pulling chain, not legs"

Pair = tuple[float, float]


def bilateral(left: float, right: float) -> float:
    """Bilateral asymmetry index in percent (Bishop 2016, 2018): the difference over the total."""
    return (left - right) / (left + right) * 100


def max_min(left: float, right: float) -> float:
    """Percent of the stronger side (for one-sided tests)."""
    return (max(left, right) - min(left, right)) / max(left, right) * 100


def asymmetries(sheet: Sheet, pull: Pull, window: Window) -> None:
    sheet.group("Asymmetry")
    alone = None if pull.force.sides else "the sides were not measured"
    only = [alone]
    chain = None if pull.plate else _CHAIN
    at_peak = {side: partial(pull.force.side_at, side, pull.peak_t) for side in ("left", "right")}
    clipped = "a side is at the limit of the converter" if pull.blocked is None and pull.clipped else None
    for side, value in at_peak.items():
        sheet.add(f"{side}_at_peak", f"{side.capitalize()} at peak force", "N", f"{side} at max F", value,
                  level=Level.PEAK, against=[*only, clipped], warnings=[chain], convention="gross")  # fmt: skip
    _both(sheet, pull, "peak_force", "peak force", "gross force at the instant of max F",
          lambda: (at_peak["left"](), at_peak["right"]()), Level.PEAK, [*only, clipped], chain)  # fmt: skip
    for ms in RFD_MS:
        _both(sheet, pull, f"rfd_0_{ms}", f"RFD 0–{ms} ms", f"RFD 0–{ms} ms of each side from the common onset",
              partial(_sides, partial(window.side_rfd, ms=ms)), Level.FULL,
              [*only, *window.against_rfd(ms)], chain)  # fmt: skip
    for ms in IMPULSE_MS:
        _both(sheet, pull, f"impulse_0_{ms}", f"impulse 0–{ms} ms",
              f"impulse 0–{ms} ms of each side, net of its own quiet force",
              partial(_sides, partial(window.side_impulse, ms=ms)), Level.FULL,
              [*only, *window.against_span(ms), pull.why_no_quiet()], chain)  # fmt: skip


def _sides(value: Callable[[str], float]) -> Pair:
    return value("left"), value("right")


def _both(
    sheet: Sheet,
    pull: Pull,
    key: str,
    label: str,
    words: str,
    pair: Callable[[], Pair],
    level: Level,
    against: list[str | None],
    chain: str | None,
) -> None:
    """One quantity by both formulas."""
    allowed = pull.blocked is None and pull.support.withheld(level) is None and not any(against)
    left, right = pair() if allowed else (0.0, 0.0)
    pulled = allowed and (left <= 0 or right <= 0)
    against = [*against, f"a side does not pull (left {left:.3g}, right {right:.3g})" if pulled else None]
    for suffix, name, convention, formula, compute in (
        ("bai", "asymmetry", "bilateral asymmetry index", BAI, bilateral),
        ("max_min", "asymmetry, max–min", "of the stronger side", MAX_MIN, max_min),
    ):
        sheet.add(f"asymmetry_{key}_{suffix}", f"{label[0].upper()}{label[1:]}, {name}", "%", f"{formula}; {words}",
                  partial(compute, left, right), level=level, against=against, warnings=[chain], convention=convention,
                  shown=suffix == "bai")  # fmt: skip
