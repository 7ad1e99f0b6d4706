"""`python -m glut4sim` is `glut4sim`."""

from glut4sim.sim.cli import program

program()
