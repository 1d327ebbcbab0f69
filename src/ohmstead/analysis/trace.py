"""The samples of one channel, as an analysis takes them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain.errors import InvalidInput

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """`t_us` and `values` have one length, in the order received. `limits`: values beyond which the converter
    cannot see, in the unit of `values`; a value at a limit is saturated. None: not known.
    """

    t_us: Ints
    values: Floats
    unit: str = "N"
    limits: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "t_us", np.asarray(self.t_us, np.int64))
        object.__setattr__(self, "values", np.asarray(self.values, np.float64))
        if self.t_us.ndim != 1 or self.t_us.shape != self.values.shape:
            raise InvalidInput(f"a trace needs one value per instant: {self.t_us.shape} and {self.values.shape}")

    def __len__(self) -> int:
        return len(self.t_us)
