"""Calibration: which values of parameters and effects agree with data, how sure that is, and what it predicts."""
