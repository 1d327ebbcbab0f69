"""Units as devices announce them, and how each becomes the canonical unit of its quantity."""

from typing import Final

# announced spelling -> the spelling of the table below. Case counts (mA is not MA) unless it is given here.
SPELLINGS: Final = {
    "degC": "°C", "deg C": "°C", "C": "°C", "celsius": "°C", "Celsius": "°C", "℃": "°C", "ºC": "°C",
    "degF": "°F", "deg F": "°F", "F": "°F", "fahrenheit": "°F", "Fahrenheit": "°F", "℉": "°F", "ºF": "°F",
    "kelvin": "K", "Kelvin": "K",
    "m3": "m³", "m^3": "m³", "dm3": "l", "dm³": "l", "L": "l", "litre": "l", "liter": "l", "mL": "ml",
    "ft3": "ft³", "cf": "ft³",
    "sec": "s", "seconds": "s", "second": "s", "minutes": "min", "minute": "min", "hours": "h", "hour": "h",
    "millis": "ms", "milliseconds": "ms", "us": "µs", "μs": "µs",
    "uA": "µA", "μA": "µA", "uV": "µV", "μV": "µV",
    "wh": "Wh", "kwh": "kWh", "KWh": "kWh", "KWH": "kWh", "kw": "kW", "KW": "kW", "watt": "W", "watts": "W",
    "Watt": "W", "volt": "V", "volts": "V", "Volt": "V", "amp": "A", "amps": "A", "ampere": "A",
    "VAr": "var", "VAR": "var", "kVAr": "kvar", "kVAR": "kvar", "hz": "Hz", "HZ": "Hz",
    "percent": "%", "pct": "%", "%RH": "%", "% RH": "%", "lux": "lx", "lbs": "lb", "newton": "N",
    "mBar": "mbar", "KB": "kB", "B": "bytes", "byte": "bytes", "count": "counts",
}  # fmt: skip

# canonical unit -> announced unit -> (factor, offset): canonical = announced * factor + offset
CONVERSIONS: Final[dict[str, dict[str, tuple[float, float]]]] = {
    "W": {"mW": (1e-3, 0.0), "kW": (1e3, 0.0), "MW": (1e6, 0.0), "hp": (745.699872, 0.0)},
    "VA": {"kVA": (1e3, 0.0), "MVA": (1e6, 0.0)},
    "var": {"kvar": (1e3, 0.0), "Mvar": (1e6, 0.0)},
    "V": {"µV": (1e-6, 0.0), "mV": (1e-3, 0.0), "kV": (1e3, 0.0)},
    "A": {"µA": (1e-6, 0.0), "mA": (1e-3, 0.0), "kA": (1e3, 0.0)},
    "Hz": {"mHz": (1e-3, 0.0), "kHz": (1e3, 0.0), "MHz": (1e6, 0.0), "rpm": (1 / 60, 0.0)},
    "°C": {"°F": (5 / 9, -160 / 9), "K": (1.0, -273.15)},
    "%": {"1": (100.0, 0.0)},
    "1": {"%": (1e-2, 0.0), "pulses": (1.0, 0.0), "counts": (1.0, 0.0)},
    "Pa": {
        "hPa": (1e2, 0.0),
        "kPa": (1e3, 0.0),
        "MPa": (1e6, 0.0),
        "mbar": (1e2, 0.0),
        "bar": (1e5, 0.0),
        "psi": (6894.757293168, 0.0),
        "mmHg": (133.322387415, 0.0),
        "inHg": (3386.389, 0.0),
        "atm": (101_325.0, 0.0),
    },
    "lx": {"klx": (1e3, 0.0)},
    "N": {"mN": (1e-3, 0.0), "kN": (1e3, 0.0), "kgf": (9.80665, 0.0), "lbf": (4.4482216152605, 0.0)},
    "kg": {
        "mg": (1e-6, 0.0),
        "g": (1e-3, 0.0),
        "t": (1e3, 0.0),
        "lb": (0.45359237, 0.0),
        "oz": (0.028349523125, 0.0),
    },
    "counts": {"1": (1.0, 0.0), "raw": (1.0, 0.0)},
    "bytes": {
        "kB": (1e3, 0.0),
        "MB": (1e6, 0.0),
        "GB": (1e9, 0.0),
        "KiB": (1024.0, 0.0),
        "MiB": (1024.0**2, 0.0),
        "GiB": (1024.0**3, 0.0),
    },
    "s": {
        "µs": (1e-6, 0.0),
        "ms": (1e-3, 0.0),
        "min": (60.0, 0.0),
        "h": (3600.0, 0.0),
        "d": (86_400.0, 0.0),
    },
    "Wh": {
        "mWh": (1e-3, 0.0),
        "kWh": (1e3, 0.0),
        "MWh": (1e6, 0.0),
        "J": (1 / 3600, 0.0),
        "Ws": (1 / 3600, 0.0),
        "kJ": (1e3 / 3600, 0.0),
        "MJ": (1e6 / 3600, 0.0),
    },
    "m³": {"ml": (1e-6, 0.0), "l": (1e-3, 0.0), "ft³": (0.028316846592, 0.0), "gal": (0.003785411784, 0.0)},
}


def conversion(announced: str, canonical: str) -> tuple[float, float] | None:
    """Return (factor, offset) with canonical = announced * factor + offset, or None for a foreign unit."""
    if announced == canonical:
        return 1.0, 0.0
    spelled = SPELLINGS.get(announced, announced)
    if spelled == canonical:
        return 1.0, 0.0
    return CONVERSIONS.get(canonical, {}).get(spelled)
