"""The driver suite on MicroPython: every case of every vector file. Prints what failed and one line at the end."""

import sys

sys.path[:0] = ["/", "/tests"]

import gc

import drivers_core as core
from sim.models.bench import Bench

passed = failed = 0
for name in core.names(""):
    given = core.vector("", name)
    wrong = core.shape(Bench(name, given, given["cases"][0]).module)
    disturbed = core.disturb(name, given)
    if disturbed:
        wrong.append(disturbed)
    for case in given["cases"]:
        try:
            result = core.play(name, given, case)
        except Exception as error:
            sys.print_exception(error)
            result = repr(error)
        if result:
            wrong.append(case["name"] + ": " + result)
        passed += 1
        gc.collect()
    for text in wrong:
        print("FAILED", name, text)
    failed += len(wrong)
print("passed" if not failed else "failed", passed, "cases,", failed, "wrong, on", sys.implementation[0], sys.version)
if failed:
    raise SystemExit(1)
