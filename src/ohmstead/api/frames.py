"""Frames of the live view beside values and devices: commands, outputs, shadows and logs."""

from ohmstead.api.control_schemas import CommandView, LogView
from ohmstead.api.output_schemas import OutputView
from ohmstead.domain.command import CommandChanged
from ohmstead.domain.output import OutputChanged
from ohmstead.domain.shadow import DesiredChanged, Greeted, Reported
from ohmstead.runtime.bus import Bus
from ohmstead.services.device_logs import LogTold
from ohmstead.services.live import Live
from ohmstead.services.outputs import Outputs


class ControlFrames:
    """Renders facts for whoever may see the device they are about."""

    def __init__(self, live: Live, outputs: Outputs, bus: Bus) -> None:
        self._live = live
        self._outputs = outputs
        bus.subscribe(OutputChanged, self._output)
        bus.subscribe(CommandChanged, self._command)
        bus.subscribe(LogTold, self._log)
        bus.subscribe(DesiredChanged, self._shadow)
        bus.subscribe(Reported, self._shadow)
        bus.subscribe(Greeted, self._shadow)

    def _command(self, fact: CommandChanged) -> None:
        if self._live.watched:
            view = CommandView.of(fact.command)
            self._live.tell(fact.command.device, {"type": "command", "command": view.model_dump()})

    def _shadow(self, fact: DesiredChanged | Reported | Greeted) -> None:
        """Only that it changed: few look at a shadow, and it may be long."""
        if self._live.watched:
            self._live.tell(fact.device, {"type": "shadow", "device_id": str(fact.device)})

    def _log(self, fact: LogTold) -> None:
        if self._live.watched:
            lines = [LogView.of(line).model_dump() for line in fact.lines]
            self._live.tell(fact.device, {"type": "log", "device_id": str(fact.device), "lines": lines})

    def _output(self, fact: OutputChanged) -> None:
        if not self._live.watched:
            return
        output = None if fact.gone else self._outputs.known(fact.output)
        if output is None:
            shown = {"id": str(fact.output), "deleted": True}
        else:
            shown = OutputView.of(self._outputs.view(output)).model_dump()
        self._live.tell(fact.device, {"type": "output", "output": shown})
