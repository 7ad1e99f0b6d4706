"""What tests of all levels share: their order, and fixtures that spare them what they do not ask about."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
# Those whose files take longest come first, so that neither of two processes that share the files waits long for the
# other in the end.
LEVELS = ("browser", "validation", "integration", "statistical", "regression", "unit")


def pytest_collection_modifyitems(items):
    def place(item):
        level = item.path.parts[len(FOLDER.parts)]
        return LEVELS.index(level) if level in LEVELS else len(LEVELS)

    items.sort(key=place)


@pytest.fixture
def glut4sim(monkeypatch, capsys):
    """Calls the program; returns exit status, stdout, stderr."""
    from glut4sim.sim import cli

    def call(*arguments):
        monkeypatch.setattr("sys.argv", ["glut4sim", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code, *capsys.readouterr()

    return call


def _do_not_render(patch: pytest.MonkeyPatch) -> None:
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine, TightLayoutEngine

    for engine in (ConstrainedLayoutEngine, TightLayoutEngine):
        patch.setattr(engine, "execute", lambda engine, figure: None)
    patch.setattr(Figure, "savefig", lambda figure, file, **options: file.write(b"not rendered"))


@pytest.fixture
def unrendered(monkeypatch):
    """Figures are drawn and their files written, but neither laid out nor rendered: most of the time of a small run."""
    _do_not_render(monkeypatch)


@pytest.fixture(scope="module")
def all_unrendered():
    """`unrendered`, also in the module's shared fixtures."""
    with pytest.MonkeyPatch.context() as patch:
        _do_not_render(patch)
        yield


@pytest.fixture(scope="module")
def undrawn():
    """Runs draw no figures, also in the module's shared fixtures: for tests that ask about numbers alone."""
    from glut4sim.sim.studies.run import ensemble

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ensemble, "_draw", lambda *_: None)
        yield
