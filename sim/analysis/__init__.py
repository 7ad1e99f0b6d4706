"""Numbers from records: summaries, dose responses, paired effects, global sensitivity, single vesicles, time lines.

Computes on arrays and writes nothing. Imports `inputs`, `model`, `endocrine` and `scenario`.
"""
