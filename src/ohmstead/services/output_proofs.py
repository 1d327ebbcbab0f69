"""Proof that outputs are as desired: by the device's report, and by the watts that are measured."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ohmstead.domain import output as rules
from ohmstead.domain.output import Output, OutputConfirmed, OutputUnconfirmed, Proof
from ohmstead.domain.telemetry import Times, Values
from ohmstead.runtime.bus import Bus
from ohmstead.series import Layout, SeriesStore
from ohmstead.services.shadows import Shadows


class OutputProofs:
    """Event-loop only. `outputs`: by id, as they are at any time; `confirmed` is called with each that is proved."""

    def __init__(
        self,
        series: SeriesStore,
        shadows: Shadows,
        bus: Bus,
        outputs: Mapping[int, Output],
        confirmed: Callable[[Output], None],
    ) -> None:
        self._series = series
        self._shadows = shadows
        self._bus = bus
        self._outputs = outputs
        self._confirmed = confirmed
        self._proofs: dict[int, Proof] = {}
        self._watching: dict[int, set[int]] = {}  # power channel -> outputs that wait for its samples
        series.on_stored(self._stored)

    def get(self, output_id: int) -> Proof | None:
        return self._proofs.get(output_id)

    def begin(self, output: Output, channel: int | None) -> None:
        """Begin the proof of what is desired now, with what is known already. `channel`: its power, if measured."""
        shadow = self._shadows.of(output.device)
        wish = shadow.desired.get(output.field)
        self._unwatch(output)
        if wish is None or not isinstance(wish.value, str | int | float):
            self._proofs.pop(output.id, None)
            return
        proof = Proof(wish.value, wish.at, channel is not None, shadow.settled(output.field))
        if channel is not None:
            self._watching.setdefault(channel, set()).add(output.id)
            if (last := self._series.last.get(channel)) is not None:
                proof = rules.weigh(proof, last[1], last[0], output.settings.confirm_w)
        self._proofs[output.id] = proof

    def forget(self, output: Output) -> None:
        self._proofs.pop(output.id, None)
        self._unwatch(output)

    def reported(self, output: Output) -> None:
        """The device said something about this output."""
        before = self._proofs.get(output.id)
        settled = self._shadows.of(output.device).settled(output.field)
        if before is not None and before.reported != settled:
            proof = self._proofs[output.id] = replace(before, reported=settled)
            if proof.confirmed:
                self._prove(output, before)

    def doubt(self, output: Output, now: int, *, online: bool) -> None:
        """Give up hope when it is time to, and say why."""
        proof = self._proofs.get(output.id)
        if proof is None:
            return
        offer = self._shadows.offered(output.device, "set")
        announced = () if offer is None or offer.args is None else offer.args.keys()
        why = rules.doubt(proof, now, online, announced, output.key)
        if why is not None:
            self._proofs[output.id] = replace(proof, doubt=why)
            self._bus.publish(OutputUnconfirmed(output.id, output.device, proof.wished, why, now))

    def _unwatch(self, output: Output) -> None:
        for channel in [c for c, waiting in self._watching.items() if output.id in waiting]:
            self._watching[channel].discard(output.id)
            if not self._watching[channel]:
                del self._watching[channel]

    def _stored(self, runs: Sequence[tuple[Layout, Times, Values]]) -> None:
        if not self._watching:
            return
        for layout, times, values in runs:
            for place, channel in enumerate(layout.series):
                if channel in self._watching:
                    self._weigh(channel, times, values[place :: len(layout.series)])

    def _weigh(self, channel: int, times: Times, watts: Values) -> None:
        for output_id in list(self._watching.get(channel, ())):
            output, before = self._outputs[output_id], self._proofs[output_id]
            proof = before
            for at, value in zip(times, watts, strict=True):
                proof = rules.weigh(proof, float(value), int(at), output.settings.confirm_w)
            self._proofs[output_id] = proof
            if proof.confirmed:
                self._prove(output, before)

    def _prove(self, output: Output, before: Proof) -> None:
        self._unwatch(output)
        if before.doubt:
            self._bus.publish(OutputConfirmed(output.id, output.device))
        self._confirmed(output)
