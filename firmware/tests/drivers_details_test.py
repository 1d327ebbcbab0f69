"""What the vector files cannot say: outputs, buttons, long counts, formulas against their sources."""

import math
import sys

import drivers_core as core
import pytest
from drivers_test import FIRMWARE
from hypothesis import given, settings
from hypothesis import strategies as st
from sim.models import told
from sim.models.bench import Bench
from sim.models.pzem import crc16


def bench_of(name, case=None):
    return Bench(name, core.vector(FIRMWARE, name), case or {})


# Outputs


def levels(bench):
    return [bench.board.parts[4].level, bench.board.parts[5].level, bench.board.parts[6].duty]


def test_outputs_follow_and_inverted_ones_turn_round():
    bench = bench_of("relay")
    driver = bench.driver
    assert levels(bench) == [0, 0, 0]
    assert [driver.set("lamp", "on"), driver.set("heater", "off"), driver.set("strip", 40)] == ["on", "off", 40]
    assert levels(bench) == [1, 1, 26214]
    assert driver.get("strip") == 40
    assert bench.read() == [1, 0, 40]


@pytest.mark.parametrize(
    ("key", "state"), [("lamp", 1), ("lamp", "dim"), ("strip", 101), ("strip", -1), ("strip", True)]
)
def test_a_state_that_an_output_cannot_have_changes_nothing(key, state):
    bench = bench_of("relay")
    with pytest.raises(ValueError, match="expected"):
        bench.driver.set(key, state)
    assert levels(bench) == [0, 0, 0]


def test_the_level_is_there_with_the_first_touch_of_the_pin():
    bench = bench_of("relay")
    assert [level for _, level in bench.board.parts[4].history] == [0]
    assert [level for _, level in bench.board.parts[5].history] == [0], "on, inverted"


@pytest.mark.parametrize("outputs", [[], [{"key": "a", "pin": 4}] * 2, [{"key": "a", "pin": 4, "boot": "maybe"}]])
def test_outputs_that_make_no_sense_are_refused(outputs):
    with pytest.raises(ValueError, match="output"):
        bench_of("relay", {"settings": {"outputs": outputs}})


# Buttons


def press(bench, *ms):
    """Edges of the pin, each so many ms after the one before."""
    pin = bench.board.parts[13]
    for wait in ms:
        bench.clock.advance(ms=wait)
        pin.drive(1 - pin.level)


def test_a_contact_that_bounces_is_one_press():
    bench = bench_of("button")
    seen = []
    bench.driver.pressed = seen.append
    press(bench, 1000, 2, 1, 3, 1)  # down after all
    press(bench, 400, 1, 2)  # and up
    assert bench.read() == [0, 1]
    assert seen == [407] or seen == []  # the bounce of the way up may hide its end from the interrupt
    press(bench, 1000)
    bench.clock.advance(ms=5000)
    press(bench, 0)
    assert bench.read() == [0, 2]
    assert seen[-1] == 5000


# Energy


def test_energy_counts_small_power_for_a_year_without_losing_it():
    clock = told.Clock()
    energy = told.load("_energy", clock).Energy()
    energy.resume(100_000.0)
    for _ in range(365 * 24 * 6):
        clock.advance(ms=600_000 // 10)
        energy.add(0.7)
    hours = 365 * 24 * 6 * 60 / 3600
    assert energy.add(0.7) - 100_000 == pytest.approx(0.7 * hours, rel=1e-3)


def test_energy_goes_on_over_the_wrap_of_the_ticks():
    clock = told.Clock(us=((1 << 30) - 30_000) * 1000)
    energy = told.load("_energy", clock).Energy()
    for _ in range(7):
        last = energy.add(3600.0)
        clock.advance(ms=10_000)
    assert last == pytest.approx(60.0)


def test_nobody_knows_what_flowed_while_the_sensor_was_away():
    clock = told.Clock()
    energy = told.load("_energy", clock).Energy()
    energy.add(1000.0)
    clock.advance(ms=3_600_000)
    assert energy.add(1000.0) == 0


# Formulas and frames


def doubles(raw, trim, humidity_trim):
    """Temperature, pressure, humidity by the formulas in doubles of the data sheet (BST-BME280-DS002, 8.1)."""
    heat, press_, damp = raw
    t1, t2, t3, p1, p2, p3, p4, p5, p6, p7, p8, p9 = trim
    h1, h2, h3, h4, h5, h6 = humidity_trim
    fine = (heat / 16384 - t1 / 1024) * t2 + (heat / 131072 - t1 / 8192) ** 2 * t3
    a = fine / 2 - 64000
    b = (a * a * p6 / 32768 + a * p5 * 2) / 4 + p4 * 65536
    a = (1 + (p3 * a * a / 524288 + p2 * a) / 524288 / 32768) * p1
    p = (1048576 - press_ - b / 4096) * 6250 / a
    p += (p9 * p * p / 2147483648 + p * p8 / 32768 + p7) / 16
    x = fine - 76800
    x = (damp - (h4 * 64 + h5 / 16384 * x)) * (h2 / 65536 * (1 + h6 / 67108864 * x * (1 + h3 / 67108864 * x)))
    return fine / 5120, p, min(max(x * (1 - h1 * x / 524288), 0), 100)


BOSCH = (27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
USUAL = (75, 362, 0, 328, 50, 30)


@given(st.integers(350_000, 620_000), st.integers(250_000, 500_000), st.integers(20_000, 45_000))
def test_the_integers_of_the_bme280_agree_with_the_doubles(heat, press_, damp):
    module = bench_of("bme280").module
    fine = module.temperature(heat, *BOSCH[:3])
    expected = doubles((heat, press_, damp), BOSCH, USUAL)
    assert (fine * 5 + 128 >> 8) / 100 == pytest.approx(expected[0], abs=0.011)
    assert module.pressure(press_, fine, *BOSCH[3:]) / 256 == pytest.approx(expected[1], abs=8)
    assert module.humidity(damp, fine, *USUAL) / 1024 == pytest.approx(expected[2], abs=0.1)


def test_trimming_of_zeros_is_told_and_divides_nothing():
    module = bench_of("bme280").module
    with pytest.raises(ValueError, match="no trimming"):
        module.pressure(400_000, 128_000, *[0] * 9)


@given(st.binary(min_size=1, max_size=60))
def test_the_two_ways_to_a_modbus_crc_agree_and_find_a_wrong_bit(data):
    module = bench_of("pzem004t").module
    crc = module.crc16(data, len(data))
    assert bytes((crc & 255, crc >> 8)) == crc16(data)
    assert module.crc16(data + crc16(data), len(data) + 2) == 0
    assert module.crc16(data[:-1] + bytes([data[-1] ^ 4]) + crc16(data), len(data) + 2) != 0


def test_the_frames_of_a_meter_are_those_of_its_manual():
    bench = bench_of("pzem004t")
    bench.read()
    bench.run(bench.driver.command("reset_energy", {}))
    assert [frame.hex() for frame in bench.parts["line"].sent] == ["f8040000000a6464", "f842c241"]
    assert all(frame[1] != 0x41 for frame in bench.parts["line"].sent), "the factory calibration is never sent"


@pytest.mark.parametrize("addresses", [[], [1, 248]])
def test_meters_that_cannot_be_told_apart_are_refused(addresses):
    with pytest.raises(ValueError, match="address"):
        bench_of("pzem004t", {"settings": {"addresses": addresses}})


@pytest.mark.parametrize("setting", [{"max_a": 10.0}, {"shunt_ohm": 0.001}])
def test_a_shunt_that_does_not_fit_the_chip_is_refused(setting):
    with pytest.raises(ValueError, match="max_a x shunt_ohm"):
        bench_of("ina219", {"settings": setting})


@given(st.floats(0.03, 0.32), st.floats(0.0005, 0.5), st.floats(-0.98, 0.98))
def test_any_shunt_gives_the_current_within_its_resolution(volts, ohm, share):
    bench = bench_of("ina219", {"settings": {"shunt_ohm": ohm, "max_a": volts / ohm}})
    bench.parts["chip"].shunt_ohm = ohm
    bench.parts["chip"].amps = share * volts / ohm
    out = bench.read()
    # Half a step of the shunt register, one of the current, and what the calibration register cuts off.
    assert out[1] == pytest.approx(share * volts / ohm, abs=volts / ohm / 32768 * 2 + 6e-6 / ohm, rel=1e-3)


@settings(max_examples=25, deadline=None)  # each is 11 mains cycles, sample by sample
@given(st.floats(1.0, 60.0), st.floats(0, 0.02), st.integers(40, 110))
def test_a_clamp_is_within_one_percent_and_an_eighth_of_an_ampere(amps, noise, cost_us):
    peak = amps / 90.9 * math.sqrt(2)
    part = {"model": "mains.Adc", "on": "pin:34", "with": {"amplitude_v": peak, "noise_v": noise, "cost_us": cost_us}}
    out = bench_of("sct013", {"parts": {"clamp": part}}).read()
    # Noise adds its square: even noise of ±n V has n²/3.
    expected = math.sqrt(amps**2 + (noise * 90.9) ** 2 / 3)
    assert out[0] == pytest.approx(expected, rel=0.01, abs=0.125)
    assert out[1] == pytest.approx(out[0] * 230)


# The board itself


class Radio:
    IF_STA = 0

    def __init__(self, interface=0):
        pass

    def isconnected(self):
        return True

    def status(self, what):
        return {"rssi": -61}[what]


class Module:
    def __init__(self, **names):
        self.__dict__.update(names)


@pytest.mark.parametrize(
    ("chip", "celsius"),
    [({"raw_temperature": lambda: 140}, 60.0), ({"mcu_temperature": lambda: 47}, 47), ({}, None)],
)
def test_health_tells_the_signal_and_the_temperature_of_each_chip(chip, celsius):
    clock = told.Clock(us=((1 << 30) - 1000) * 1000)
    network, esp32 = Module(WLAN=Radio), Module(**chip)
    module = told.load("health", clock, machine=Module(reset_cause=lambda: 3))
    driver, out = module.Driver(None, module.DEFAULTS), [None] * 5
    clock.advance(ms=90_000)  # over the wrap of the ticks
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "network", network)
        patch.setitem(sys.modules, "esp32", esp32)
        told.run(clock, driver.read(out))
    assert out[1] == -61
    assert out[2] == pytest.approx(celsius) if celsius is not None else out[2] is None
    assert out[3:] == [90, 3]


def test_a_chip_whose_adc_cannot_measure_a_clamp_says_so():
    clock = told.Clock()
    module = told.load("sct013", clock, machine=Module(Pin=lambda number: number, ADC=lambda pin: pin))
    with pytest.raises(ValueError, match="not made for a clamp"):
        module.Driver(None, module.DEFAULTS | {"pin": 0})
