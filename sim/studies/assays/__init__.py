"""The same experiment on several days of a therapy, and what changed between them. Builds on `run`."""
