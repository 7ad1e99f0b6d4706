"""`python -m glut4sim` is `glut4sim`, which begins here: as little as can be is read before Ctrl-C is answered."""

import gc
import os
import sys

SELDOM = 100_000  # objects more than there were, before Python looks for dead ones: most of what is imported stays


def program() -> None:
    """Run the command line; it never returns. Ctrl-C while it is being imported is answered too."""
    gc.set_threshold(SELDOM)
    try:
        from glut4sim.sim.cli import program as run

        run()
    except KeyboardInterrupt:
        if sys.stderr is not None:
            sys.stderr.write("Stopped.\n")
            sys.stderr.flush()
        os._exit(130)


if __name__ == "__main__":
    program()
