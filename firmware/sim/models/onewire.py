"""A one-wire bus with DS18B20 sensors, in place of `onewire.OneWire`."""


def crc8(data):
    crc = 0
    for byte in data:
        for _ in range(8):
            mix = (crc ^ byte) & 1
            crc >>= 1
            if mix:
                crc ^= 0x8C
            byte >>= 1
    return crc


class Ds18b20:
    """A sensor of the family 0x28 at `celsius`. Faults: `present`, `corrupt` scratchpads, `brown_out()`: 85 degrees."""

    def __init__(self, clock, serial=1, celsius=21.0625):
        self.clock = clock
        body = bytes([0x28]) + bytes([serial >> (8 * i) & 255 for i in range(6)])
        self.rom = body + bytes([crc8(body)])
        self.celsius = celsius
        self.present = True
        self.corrupt = 0
        self.brown_out()

    def brown_out(self):
        self._raw = 0x0550  # 85 degrees after power-up
        self.config = 0x7F
        self._done_us = None

    def convert(self):
        self._done_us = self.clock.us + (750_000 >> 3 - (self.config >> 5 & 3))

    def scratchpad(self):
        if self._done_us is not None and self.clock.us >= self._done_us:
            step = 3 - (self.config >> 5 & 3)
            self._raw = int(self.celsius * 16 // 1) >> step << step
            self._done_us = None
        body = bytes([self._raw & 255, self._raw >> 8 & 255, 0x4B, 0x46, self.config, 0xFF, 0x0C, 0x10])
        check = crc8(body)
        if self.corrupt:
            self.corrupt -= 1
            check ^= 1
        return body + bytes([check])


class OneWire:
    """The bus. `shorted`: no presence pulse at all."""

    def __init__(self, clock, *sensors):
        self.clock = clock
        self.sensors = list(sensors)
        self.shorted = False
        self._chosen = []
        self._out = []
        self._taking = 0

    def _here(self):
        return [] if self.shorted else [sensor for sensor in self.sensors if sensor.present]

    def reset(self, required=False):
        self.clock.advance(us=960)
        self._chosen, self._out, self._taking = [], [], 0
        if required and not self._here():
            raise OSError(19)
        return bool(self._here())

    def scan(self):
        self.clock.advance(ms=14 * max(1, len(self._here())))
        return [bytearray(sensor.rom) for sensor in self._here()]

    def select_rom(self, rom):
        self.reset()
        self._chosen = [sensor for sensor in self._here() if sensor.rom == bytes(rom)]

    def writebyte(self, value):
        self.clock.advance(us=560)
        if self._taking:
            if self._taking == 1:
                for sensor in self._chosen:
                    sensor.config = value & 0x60 | 0x1F
            self._taking -= 1
        elif value == 0xCC:
            self._chosen = self._here()
        elif value == 0x44:
            for sensor in self._chosen:
                sensor.convert()
        elif value == 0xBE:
            pads = [sensor.scratchpad() for sensor in self._chosen]
            self._out = list(pads[0]) if len(pads) == 1 else []
        elif value == 0x4E:
            self._taking = 3

    def write(self, data):
        for value in data:
            self.writebyte(value)

    def readbyte(self):
        self.clock.advance(us=560)
        return self._out.pop(0) if self._out else 0xFF

    def readinto(self, target):
        for i in range(len(target)):
            target[i] = self.readbyte()

    def crc8(self, data):
        return crc8(data)
