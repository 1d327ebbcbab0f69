"""Every setting, its default and where it may come from: flag, OHMSTEAD_<NAME>, `ohmstead.toml`, default."""

import difflib
import ipaddress
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple
from zoneinfo import available_timezones

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

DEFAULT_HTTP_PORTS: Final = (8000, 5000)
DEFAULT_MQTT_PORT: Final = 1883
PRIVATE_NETWORKS: Final = (
    "127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
    "169.254.0.0/16", "fc00::/7", "fe80::/10",
)  # fmt: skip

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
System = Literal["000", "001", "002", "003", "004"]
SECRET: Final = frozenset({"admin_password", "database_url"})


class OpenDoor(NamedTuple):
    """A network for which the read and command side of an older system's door is open, and with which role."""

    system: System
    network: Network
    role: Literal["viewer", "operator", "admin"]


class Unusable(Exception):
    """Settings that cannot be; one line that names the setting, and its value unless that is a secret."""


def _split(raw: Any) -> Any:
    """A list as it stands in the environment; one thing alone is a list too."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        return [raw]
    return [item.strip() for item in raw.split(",") if item.strip()] if isinstance(raw, str) else raw


class Settings(BaseSettings):
    """A frozen picture of the settings this process was started with."""

    model_config = SettingsConfigDict(env_prefix="OHMSTEAD_", env_ignore_empty=True, frozen=True, extra="ignore")

    data_dir: Path = Field(Path("data"), description="folder for everything that is kept")
    host: str | None = Field(None, description="address to listen on; default all, IPv4 and IPv6")
    http_port: Annotated[list[int] | None, NoDecode] = Field(None, description="plain HTTP ports")
    mqtt_port: int | None = Field(None, description="plain MQTT port; 0 switches MQTT off")
    https_port: int | None = Field(None, description="HTTPS beside the plain ports; see `ohmstead tls init`")
    mqtts_port: int | None = Field(None, description="MQTT over TLS beside the plain port")
    mqtt_host: str | None = Field(None, description="address for MQTT; default as `host`")
    mdns: bool = Field(True, description="answer devices that look for a server on this network by multicast DNS")
    database_url: str | None = Field(None, description="`postgresql+psycopg://…`; default SQLite in the data folder")
    commit_window_ms: int = Field(
        0, ge=0, le=60_000, description="collect samples this long before each commit; 1000 spares SD cards"
    )
    admin_password: str | None = Field(None, min_length=8, description="makes user `admin` on an empty database")
    zone: str = Field("UTC", description="time zone of the site until set-up asks a person")

    mqtt_open: bool = Field(False, description="any client may use any topic; loopback only, for laboratories")
    mqtt_deny: Annotated[list[str], NoDecode] = Field([], description="MQTT filters nobody may subscribe to")

    allowed_networks: Annotated[list[Network], NoDecode] = Field(
        [ipaddress.ip_network(n) for n in PRIVATE_NETWORKS],
        description="where devices without credentials may come from",
    )
    trusted_proxies: Annotated[list[Network], NoDecode] = Field(
        [], description="proxies whose word about addresses counts"
    )
    doors_off: Annotated[list[System], NoDecode] = Field([], description="older systems whose doors stay shut")
    open_doors: Annotated[list[OpenDoor], NoDecode] = Field(
        [], description="system=network:role, …: who may read and command through an older door without logging in"
    )
    legacy_origins: Annotated[list[str], NoDecode] = Field(
        [], description="origins (http://host:port) of older dashboards that are served elsewhere"
    )
    meter_registration: bool = Field(False, description="let anyone register as a viewer at the door of system 003")
    energy_monitor_topics: Annotated[list[str], NoDecode] = Field(
        ["energy/+/data"], description="MQTT topics on which energy monitors of system 001 publish"
    )
    current_logger_zone: str = Field("Europe/Budapest", description="wall clock of the current loggers")

    max_body_bytes: int = Field(8 * 1024 * 1024, description="of an HTTP request")
    max_unpacked_bytes: int = Field(32 * 1024 * 1024, description="of an HTTP request after gzip")
    max_mqtt_packet_bytes: int = Field(1024 * 1024, description="of an MQTT packet")
    max_ws_frame_bytes: int = Field(1024 * 1024, description="of a WebSocket frame")
    max_channels: int = Field(1_000, description="channels of one device")
    device_rate: float = Field(1_000, description="messages/s a claimed device may send")
    device_burst: float = Field(5_000, description="messages a claimed device may send at once")
    unclaimed_rate: float = Field(200, description="messages/s an unclaimed device may send")
    unclaimed_devices: int = Field(100, description="unclaimed devices that are kept at most")
    session_days: int = Field(30, description="how long a login lasts")
    update_rate_bytes: int = Field(5 << 19, ge=1024, description="bytes/s of new firmware given out in all")
    update_device_rate_bytes: int = Field(
        512 << 10, ge=1024, description="bytes/s of new firmware given out to one device"
    )
    max_import_bytes: int = Field(8 << 30, ge=1, description="largest file that can be brought in")
    home_control_interval_s: int = Field(5, ge=1, le=7200, description="how often devices of system 004 are asked")
    home_control_timeout_s: float = Field(5.0, gt=0, le=30, description="how long such a device may take to answer")
    keep_raw_days: int | None = Field(None, ge=1, description="drop raw samples after this; default never")
    public_url: str | None = Field(
        None,
        pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$",
        description="address under which people reach the dashboard, for links in messages",
    )
    notify_networks: Annotated[list[Network] | None, NoDecode] = Field(
        None, description="where notifications may be sent; default anywhere but to this server itself and link-local"
    )
    notify_timeout_s: float = Field(20.0, gt=0, le=120, description="how long a receiver of notifications may take")
    undo_s: int = Field(600, description="time in which a deleted device can be brought back")

    @field_validator("open_doors", mode="before")
    @classmethod
    def _rules_of_doors(cls, raw: Any) -> Any:
        """`002=192.168.1.0/24:operator` to its three parts; an IPv6 network has colons of its own."""
        rules = _split(raw)
        if not isinstance(rules, list) or not all(isinstance(rule, str) for rule in rules):
            return raw
        parts = [rule.partition("=") for rule in rules]
        return [(system.strip(), *(t.strip() for t in rest.rpartition(":")[::2])) for system, _, rest in parts]

    @field_validator(
        "http_port",
        "mqtt_deny",
        "allowed_networks",
        "notify_networks",
        "trusted_proxies",
        "doors_off",
        "legacy_origins",
        "energy_monitor_topics",
        mode="before",
    )
    @classmethod
    def _comma_separated(cls, raw: Any) -> Any:
        return _split(raw)

    @field_validator("zone", "current_logger_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("not a time zone of the tz database; one is Europe/Budapest")
        return name

    @property
    def resolved_database_url(self) -> str:
        return self.database_url or f"sqlite:///{(self.data_dir / 'ohmstead.db').absolute()}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = settings_cls.model_config.get("toml_file")
        files = (TomlConfigSettingsSource(settings_cls, Path(str(toml))),) if toml else ()
        return (init_settings, env_settings, *files)


def load(**flags: Any) -> Settings:
    """Settings from flags (None = not given), environment and the data folder's `ohmstead.toml`.

    Raises Unusable.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        data_dir = Path(given.get("data_dir") or Settings().data_dir)

        class WithFile(Settings):
            # A misspelt name would leave its setting, perhaps one of trust, silently at the default.
            model_config = SettingsConfigDict(toml_file=data_dir / "ohmstead.toml", extra="forbid")

        return WithFile(**given)
    except tomllib.TOMLDecodeError as error:
        raise Unusable(f"{data_dir / 'ohmstead.toml'} is not TOML: {error}") from error
    except OSError as error:
        raise Unusable(f"cannot read {error.filename}: {error.strerror}") from error
    except ValidationError as error:
        raise Unusable("; ".join(_said(one) for one in error.errors())) from error


def _said(error: Any) -> str:
    name = str(error["loc"][0]) if error["loc"] else "settings"
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, Settings.model_fields, 1)
        return f"ohmstead.toml: there is no setting {name}" + (f"; did you mean {near[0]}?" if near else "")
    given = "" if name in SECRET else f" {error['input']!r:.60}"
    return f"setting {name} (OHMSTEAD_{name.upper()}){given}: {error['msg']}"
