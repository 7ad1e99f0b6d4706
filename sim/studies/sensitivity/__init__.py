"""Which uncertain parameters and effects a summary number depends on, by the mean field. Builds on `run`."""
