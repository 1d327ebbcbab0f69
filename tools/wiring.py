"""Draw how sensors and displays are wired, and write the pages that show it: docs/how-to/sensors.md and displays.md,
docs/how-to/wiring/*.svg.

Pins come from firmware/boards, channels and settings from the drivers. Only what a terminal is called stands here; a
driver that is not named is wired as its bus.
`tools/check_drift.py` compares.
"""

import json
from html import escape
from pathlib import Path
from typing import Any, Final

from catalogue import DRIVERS, entry

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = ROOT / "docs" / "how-to" / "sensors.md"
PICTURES: Final = ROOT / "docs" / "how-to" / "wiring"
BOARDS: Final = ("esp32", "esp32s3", "esp8266")

# Driver → its terminals and what they go to: a supply, a line of a bus, a setting that names a pin, or outside words.
I2C: Final = (("VCC", "3V3"), ("GND", "GND"), ("SDA", "sda"), ("SCL", "scl"))
WIRING: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "ina219": (*I2C, ("Vin+", "supply +"), ("Vin-", "load +")),
    "bme280": I2C,
    "ads1115": (*I2C, ("A0 … A3", "0 to 3.3 V")),
    "nau7802": (*I2C, ("E+ E- A+ A-", "load cell")),
    "pzem004t": (("5V", "5V"), ("GND", "GND"), ("RX", "tx"), ("TX", "rx"), ("CT, L, N", "mains")),
    "hx711": (
        ("VCC", "3V3"),
        ("GND", "GND"),
        ("SCK, both", "clock=18"),
        ("DT left", "left=19"),
        ("DT right", "right=23"),
    ),
    "ads1220": (
        *(("VDD", "3V3"), ("GND", "GND"), ("SCLK", "sck"), ("DIN", "mosi"), ("DOUT", "miso")),
        *(
            ("CS left", "left_cs=27"),
            ("DRDY left", "left_ready=26"),
            ("CS right", "right_cs=25"),
            ("DRDY right", "right_ready=33"),
        ),
    ),
    "sct013": (("clamp, biased", "pin=34"), ("bias 1.3 V", "3V3"), ("GND", "GND"), ("ZMPT101B OUT", "voltage_pin=35")),
    "relay": (("IN", "pin=26"), ("VCC", "5V"), ("GND", "GND"), ("COM, NO", "load")),
    "button": (("one side", "pin=27"), ("other side", "GND")),
    "ds18b20": (("VDD", "3V3"), ("GND", "GND"), ("DQ, 4.7 kΩ to 3V3", "pin=25")),
    "health": (),
}
NOTES: Final = {
    "ina219": (
        "The module's 0.1 Ω shunt carries 3.2 A. For more, replace it and set `shunt_ohm` and `max_a`; their "
        "product is at most 0.32 V. The line may have up to 26 V."
    ),
    "bme280": ('Address 0x76, or 0x77 with SDO high: then `"address": 119`.'),
    "ads1115": ("No input may lie above the supply. A divider in front is told by `scale`."),
    "nau7802": ("One load cell. The chip has one address, so each bus takes one."),
    "pzem004t": (
        "**Mains voltage: only for who may work on it.** The meter's own side is not separated from mains "
        "where its cover is off. RX needs 5 V on the module's opto-coupler and takes 3.3 V signals. Several "
        "meters share the two lines once each has an address: connect one at a time and send it the command "
        "`set_address`. An ESP8266 has one full serial port: it is moved to GPIO 15 and 13, and the log is "
        "then silent."
    ),
    "hx711": (
        "RATE high gives 80 samples/s. Both chips share the clock, so both are read in the same pulses. For "
        "rates of force development take NAU7802 or ADS1220: at 80 samples/s one sample is 12.5 ms."
    ),
    "ads1220": (
        "One chip for each cell, bridge supply to REFP0 and AVDD. SPI phase 1. Both chips start with the same "
        "byte; their own oscillators differ by up to 2 %, so an external clock on CLK keeps them in step for "
        "long recordings."
    ),
    "sct013": (
        "For the 100 A : 50 mA type a burden of 22 Ω (`amps_per_volt` 2000 / 22 = 90.9); types with 1 V at "
        "the rated current have it inside. Bias the middle to 1.3 V with a divider and 10 µF. **A current "
        "transformer without its burden gives dangerous voltage: never open it under current.** Pins 32 to 39 "
        "on an ESP32 only; an ESP8266 needs an ADS1115 and is not supported for clamps. Without a voltage "
        "sensor power is apparent and the energy an estimate."
    ),
    "relay": (
        "`inverted` for modules that switch at low level. Take a pin that does not decide how the chip "
        "starts. What it does at the start and when the link is lost is set per output in the dashboard."
    ),
    "button": ("No resistor: the chip's own pull-up is used."),
    "ds18b20": ("Several sensors share the wire: send the command `scan` and name them in `roms`."),
    "health": ("Nothing to wire: memory, signal, temperature of the chip, uptime, cause of the last restart."),
}
# The settings a display has beside its type, with the bus that it is on.
DISPLAY_PAGE: Final = ROOT / "docs" / "how-to" / "displays.md"
DISPLAYS: Final[dict[str, tuple[str, tuple[tuple[str, str], ...]]]] = {
    "ssd1306": ("i2c", I2C),
    "ili9342c": (
        "spi",
        (
            *(("VCC", "3V3"), ("GND", "GND"), ("SCK", "sck"), ("SDI", "mosi")),
            *(("CS", "cs=27"), ("D/C", "dc=26"), ("LED", "backlight=25"), ("RESET", "3V3")),
        ),
    ),
}
_DISPLAY_TEXT: Final = """# Displays

A display shows the device's name, what it measures, whether it has Wi-Fi and its server, how many samples wait for the
server, and what went wrong last. Measuring never waits for it: it is drawn a row at a time, and one that is missing or
pulled out is noted once in the log and tried again every minute. Neither has been on a real board yet.

It is one entry of [the device's configuration](device.md), beside the sensors; what is not named is not built.

## SSD1306

128 × 64 dots, 16 letters in each of 8 rows. It may share its bus with sensors. Address 0x3C, or 0x3D with
`"address": 61`. Modules with an SH1106 look the same and are not the same.

![SSD1306 on an ESP32](wiring/ssd1306.svg)

```json
{ssd1306}
```

An ESP8266 (GPIO 4 and 5) can have one too; its application is then about 2 000 bytes larger than the budget of that
board: watch its free memory.

## M5Stack Core2

Its glass is built in: 320 × 240 dots, 20 letters in each of 15 rows. Nothing is to be wired; build with
`--board m5core2`. The power chip AXP192 switches the glass on. A Core2 from v1.1 on has another power chip, which is
left alone: the log says so, and the glass stays dark.

```json
{core2}
```

Sensors go to port A (`i2c1`: GPIO 32 and 33) or port C (`uart2`: GPIO 14 and 13).

## ILI9342C alone

A module without a power chip needs no `axp192`; `backlight` is the pin of its light, if it has one. It needs an SPI bus
of its own, in phase 0.

![ILI9342C on an ESP32](wiring/ili9342c.svg)

```json
{ili9342c}
```
"""
_COLOURS: Final = {"3V3": "#d64545", "5V": "#d64545", "GND": "#333333"}
_LINES: Final = ("#2b6cb0", "#2f855a", "#b7791f", "#6b46c1", "#00838f", "#ad1457")
_ROW: Final = 34


def names() -> list[str]:
    return sorted(path.stem for path in DRIVERS.glob("[!_]*.py"))


def terminals(name: str) -> tuple[tuple[str, str], ...]:
    """A driver that nobody described here is wired as its bus is."""
    return WIRING.get(name, I2C if entry(DRIVERS / f"{name}.py")["bus"] == "i2c" else ())


def boards() -> dict[str, dict[str, Any]]:
    return {name: json.loads((ROOT / "firmware" / "boards" / f"{name}.json").read_text()) for name in BOARDS}


def pin(target: str, kind: str | None, board: dict[str, Any]) -> str:
    """What a terminal goes to on this board, as it is printed beside the pin."""
    if "=" in target:
        return f"GPIO {target.partition('=')[2]}"
    for bus in board["buses"].values():
        if bus["type"] == kind and target in bus:
            return f"GPIO {bus[target]}"
    return {"3V3": "3V3", "5V": "5V", "GND": "GND"}.get(target, "")


def picture(name: str, board: dict[str, Any]) -> str:
    """A sensor as its driver says."""
    return drawing(name, entry(DRIVERS / f"{name}.py")["bus"], terminals(name), board)


def drawing(name: str, kind: str | None, rows: tuple[tuple[str, str], ...], board: dict[str, Any]) -> str:
    """An SVG: the board left, the part right, a line for each wire."""
    height = _ROW * len(rows) + 70
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 {height}" font-family="sans-serif" font-size="14">',
        f"<title>{escape(name)} on {escape(board['board'])}</title>",
        f'<rect width="640" height="{height}" fill="#ffffff"/>',
        *_box(20, height, board["board"]),
        *_box(430, height, name),
    ]
    for i, (terminal, target) in enumerate(rows):
        y, where = 62 + i * _ROW, pin(target, kind, board)
        colour = _COLOURS.get(target, _LINES[i % len(_LINES)])
        parts.append(f'<text x="442" y="{y + 5}">{escape(terminal)}</text>')
        if where:
            label = target.partition("=")[0]
            named = f"{where} ({label})" if label not in _COLOURS else where
            parts.append(f'<text x="198" y="{y + 5}" text-anchor="end">{escape(named)}</text>')
            parts.append(f'<path d="M210 {y}H430" stroke="{colour}" stroke-width="3" fill="none"/>')
            parts += [f'<circle cx="{x}" cy="{y}" r="5" fill="{colour}"/>' for x in (210, 430)]
        else:
            parts.append(f'<path d="M300 {y}H430" stroke="{colour}" stroke-width="3" stroke-dasharray="6 5"/>')
            parts.append(f'<text x="292" y="{y + 5}" text-anchor="end" fill="#555555">{escape(target)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _box(x: int, height: int, title: str) -> list[str]:
    return [
        f'<rect x="{x}" y="16" width="190" height="{height - 32}" rx="10" fill="#f4f6f8" stroke="#8795a1"/>',
        f'<text x="{x + 95}" y="40" text-anchor="middle" font-weight="bold">{escape(title)}</text>',
    ]


def page() -> str:
    """The page of all sensors."""
    known = boards()
    lines = [
        "# Sensors and outputs",
        "",
        "What the firmware can read and switch, how it is wired, and what the configuration says about it. The",
        "pictures show an ESP32; other boards differ in the pins of the table. None of it has been on a real board",
        "yet: the drivers are tested against models of the parts.",
        "How a board is made ready: [a device from a blank board](device.md).",
        "How another sensor is added: [a sensor of your own](add-a-sensor.md).",
    ]
    for name in names():
        one = entry(DRIVERS / f"{name}.py")
        lines += [
            "",
            f"## {one['title']}",
            "",
            f"`{name}`: {one['description']}",
            "",
            *([NOTES[name]] if name in NOTES else []),
        ]
        if terminals(name):
            lines += ["", f"![{one['title']} on an ESP32](wiring/{name}.svg)"]
        if one["bus"]:
            signals = [
                t for _, t in terminals(name) if pin(t, one["bus"], known["esp32"]).startswith("GPIO") and "=" not in t
            ]
            lines += ["", f"| | {' | '.join(signals)} |", f"|---|{'---|' * len(signals)}"]
            lines += [
                f"| {board} | {' | '.join(pin(t, one['bus'], data) or '-' for t in signals)} |"
                for board, data in known.items()
            ]
        channels = ", ".join(f"`{c['key']}` {c['unit']}".strip() for c in one["channels"])
        lines += ["", f"Channels: {channels}.", "", "```json", json.dumps(example(name, one)), "```"]
    return "\n".join(lines) + "\n"


def example(name: str, one: dict[str, Any]) -> dict[str, Any]:
    """An entry of `drivers` in the configuration."""
    bus = {"i2c": "i2c0", "uart": "uart2", "spi": "spi1", None: None}[one["bus"]]
    made: dict[str, Any] = {"driver": name} | ({"bus": bus} if bus else {})
    pins = dict(t.split("=") for _, t in terminals(name) if "=" in t)
    if name == "relay":
        return made | {"outputs": [{"key": "lamp", "pin": int(pins["pin"])}]}
    return made | {key: int(value) for key, value in pins.items()} | {"interval_s": _interval(one)}


def display_page() -> str:
    """The page of all displays."""
    esp32 = boards()["esp32"]
    core2 = json.loads((ROOT / "firmware" / "boards" / "m5core2.json").read_text())
    used = {name: core2["buses"][name] for name in ("i2c0", "lcd")}
    spi = {key: value for key, value in esp32["buses"]["spi1"].items() if key != "phase"} | {"baudrate": 20_000_000}
    small = {"buses": {"i2c0": esp32["buses"]["i2c0"]}, "display": {"type": "ssd1306", "bus": "i2c0"}}
    pins = {key: int(pin) for _, target in DISPLAYS["ili9342c"][1] for key, _, pin in [target.partition("=")] if pin}
    alone = {"buses": {"lcd": spi}, "display": {"type": "ili9342c", "bus": "lcd", **pins}}
    text = _DISPLAY_TEXT
    for name, given in (
        ("ssd1306", small),
        ("core2", {"buses": used, "display": core2["display"]}),
        ("ili9342c", alone),
    ):
        text = text.replace("{" + name + "}", json.dumps(given))
    return text


def _interval(one: dict[str, Any]) -> Any:
    return next(setting["default"] for setting in one["settings"] if setting["name"] == "interval_s")


def generated() -> dict[Path, str]:
    """Every file of this tool."""
    board = boards()["esp32"]
    pictures = {name: picture(name, board) for name in names() if terminals(name)}
    pictures |= {name: drawing(name, kind, rows, board) for name, (kind, rows) in DISPLAYS.items()}
    pages = {PAGE: page(), DISPLAY_PAGE: display_page()}
    return pages | {PICTURES / f"{name}.svg": text for name, text in pictures.items()}


if __name__ == "__main__":
    PICTURES.mkdir(parents=True, exist_ok=True)
    for target, text in generated().items():
        target.write_text(text, encoding="utf-8")
