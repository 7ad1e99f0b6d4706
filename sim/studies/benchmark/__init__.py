"""Suites: the cell against published measurements, and hormonal conditions against published effects.

Suites are TOML files in the folder `benchmarks`. Builds on `run` and on the pairs of `analysis`.
"""
