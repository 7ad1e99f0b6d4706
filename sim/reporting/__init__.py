"""How figures, tables and numbers look, the same in every study.

Imports nothing of glut4sim.
"""
