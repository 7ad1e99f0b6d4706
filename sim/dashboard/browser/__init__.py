"""What runs in the browser: scripts and styles of the views, and how they get there."""

from pathlib import Path

FOLDER = Path(__file__).parent
CELL = (
    "canvas.js", "cell_symbols.js", "cell_cut.js", "cell_camera.js", "following.js", "patch.js", "scrubber.js",
    "video.js", "cell_stage.js", "cause_strip.js", "cell_view.js",
)  # fmt: skip
CHARTS = ("canvas.js", "chart_view.js")


def script(*names: str) -> str:
    """The text of several files as one module: sent to the browser as text, a module cannot import its neighbours."""
    return "\n".join((FOLDER / name).read_text("utf-8") for name in names)


def style(name: str) -> str:
    """The text of a style sheet."""
    return (FOLDER / name).read_text("utf-8")


def function(names: tuple[str, ...]) -> str:
    """The same as a function that returns what the module exports, for a page in which no file can be imported."""
    return f"(() => {{\n{script(*names).replace('export default', 'return')}\n}})()"
