"""What people of the older meter dashboard write about a device, beside its name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MeterCard:
    device: int
    label: str = ""  # `device_id` of system 003: not unique, every unit leaves the factory as 1
    location: str = ""
    status: str = ""
    ota_url: str = ""
    ota_version: str = ""
    updated_at: int = 0
