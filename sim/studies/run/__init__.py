"""Replicates of one scenario: run side by side, recorded, summarised and drawn. The other studies build on it."""
