"""Kernels as Python, where a debugger, a count of lines and a changed operator can get at them; slow.

    NUMBA_DISABLE_JIT=1 pytest -p tests.python_mode ...

What numba alone can do, a sum and product that are rounded once, is done as the tests' slow copy of the kernel does it.
"""

from glut4sim.agents import streams
from tests.twin import fma

streams.fma = fma
