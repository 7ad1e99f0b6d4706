"""One cell, from a second to hours: its parameters, its signalling, the loop that steps its agents, and its mean field.

Imports `agents` and `inputs`. The engine knows what it is asked only as a Protocol (cell_inputs.py), not as a scenario.
"""
