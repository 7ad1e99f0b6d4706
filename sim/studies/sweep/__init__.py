"""Scenarios at each level of one or more of their numbers, with fitted dose responses. Builds on `run`."""
