"""What a command does with many runs. Each folder holds one study: its work, its result, its figure and its report.

    run            replicates of one scenario, side by side
    assays         the same experiment on several days of a therapy
    comparison     paired conditions
    sweep          levels of one or more numbers
    sensitivity    which uncertain parameters matter
    benchmark      suites of checks against publications, and of hormonal conditions
    resumption.py  goes on with any of the first four

Imports everything below it; does not know the command line or the dashboard.
"""
