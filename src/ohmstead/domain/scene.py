"""Scenes: several outputs set at once; and what a schedule does when it runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ohmstead.domain.output import State
from ohmstead.domain.schedule import Timing


@dataclass(frozen=True, slots=True)
class Setting:
    """What one output is set to; `for_s`: a timer, after which it goes back."""

    output: int
    state: State
    for_s: float | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    id: int
    name: str
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """A scene, or one setting."""

    scene: int | None = None
    setting: Setting | None = None

    def to_json(self) -> dict[str, Any]:
        if self.setting is None:
            return {"scene": self.scene}
        return {"output": self.setting.output, "state": self.setting.state, "for_s": self.setting.for_s}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Action":
        if "scene" in raw:
            return cls(scene=raw["scene"])
        return cls(setting=Setting(raw["output"], raw["state"], raw["for_s"]))


@dataclass(frozen=True, slots=True)
class Schedule:
    """`done_until`: occurrences up to this instant are dealt with."""

    id: int
    name: str
    enabled: bool
    timing: Timing
    action: Action
    author: str
    done_until: int
