"""An output as it is seen: with what its device wishes, says and measures of it."""

from dataclasses import dataclass
from typing import Any

from ohmstead.domain import output as rules
from ohmstead.domain.access import Principal
from ohmstead.domain.errors import NotFound
from ohmstead.domain.output import Output, Proof
from ohmstead.domain.shadow import Wish, normal
from ohmstead.services.devices import Devices
from ohmstead.services.output_places import NATIVE
from ohmstead.services.registry import Known, Registry
from ohmstead.services.shadows import Shadows


@dataclass(frozen=True, slots=True)
class OutputView:
    """An output with all that is known of it. `confirmed`: it is as desired, by report and by watts.

    `doubt`: why it counts as unconfirmed, once there is little hope. `levels`: of a dimmer, lowest and highest.
    """

    output: Output
    desired: Any
    reported: Any
    confirmed: bool
    online: bool
    wish: Wish | None
    power_channel: int | None
    doubt: str = ""
    levels: tuple[float, float] | None = None


class OutputSight:
    def __init__(self, registry: Registry, devices: Devices, shadows: Shadows) -> None:
        self._registry = registry
        self._devices = devices
        self._shadows = shadows

    def device(self, output: Output) -> Known | None:
        """The device of the output, if it is (still) there."""
        try:
            return self._registry.get(output.device)
        except NotFound:
            return None

    def online(self, output: Output) -> bool:
        known = self.device(output)
        return known is not None and self._devices.is_online(known)

    def seen_by(self, who: Principal, output: Output) -> bool:
        known = self.device(output)
        return known is not None and who.may_see(output.device, claimed=known.device.claimed)

    def view(self, output: Output, proof: Proof | None, power_channel: int | None) -> OutputView:
        shadow = self._shadows.of(output.device)
        wish, report = shadow.desired.get(output.field), shadow.reported.get(output.field)
        return OutputView(
            output,
            None if wish is None else normal(wish.value),
            None if report is None else normal(report.value),
            proof is not None and proof.confirmed,
            self.online(output),
            wish,
            power_channel,
            "" if proof is None or proof.confirmed else proof.doubt,
            None if self.device(output) is None else rules.levels(self.description(output)),
        )

    def power_channel(self, output: Output, siblings: int) -> int | None:
        """The channel whose watts prove the output; `siblings`: how many outputs its device has."""
        known = self.device(output)
        return None if known is None else rules.power_channel(output, siblings, known.device.channels.values())

    def description(self, output: Output) -> Any:
        """How the device announced the output's values: in the offer `set`, or by a channel in per cent.

        A native device that said nothing of it may be a dimmer: any number. None: on and off only.
        """
        offer = self._shadows.offered(output.device, "set")
        if offer is not None and offer.args is not None and output.key in offer.args:
            return offer.args[output.key]
        known = self.device(output)
        channel = None if known is None else known.device.channels.get(output.key)
        if channel is not None and channel.unit == "%":
            return {"type": "number", "min": 0, "max": 100}
        return "number" if known is not None and known.device.dialect == NATIVE else None
