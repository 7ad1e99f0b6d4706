"""What a command does with many runs. Each folder holds one study: its work, its result, its figure and its report.

    run            replicates of one scenario, side by side
    assays         the same experiment on several days of a therapy
    comparison     paired conditions
    sweep          levels of one or more numbers
    sensitivity    which uncertain parameters matter
    benchmark      suites of checks against publications, and of hormonal conditions

    running.py     runs a scenario, or goes on with any of the first four, whichever study that takes
    tasks.py       works off the simulations of all of them
    options.py     what a user may choose about runs
    executors.py   threads, processes or a cluster to run them on

Imports everything below it; does not know the command line or the dashboard.
"""
