"""What tests of all levels share: their order, and fixtures that spare them what they do not ask about."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
# Those whose files take longest come first, so that neither of two processes that share the files waits long for the
# other in the end.
LEVELS = ("validation", "browser", "integration", "statistical", "regression", "unit")


def pytest_collection_modifyitems(items):
    def place(item):
        level = item.path.parts[len(FOLDER.parts)]
        return LEVELS.index(level) if level in LEVELS else len(LEVELS)

    items.sort(key=place)


def _do_not_render(patch: pytest.MonkeyPatch) -> None:
    from matplotlib.figure import Figure

    patch.setattr(Figure, "savefig", lambda figure, file, **options: file.write(b"not rendered"))


@pytest.fixture
def unrendered(monkeypatch):
    """Figures are drawn and their files written, but empty of pixels, which take most of the time of a small run."""
    _do_not_render(monkeypatch)


@pytest.fixture(scope="module")
def all_unrendered():
    """`unrendered`, also in the module's shared fixtures."""
    with pytest.MonkeyPatch.context() as patch:
        _do_not_render(patch)
        yield
