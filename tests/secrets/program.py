"""A plain Python program in which everything goes wrong, and which says so as loudly as Python can."""

import _thread
import sys
import threading
import traceback

from ofox_magic import OfoxError

from . import probe


def run(name, python):
    """Let *name* go wrong, while *python* asks. Returns the error."""
    probe.begin(name)
    try:
        exec(python, {"probe": probe})
    except (OfoxError, KeyboardInterrupt) as error:
        traceback.print_exc()
        print("".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()))
        probe.look(error)
        return probe.keep(f"the error of {name}", error)
    finally:
        probe.end()
    return None


def main():
    probe.listen()
    if "--leak" in sys.argv:
        probe.leak()
    last = None
    for name, python, interrupted in probe.what_happens():
        if interrupted:
            threading.Timer(0.3, _thread.interrupt_main).start()
        last = run(name, python) or last
    probe.look_around()
    raise RuntimeError("mine") from last


if __name__ == "__main__":
    main()
