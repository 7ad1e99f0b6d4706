"""How sure the numbers of a scenario are: chance, cells that differ, and values that nobody knows."""
