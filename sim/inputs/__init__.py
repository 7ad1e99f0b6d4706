"""What people write, turned into checked values in the units that the program computes with.

The lowest package: imports nothing of glut4sim. Every fault becomes one line that says where, what was found and what
is allowed (errors.py).
"""
