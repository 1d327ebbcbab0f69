"""`micropython` for CPython."""


def const(value):
    return value


def opt_level(level=0):
    return level


def alloc_emergency_exception_buf(size):
    pass


def schedule(function, argument):
    function(argument)


def native(function):
    return function


viper = native
