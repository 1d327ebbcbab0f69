"""What a person may set on an analysis: described as data, so that a form, a check and a record come from one row."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from ohmstead.domain.errors import InvalidInput

Value = float | int | str | bool | None


@dataclass(frozen=True, slots=True)
class Parameter:
    """`default` fixes the type: number, text or flag. With `choices`, one of them. A default of None may be None."""

    key: str
    label: str
    default: Value
    unit: str = ""
    lowest: float | None = None
    highest: float | None = None
    choices: tuple[str, ...] = ()
    note: str = ""

    def checked(self, value: Any) -> Value:
        """The value as it is stored. Raises InvalidInput, naming the parameter and what is legal."""
        if value is None and self.default is None:
            return None
        if self.choices:
            if value not in self.choices:
                raise InvalidInput(f"{self.key} should be one of {', '.join(self.choices)}, not {value!r}")
            return str(value)
        if isinstance(self.default, bool):
            if not isinstance(value, bool):
                raise InvalidInput(f"{self.key} should be true or false, not {value!r}")
            return value
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise InvalidInput(f"{self.key} should be a number, not {value!r}")
        low, high = self.lowest, self.highest
        if (low is not None and value < low) or (high is not None and value > high):
            bounds = f"{'' if low is None else f'{low:g}'} … {'' if high is None else f'{high:g}'}"
            raise InvalidInput(f"{self.key} should be within {bounds} {self.unit}, not {value:g}".replace("  ", " "))
        return float(value)


def resolved(parameters: Sequence[Parameter], given: Mapping[str, Any]) -> dict[str, Value]:
    """Every parameter with its value, defaults filled in. Raises InvalidInput for unknown keys and illegal values."""
    known = {parameter.key for parameter in parameters}
    strange = sorted(set(given) - known)
    if strange:
        raise InvalidInput(f"unknown parameters: {', '.join(strange)}; known are {', '.join(sorted(known))}")
    return {one.key: one.checked(given.get(one.key, one.default)) for one in parameters}


def schema(parameters: Sequence[Parameter]) -> list[dict[str, Any]]:
    """For a form, as plain JSON."""
    return [asdict(one) | {"choices": list(one.choices)} for one in parameters]
