"""Where metrics are written down: each with its method, or with the first reason against it."""

from collections.abc import Callable, Sequence

from ohmstead.analysis.imtp.pull import Pull
from ohmstead.analysis.imtp.support import Level
from ohmstead.analysis.result import Metric


class Sheet:
    """Collects metrics in the order they are added. A group is a heading."""

    def __init__(self, pull: Pull) -> None:
        self._pull = pull
        self._group = ""
        self.metrics: list[Metric] = []

    def group(self, name: str) -> None:
        self._group = name

    def add(
        self,
        key: str,
        label: str,
        unit: str,
        method: str,
        compute: Callable[[], float],
        *,
        level: Level,
        against: Sequence[str | None] = (),
        warnings: Sequence[str | None] = (),
        convention: str | None = None,
        decimals: int = 1,
        shown: bool = True,
    ) -> None:
        """`compute` runs only if nothing in `against` forbids it, so it may rely on what it needs being there."""
        pull = self._pull
        reason = next((one for one in (pull.blocked, pull.support.withheld(level), *against) if one), None)
        careful = [one for one in (pull.support.warning(level), *warnings) if one]
        self.metrics.append(
            Metric(
                key=key,
                label=label,
                value=float(compute()) if reason is None else None,
                unit=unit,
                method=method,
                convention=convention,
                withheld_reason=reason,
                warning="; ".join(careful) or None if reason is None else None,
                decimals=decimals,
                shown=shown,
                group=self._group,
            )
        )
