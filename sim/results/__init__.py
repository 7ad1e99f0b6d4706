"""Records to disk and back: where results lie, the stores of time series and events, checkpoints, provenance.

Imports what lies below it, down to `analysis`; knows nothing of figures, studies or the command line.
"""
