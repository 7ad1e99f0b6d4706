"""What runs in the browser: scripts and styles of the views, and how they get there."""

from pathlib import Path

FOLDER = Path(__file__).parent


def script(*names: str) -> str:
    """The text of several files as one module: sent to the browser as text, a module cannot import its neighbours."""
    return "\n".join((FOLDER / name).read_text("utf-8") for name in names)


def style(name: str) -> str:
    """The text of a style sheet."""
    return (FOLDER / name).read_text("utf-8")
