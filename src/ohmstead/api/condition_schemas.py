"""The shapes of conditions: what a rule waits for."""

from typing import Annotated, Any, Literal

from pydantic import Field

from ohmstead.api.schemas import Body, id_of
from ohmstead.domain import condition as conditions
from ohmstead.domain.condition import Combined, Condition, Part

Number = Annotated[float, Field(allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=30 * 86_400, allow_inf_nan=False)]
IdText = Annotated[str, Field(pattern=r"^[0-9]{1,16}$")]


class ThresholdBody(Body):
    """Above `above` or below `below` for `for_s`; over once it is back inside by `hysteresis`. Canonical units."""

    kind: Literal["threshold"]
    above: Number | None = None
    below: Number | None = None
    for_s: Seconds = 0.0
    hysteresis: Annotated[Number, Field(ge=0)] = 0.0


class RateBody(Body):
    """Rises or falls by so much within `within_s`."""

    kind: Literal["rate"]
    rises_by: Annotated[Number, Field(gt=0)] | None = None
    falls_by: Annotated[Number, Field(gt=0)] | None = None
    within_s: Annotated[Seconds, Field(ge=1)] = 60.0


class BudgetBody(Body):
    """A counter counts more than `limit` (canonical unit: Wh for energy) in a day or month of the site's calendar."""

    kind: Literal["budget"]
    limit: Annotated[Number, Field(gt=0)]
    period: Literal["day", "month"] = "day"


class SilenceBody(Body):
    """Nothing comes for `factor` times the usual interval, at least `floor_s`."""

    kind: Literal["silence"]
    factor: Annotated[Number, Field(ge=1, le=1000)] = 5.0
    floor_s: Annotated[Seconds, Field(ge=10)] = 300.0


class StuckBody(Body):
    """The very same value for `for_s` though samples keep coming; null: as is suspicious for the quantity."""

    kind: Literal["stuck"]
    for_s: Annotated[Seconds, Field(ge=10)] | None = None
    ignore_zero: bool = False


class ImplausibleBody(Body):
    """A value that cannot be true, by the limits of its quantity."""

    kind: Literal["implausible"]


class ClockSkewBody(Body):
    """A device's clock is off by more than `limit_s`."""

    kind: Literal["clock_skew"]
    limit_s: Annotated[Seconds, Field(ge=1)] = 300.0


class WeakSignalBody(Body):
    """A radio signal below `below` dBm for `for_s`."""

    kind: Literal["weak_signal"]
    below: Number = -80.0
    for_s: Seconds = 600.0
    hysteresis: Annotated[Number, Field(ge=0)] = 5.0


SimpleBody = Annotated[
    ThresholdBody | RateBody | BudgetBody | SilenceBody | StuckBody | ImplausibleBody | ClockSkewBody | WeakSignalBody,
    Field(discriminator="kind"),
]


class PartBody(Body):
    channel_id: IdText
    condition: SimpleBody


class CombinedBody(Body):
    """All of the parts at once, or any of them."""

    kind: Literal["all", "any"]
    parts: list[PartBody] = Field(min_length=1, max_length=conditions.MOST_PARTS)


ConditionBody = Annotated[
    ThresholdBody
    | RateBody
    | BudgetBody
    | SilenceBody
    | StuckBody
    | ImplausibleBody
    | ClockSkewBody
    | WeakSignalBody
    | CombinedBody,
    Field(discriminator="kind"),
]


def condition_of(body: Any) -> Condition:
    """Raises InvalidInput."""
    if isinstance(body, CombinedBody):
        return Combined(body.kind, tuple(Part(id_of(p.channel_id), _simple(p.condition)) for p in body.parts))
    return _simple(body)


def _simple(body: Any) -> conditions.Simple:
    return conditions.simple(body.model_dump())


def body_of(condition: Condition) -> Any:
    if isinstance(condition, Combined):
        parts = [PartBody(channel_id=str(p.channel), condition=body_of(p.condition)) for p in condition.parts]
        mode: Any = condition.mode
        return CombinedBody.model_construct(kind=mode, parts=parts)
    return _BODIES[condition.kind].model_construct(**conditions.to_json(condition))


_BODIES: dict[str, type[Body]] = {
    "threshold": ThresholdBody,
    "rate": RateBody,
    "budget": BudgetBody,
    "silence": SilenceBody,
    "stuck": StuckBody,
    "implausible": ImplausibleBody,
    "clock_skew": ClockSkewBody,
    "weak_signal": WeakSignalBody,
}
