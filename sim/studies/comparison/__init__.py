"""Conditions that share their random numbers, and what differs between them. Builds on `run`."""
