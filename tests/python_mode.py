"""Kernels as Python, where a debugger, a count of lines and a changed operator can get at them; slow.

    NUMBA_DISABLE_JIT=1 pytest -p tests.python_mode ...

What numba alone can do is done otherwise: a sum and product that are rounded once as the tests' slow copy of the kernel
does it, and the fields of a record by its own kind of record.
"""

import numpy as np

from glut4sim.agents import streams
from glut4sim.sim.endocrine import dynamics
from tests.twin import fma

streams.fma = fma
dynamics.EFFECT = np.dtype((np.record, dynamics.EFFECT))
