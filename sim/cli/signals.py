"""SIGTERM and SIGHUP end a command as Ctrl-C does: what runs stops, what was reached is written."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

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


@contextmanager
def heeded() -> Iterator[Heard]:
    """Within, they raise KeyboardInterrupt, unless whoever started the program has them ignored, as nohup does."""
    heard = Heard()
    numbers = [number for name in NAMES if (number := getattr(signal, name, None)) is not None]
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler == signal.SIG_DFL:
            signal.signal(number, heard.interrupt)
    try:
        yield heard
    finally:
        for number, handler in before.items():
            if handler == signal.SIG_DFL:
                signal.signal(number, handler)
