"""Everything that switches: handed to the doors for people as one."""

from dataclasses import dataclass
from typing import Protocol

from ohmstead.domain.access import Principal
from ohmstead.services.commands import Commands
from ohmstead.services.device_logs import DeviceLogs
from ohmstead.services.homes import Homes
from ohmstead.services.load_limit import LoadLimits
from ohmstead.services.outputs import Outputs
from ohmstead.services.registry import Known
from ohmstead.services.scenes import Scenes
from ohmstead.services.schedules import Schedules
from ohmstead.services.shadows import Shadows


class DeviceMessages(Protocol):
    """How a native device speaks and listens over a door that is not MQTT."""

    def take(self, known: Known, leaf: str, payload: bytes, /) -> int: ...
    def present(self, known: Known, /) -> None: ...


class Variables(Protocol):
    """Settings on devices that are asked; they hold passwords."""

    async def variable(self, who: Principal, device_id: int, name: str, value: str | None = None) -> str: ...


@dataclass(slots=True)
class Control:
    shadows: Shadows
    commands: Commands
    logs: DeviceLogs
    native: DeviceMessages
    outputs: Outputs
    homes: Homes
    variables: Variables
    scenes: Scenes
    schedules: Schedules
    load_limits: LoadLimits
