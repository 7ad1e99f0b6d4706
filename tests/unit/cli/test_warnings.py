"""What the package warns of in its log is said on the command line, and on no other program's account."""

import subprocess
import sys

CODE = """
import logging, sys
from glut4sim.sim import cli
def main():
    logging.getLogger("glut4sim.sim.model").warning("the observable %s is left\\nout", "x")
    logging.getLogger("glut4sim.sim.model").info("done")
    logging.getLogger("elsewhere").warning("no affair of ours")
    sys.exit(0)
cli.main = main
cli.program()
"""


def test_what_the_package_warns_of_is_said():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "Warning: the observable x is left out\n")
