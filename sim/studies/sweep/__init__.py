"""A scenario at each level of one or more of its numbers, with fitted dose responses. Builds on `run`."""
