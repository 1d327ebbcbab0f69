"""The modules `machine`, `onewire` and others of a board whose pins carry models."""

from .pins import Pin


class Board:
    """In place of `machine`. `parts`: pin number → what hangs on it (a Pin, an Adc, a one-wire bus …)."""

    ATTN_11DB = 3
    IDLE = 0

    def __init__(self, clock, parts=None, cause=1):
        self.clock = clock
        self.parts = parts or {}
        self._cause = cause
        self.Pin = _Pins(self)
        self.ADC = _Adcs(self)
        self.PWM = _Pwm

    def disable_irq(self):
        return 0

    def enable_irq(self, state):
        pass

    def reset_cause(self):
        return self._cause


class _Pins:
    IN, OUT, OPEN_DRAIN = Pin.IN, Pin.OUT, Pin.OPEN_DRAIN
    PULL_UP, PULL_DOWN = Pin.PULL_UP, Pin.PULL_DOWN
    IRQ_FALLING, IRQ_RISING = Pin.IRQ_FALLING, Pin.IRQ_RISING

    def __init__(self, board):
        self._board = board

    def __call__(self, number, mode=-1, pull=-1, value=None, **options):
        parts = self._board.parts
        if number not in parts:
            parts[number] = Pin(self._board.clock, 1 if pull == Pin.PULL_UP else 0)
        if value is not None:
            parts[number].value(value)
        return parts[number]


class _Adcs:
    ATTN_11DB = 3

    def __init__(self, board):
        self._board = board

    def __call__(self, pin, atten=None, **options):
        return pin


class _Pwm:
    def __init__(self, pin, freq=1000, duty_u16=0):
        self.pin = pin
        self.duty_u16(duty_u16)

    def duty_u16(self, duty=None):
        if duty is None:
            return self.pin.duty
        self.pin.duty = duty
        return None

    def deinit(self):
        pass
