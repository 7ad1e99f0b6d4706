"""What people write, turned into checked values in the units that the program computes with.

The lowest package: imports nothing of glut4sim. A TOML file (files.py) holds tables (tables.py), these hold values
(fields.py), such as quantities with units (units.py) and schedules of them (schedule.py). Every fault becomes one line
that says where, what was found and what is allowed (errors.py). Editors are told the same in advance (json_schema.py).
"""
