"""How kernels are compiled.

    @compiled    a function that Python calls; it runs without Python's lock
    @inlined     a helper that becomes part of its callers' code, so that a loop around it can be vectorised
    @internal    an inlined helper that nobody but kernels calls: it has no wrapper for Python, and Python that calls it
                 crashes

Inlined and internal helpers do not count references to arrays, which took two thirds of the time in which vesicles
move and fire. Numba counts at the start and at the end of a function, and where there is a loop in between it cannot
leave that out. So such a helper may be handed arrays, but neither makes nor returns one: a test checks it.

All is cached on disk; what is damaged there, by a full disk or a loss of power, is compiled anew. Nothing has a wrapper
for callers in C, as there are none: each wrapper takes its time to compile. What else keeps that time short: a function
is compiled for each combination of argument types, so counters start as `np.int64(0)` and not as the literal 0, which
is another type; arrays are filled by loops, as `array[:] = value` brings the texts of numba's error messages along;
scratch is made in Python, once per thread.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import numba
from numba.core import event
from numba.core.caching import FunctionCache

LOG = logging.getLogger(__name__)


class Compiled(event.Listener):
    """Counts the functions that this process has compiled: those that it found in the cache are not among them."""

    def __init__(self):
        self.count = 0

    def on_start(self, event: event.Event) -> None:
        """Nothing is done yet."""

    def on_end(self, event: event.Event) -> None:
        """One more."""
        self.count += 1
        told = event.data or {}
        LOG.info("compiled %s", told["dispatcher"].py_func.__qualname__)


done = Compiled()
event.register("numba:compile", done)


class KernelCache(FunctionCache):
    """Numba's cache of a function; a file that is damaged is as good as none, and so is one that cannot be written."""

    def load_overload(self, sig, target_context):
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # noqa: BLE001  to unpickle half a file raises anything
            with suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig, data):
        with suppress(OSError):
            super().save_overload(sig, data)


def njit(function: Callable | None = None, *, cache: bool = False, **options: Any) -> Any:
    """`numba.njit`, with a cache that nothing can make a fault of a run.

    Its type is Any: numba's own knows neither all options nor what a call of a compiled function returns.
    """
    if function is None:
        return partial(njit, cache=cache, **options)
    made: Any = numba.njit(**options)(function)
    if cache and numba.config.CACHE_DIR:  # type: ignore[attr-defined]  numba sets it up as it is imported
        with suppress(RuntimeError):  # nothing can be written there
            made._cache = KernelCache(function)
    return made


compiled: Any = partial(njit, cache=True, nogil=True, no_cfunc_wrapper=True)
inlined: Any = partial(njit, cache=True, forceinline=True, no_cfunc_wrapper=True, _nrt=False)
internal: Any = partial(inlined, no_cpython_wrapper=True)
