"""What goes wrong around the program, done to it on purpose and by chance: see `__main__.py`."""
