"""How the cell runs: the engine and all that is built on it, from checked text at the bottom to the dashboard on top.

    inputs       text to checked values: errors, units, fields, TOML files, schedules
    model        one cell, seconds to hours: parameters, signalling, engine, mean field, what is observed
    endocrine    hours to months: hormones, drugs, and how they modulate the cell
    scenario     what is asked: scenarios, levels of a sweep, changes by hand
    analysis     numbers from records
    results      records to disk and back
    reporting    how figures, tables and numbers look
    studies      what a command does with many runs, a folder each
    cell.py      the cell as a mesa.Model
    dashboard, cli   faces

A package imports only from those above it in this list, and from `glut4sim.agents` as far as `studies`; `make lint`
checks it.
"""
