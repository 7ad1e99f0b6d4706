"""Published experiments and what is done again to simulated cells: shared by suites of checks and fits."""
