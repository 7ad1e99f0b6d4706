"""Cells made in a thread of their own, so that the page can say so meanwhile, and can give it up.

What makes a cell of millions of agents is a handful of long calls, and nothing in them asks whether it is still wanted.
So the thread's profiler does, at each call that begins or ends in it: it raises what ends the work there and then.
"""

import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from glut4sim.sim.inputs.errors import InputError

ASK_FROM = 1e9  # bytes of memory from which the reader is asked first
MOST = 0.5  # of the memory that is free, that the cells of a page may take
SECONDS_PER_BYTE = 5e-9  # that building takes, measured from 1 to 10 million vesicles on one core of 2.5 GHz

Cells = TypeVar("Cells")


class Size:
    """What cells would take.

    Parameters
    ----------
    needed, free : memory [bytes]
    """

    def __init__(self, needed: int, free: int):
        self.needed, self.free = needed, free

    @property
    def is_large(self) -> bool:
        """Whether building them takes so much that the reader should say so."""
        return self.needed >= ASK_FROM

    def check(self) -> None:
        """InputError if they would take more than a page may have."""
        if self.needed > MOST * self.free:
            raise InputError(
                f"needs about {_amount(self.needed)} of memory; a page may take {MOST:.0%} of the "
                f"{_amount(self.free)} that are free. Lower the numbers of agents.",
                "cell",
            )

    def __str__(self) -> str:
        seconds = max(self.needed * SECONDS_PER_BYTE, 1.0)
        return f"about {_amount(self.needed)} of memory, and {float(f'{seconds:.1g}'):g} s or more to build"


def _amount(size: float) -> str:
    return f"{float(f'{size / 1e9:.2g}'):g} GB" if size >= 1e9 else f"{max(float(f'{size / 1e6:.2g}'), 1.0):g} MB"


class _GivenUp(BaseException):
    """Nobody wants it any more; no `except Exception` on the way keeps it."""


class Build(Generic[Cells]):
    """Something being made.

    Parameters
    ----------
    make : gives it
    is_long
        whether it can be given up in the middle, which takes a little longer; else it ends by itself
    """

    def __init__(self, make: Callable[[], Cells], is_long: bool):
        self._make, self._is_long = make, is_long
        self._given_up = False
        self._made: Future[Cells] = Future()
        self._thread = threading.Thread(target=self._work, name="dashboard-build", daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Whether it is done, after so many seconds at most."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def result(self) -> Cells:
        """What was made; raises what went wrong."""
        return self._made.result()

    def give_up(self) -> None:
        """End it, as soon as the call that it is in has ended."""
        self._given_up = True

    def _look(self, *_):
        if self._given_up:
            raise _GivenUp

    def _work(self):
        try:
            if self._is_long:
                sys.setprofile(self._look)
            self._made.set_result(self._make())
        except _GivenUp:
            self._made.cancel()
        except BaseException as fault:  # noqa: BLE001  it is for the one who waits
            self._made.set_exception(fault)
        finally:
            sys.setprofile(None)
