"""The shapes of scenes, schedules and load limits."""

from collections.abc import Iterable
from datetime import date, time
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field

from ohmstead.api.control_schemas import Reason
from ohmstead.api.output_schemas import Level
from ohmstead.api.schemas import Body, Name, id_of
from ohmstead.domain.load_limit import LoadLimit, StoredLimit
from ohmstead.domain.scene import Action, Scene, Schedule, Setting
from ohmstead.domain.schedule import Sun, Timing
from ohmstead.domain.schedule_week import Day, Run
from ohmstead.domain.telemetry import MS

Weekday = Annotated[int, Field(ge=0, le=6)]


class SettingBody(Body):
    output_id: str
    state: Level
    for_s: float | None = Field(None, gt=0)

    def setting(self) -> Setting:
        return Setting(id_of(self.output_id), self.state, self.for_s)

    @classmethod
    def of(cls, setting: Setting) -> Self:
        state: Level = setting.state if isinstance(setting.state, float) else "on" if setting.state == "on" else "off"
        return cls(output_id=str(setting.output), state=state, for_s=setting.for_s)


class SceneBody(Body):
    name: Name
    settings: list[SettingBody] = Field(min_length=1, max_length=100)


class SceneView(BaseModel):
    id: str
    name: str
    settings: list[SettingBody]

    @classmethod
    def of(cls, scene: Scene) -> Self:
        return cls(id=str(scene.id), name=scene.name, settings=[SettingBody.of(s) for s in scene.settings])


class SceneRun(Body):
    reason: Reason = ""


class SceneDone(BaseModel):
    """How many outputs were set."""

    outputs: int


class ScheduleBody(Body):
    """Runs `at` a time of day, or at `sun` with `offset_min`; on `weekdays` (0 is Monday), not on `exceptions`.

    What it does: the scene `scene_id`, or `setting`.
    """

    name: Name
    enabled: bool = True
    at: time | None = None
    sun: Literal["sunrise", "sunset"] | None = None
    offset_min: int = Field(0, ge=-720, le=720)
    weekdays: list[Weekday] = Field(default_factory=lambda: list(range(7)), min_length=1, max_length=7)
    exceptions: list[date] = Field(default_factory=list, max_length=400)
    scene_id: str | None = None
    setting: SettingBody | None = None

    def timing(self) -> Timing:
        """Raises InvalidInput."""
        return Timing(
            None if self.at is None else self.at.replace(second=0, microsecond=0, tzinfo=None),
            None if self.sun is None else Sun(self.sun),
            self.offset_min,
            frozenset(self.weekdays),
            frozenset(self.exceptions),
        )

    def action(self) -> Action:
        if self.setting is not None:
            return Action(setting=self.setting.setting())
        return Action(scene=id_of(self.scene_id or ""))


class ScheduleView(BaseModel):
    """`on_device`: its devices run it themselves, also without the server."""

    id: str
    name: str
    enabled: bool
    at: str | None
    sun: Literal["sunrise", "sunset"] | None
    offset_min: int
    weekdays: list[int]
    exceptions: list[date]
    scene_id: str | None
    setting: SettingBody | None
    author: str
    next_run: int | None
    on_device: bool

    @classmethod
    def of(cls, schedule: Schedule, next_run: int | None, *, on_device: bool) -> Self:
        timing, action = schedule.timing, schedule.action
        return cls(
            id=str(schedule.id),
            name=schedule.name,
            enabled=schedule.enabled,
            at=None if timing.at is None else timing.at.isoformat("minutes"),
            sun=None if timing.sun is None else timing.sun.value,
            offset_min=timing.offset_min,
            weekdays=sorted(timing.weekdays),
            exceptions=sorted(timing.exceptions),
            scene_id=None if action.scene is None else str(action.scene),
            setting=None if action.setting is None else SettingBody.of(action.setting),
            author=schedule.author,
            next_run=None if next_run is None else next_run // MS,
            on_device=on_device,
        )


class DayView(BaseModel):
    """[start, end) in ms: 23 to 25 hours. The sun is null where it does not rise or set, or the place is unknown."""

    date: date
    start: int
    end: int
    sunrise: int | None
    sunset: int | None


class ScheduledRun(BaseModel):
    """`excepted`: its day is an exception, so it does not run."""

    schedule_id: str
    at: int
    excepted: bool


class WeekView(BaseModel):
    """Seven days in the site's zone, and every run of every schedule in them, in order of time."""

    zone: str
    days: list[DayView]
    runs: list[ScheduledRun]

    @classmethod
    def of(cls, zone: str, days: Iterable[Day], runs: Iterable[tuple[Schedule, Run]]) -> Self:
        def ms(us: int | None) -> int | None:
            return None if us is None else us // MS

        return cls(
            zone=zone,
            days=[
                DayView(date=d.date, start=d.start // MS, end=d.end // MS, sunrise=ms(d.sunrise), sunset=ms(d.sunset))
                for d in days
            ],
            runs=[ScheduledRun(schedule_id=str(s.id), at=run.at // MS, excepted=run.excepted) for s, run in runs],
        )


class LoadLimitBody(Body):
    """`margin_w`: the hysteresis. Sheds after `over_s` above the limit, restores after `under_s` with room."""

    channel_id: str
    limit_w: float = Field(gt=0)
    margin_w: float = Field(200.0, ge=0)
    over_s: float = Field(10.0, ge=0, le=3600)
    under_s: float = Field(60.0, ge=0, le=86_400)
    enabled: bool = True

    def limit(self) -> LoadLimit:
        """Raises InvalidInput."""
        return LoadLimit(self.limit_w, self.margin_w, self.over_s, self.under_s, self.enabled)


class LoadLimitView(LoadLimitBody):
    """`shed`: the outputs that are off for the limit's sake, in the order they went."""

    id: str
    shed: list[str]

    @classmethod
    def of(cls, stored: StoredLimit) -> Self:
        limit = stored.limit
        return cls(
            id=str(stored.id),
            channel_id=str(stored.channel),
            limit_w=limit.limit_w,
            margin_w=limit.margin_w,
            over_s=limit.over_s,
            under_s=limit.under_s,
            enabled=limit.enabled,
            shed=[str(one.output) for one in stored.shed],
        )
