"""What an analysis hands back: numbers that say how they were made, or why they were not."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self


class Severity(StrEnum):
    """PROBLEM: the trial should not be accepted. WARNING: look before you accept. NOTE: worth knowing."""

    PROBLEM = "problem"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Metric:
    """One number. Either `value` or `withheld_reason` is None, never both.

    `method` is the rule, with threshold and window; `convention` names which of several definitions in print it is.
    `shown`: False for numbers that are worth keeping and not worth looking at first.
    """

    key: str
    label: str
    value: float | None
    unit: str
    method: str
    convention: str | None = None
    withheld_reason: str | None = None
    warning: str | None = None
    decimals: int = 1
    shown: bool = True
    group: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a check saw. `value` and `limit` are in `unit`, where the check is about a number."""

    key: str
    severity: Severity
    message: str
    value: float | None = None
    limit: float | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """An instant worth drawing: where the pull began, where it peaked."""

    key: str
    label: str
    t_us: int
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One analysis of one trial or recording. Nothing in it changes later: analysing again makes another one.

    `settings` says in words and numbers how it was made (onset method, threshold, filter, rates, rig);
    `parameters` is what to pass to get the same again.
    """

    analysis: str
    version: str
    software: str
    parameters: Mapping[str, Any]
    settings: Mapping[str, Any]
    metrics: tuple[Metric, ...] = ()
    findings: tuple[Finding, ...] = ()
    marks: tuple[Mark, ...] = ()
    quality: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # by channel, see `quality.Quality`

    @property
    def acceptable(self) -> bool:
        return all(finding.severity is not Severity.PROBLEM for finding in self.findings)

    def metric(self, key: str) -> Metric:
        """Raises KeyError when this analysis has no such metric at all."""
        return next((one for one in self.metrics if one.key == key), None) or _missing(key)

    def mark(self, key: str) -> Mark | None:
        return next((one for one in self.marks if one.key == key), None)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON that `from_json` reads back to an equal result."""
        return asdict(self) | {
            "metrics": [asdict(one) for one in self.metrics],
            "findings": [asdict(one) for one in self.findings],
            "marks": [asdict(one) for one in self.marks],
            "acceptable": self.acceptable,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        return cls(
            analysis=stored["analysis"],
            version=stored["version"],
            software=stored["software"],
            parameters=stored["parameters"],
            settings=stored["settings"],
            metrics=tuple(Metric(**one) for one in stored["metrics"]),
            findings=tuple(Finding(**one | {"severity": Severity(one["severity"])}) for one in stored["findings"]),
            marks=tuple(Mark(**one) for one in stored["marks"]),
            quality=stored["quality"],
        )


def _missing(key: str) -> Metric:
    raise KeyError(key)
