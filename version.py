"""Which version this is. A file of its own, so that every package may import it."""

__version__ = "0.1.0"
