"""Hours to months: what hormones, drugs and the body do, and how that modulates the cell.

    levels     what circulates or makes up the body: testosterone, free fatty acids, visceral fat (data/levels.toml)
    drugs      what is given in doses, with its pharmacokinetics (data/drugs.toml, pharmacokinetics.py)
    effects    who acts on whom: a driver (level or drug) on a level, or on a step of the cell (data/effects.toml)
    model      a person's levels over time, as an ODE
    modulation which parameters of the cell each step stands for

The cell does not act back: what it takes up is nothing to the body. So all this is known before a cell is simulated.
"""
