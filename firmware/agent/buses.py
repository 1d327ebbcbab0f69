"""Buses: made from the configuration when the device starts."""

_PINS = ("sda", "scl", "tx", "rx", "sck", "mosi", "miso")


def make(wanted, log):
    """name -> machine.I2C, UART or SPI. One that cannot be made is left out: its drivers say that they miss it."""
    made = {}
    for name in wanted:
        try:
            made[name] = _make(dict(wanted[name]))
        except (ImportError, AttributeError, KeyError, OSError, ValueError, TypeError) as error:
            log("bus " + name, error)
    return made


def _make(settings):
    import machine

    kind = settings.pop("type")
    number = settings.pop("id", -1)
    for pin in _PINS:
        if pin in settings:
            settings[pin] = machine.Pin(settings[pin])
    if kind == "i2c":
        unstick(settings["scl"], settings["sda"])
        return machine.SoftI2C(**settings) if number < 0 else machine.I2C(number, **settings)
    if kind == "uart":
        return machine.UART(number, **settings)
    if kind == "spi":
        return machine.SoftSPI(**settings) if number < 0 else machine.SPI(number, **settings)
    raise ValueError("no bus of type " + kind)


def unstick(scl, sda):
    """A part that was interrupted holds the data line low until it has seen the rest of its clock."""
    if not callable(sda) or sda():
        return
    import time

    import machine

    scl.init(machine.Pin.OPEN_DRAIN, value=1)
    for _ in range(9):
        scl(0)
        time.sleep_us(10)
        scl(1)
        time.sleep_us(10)
        if sda():
            return
    raise OSError("the data line is stuck low")
