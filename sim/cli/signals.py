"""SIGTERM and SIGHUP end a command as Ctrl-C does: what runs stops, what was reached is written."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

AGAIN_SECONDS = 0.02  # after which a signal that was lost is sent again
NAMES = ("SIGTERM", "SIGHUP")  # the second is not known on every system


class Heard:
    """The signal that a command was ended by, if one was."""

    def __init__(self):
        self.signal: int = signal.SIGINT

    @property
    def status(self) -> int:
        """With which the program then exits, as shells have it."""
        return 128 + self.signal

    def interrupt(self, number: int, _: object) -> None:
        """Do as Python does on Ctrl-C."""
        self.signal = number
        raise KeyboardInterrupt

    def is_lost(self, told: "sys.UnraisableHookArgs") -> bool:
        """Whether an error that goes nowhere is the interrupt, which fell in while an object was taken down; it is sent
        again then."""
        lost = issubclass(told.exc_type, KeyboardInterrupt)
        if lost:
            threading.Timer(AGAIN_SECONDS, os.kill, (os.getpid(), self.signal)).start()
        return lost


@contextmanager
def heeded() -> Iterator[Heard]:
    """Within, they raise KeyboardInterrupt, unless whoever started the program has them ignored, as nohup does."""
    heard, unraisable = Heard(), sys.unraisablehook
    sys.unraisablehook = lambda told: None if heard.is_lost(told) else unraisable(told)
    numbers = [number for name in NAMES if (number := getattr(signal, name, None)) is not None]
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler == signal.SIG_DFL:
            signal.signal(number, heard.interrupt)
    try:
        yield heard
    finally:
        sys.unraisablehook = unraisable
        for number, handler in before.items():
            if handler == signal.SIG_DFL:
                signal.signal(number, handler)
