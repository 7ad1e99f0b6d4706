"""How kernels are compiled.

    @compiled    a function that Python calls; it runs without Python's lock
    @inlined     a helper that becomes part of its callers' code, so that a loop around it can be vectorised
    @internal    an inlined helper that nobody but kernels calls: it has no wrapper for Python, and Python that calls it
                 crashes

Inlined and internal helpers do not count references to arrays, which took two thirds of the time in which vesicles
move and fire. Numba counts at the start and at the end of a function, and where there is a loop in between it cannot
leave that out. So such a helper may be handed arrays, but neither makes nor returns one: a test checks it.

All is cached on disk, and has no wrapper for callers in C, as there are none: each wrapper takes its time to compile.
What else keeps that time short: a function is compiled for each combination of argument types, so counters start as
`np.int64(0)` and not as the literal 0, which is another type; arrays are filled by loops, as `array[:] = value` brings
the texts of numba's error messages along; scratch is made in Python, once per thread.
"""

from functools import partial
from typing import Any

from numba import njit

# numba's own types know neither all options nor what a call of a compiled function returns
_njit: Any = njit
compiled: Any = partial(_njit, cache=True, nogil=True, no_cfunc_wrapper=True)
inlined: Any = partial(_njit, cache=True, forceinline=True, no_cfunc_wrapper=True, _nrt=False)
internal: Any = partial(inlined, no_cpython_wrapper=True)
