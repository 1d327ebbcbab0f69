"""Log: the last lines, numbered, on the serial port and for whoever asks."""

LINES = 40  # of at most 100 characters


class Log:
    first = 0  # the number of the oldest line kept

    def __init__(self, lines=LINES):
        self.lines = []
        self._most = lines

    def __call__(self, part, what):
        line = "%s: %s" % (part, what if isinstance(what, str) else repr(what))
        line = line[:100]
        print(line)
        if self.lines and self.lines[-1] == line:
            return  # an error that repeats must not push out what led to it
        self.lines.append(line)
        if len(self.lines) > self._most:
            self.lines.pop(0)
            self.first += 1
