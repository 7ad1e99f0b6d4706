"""What is asked of a cell: a scenario, the levels that a sweep takes, and changes by hand while it runs.

Imports `inputs`, `model` and `endocrine`.
"""
