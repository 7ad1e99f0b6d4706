"""What tests of all levels share: their order, and fixtures that spare them what they do not ask about."""

import gc
import sys
from importlib import import_module
from pathlib import Path

import pytest

gc.set_threshold(100_000)  # as the program has it

FOLDER = Path(__file__).parent
# Those whose files take longest come first, so that none of the processes that share the files waits long for the
# others in the end.
LEVELS = ("browser", "integration", "unit/test_cell", "unit/studies", "statistical", "validation", "unit/cli", "unit")


def pytest_collection_modifyitems(items):
    def place(item):
        path = item.path.as_posix().removeprefix(f"{FOLDER.as_posix()}/")
        return next((n for n, level in enumerate(LEVELS) if path.startswith(level)), len(LEVELS))

    items.sort(key=place)


def pytest_collection_finish():
    """What there is by now stays, and need not be looked through for garbage again and again."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish():
    """What `make coverage` counted here is kept now: a process that shares the tests is killed if it is not gone ten
    seconds later, such as where a thread in it still waits."""
    counting = sys.modules.get("coverage")
    if counting is not None and (counted := counting.Coverage.current()) is not None:
        counted.save()


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


# What draws figures, in glut4sim.sim.studies: into the file that is its last argument, or these files in that folder.
FIGURES = {
    ("assays.figure", "save_figure"): (),
    ("benchmark.conditions_figure", "save_figure"): (),
    ("benchmark.suite_figures", "save_figure"): (),
    ("body.figure", "save_figure"): (),
    ("comparison.figure", "save_figure"): (),
    ("fit.abc_figure", "save_figure"): ("posterior.png",),
    ("fit.figure", "save_figures"): ("fit.png", "profiles.png", "correlations.png"),
    ("run.figure", "save_figure"): (),
    ("run.single_vesicle_figure", "save_figure"): (),
    ("run.timeline_figure", "save_figure"): (),
    ("sensitivity.figure", "save_figure"): (),
    ("sweep.figure", "save_curves"): (),
    ("sweep.figure", "save_figure"): (),
    ("uncertainty.figure", "save_figure"): (),
}
DRAW = {}  # what draws them, by module and name, while they are not drawn


@pytest.fixture(scope="session", autouse=True)
def undrawn():
    """Figures are not drawn, but for tests that ask for `drawn`: they take most of the time of a small run.

    Their files are there, as other files are looked for beside them.
    """
    with pytest.MonkeyPatch.context() as patch:
        for (name, function), files in FIGURES.items():
            module = import_module(f"glut4sim.sim.studies.{name}")
            DRAW[module, function] = getattr(module, function)
            patch.setattr(module, function, _write_instead(files))
        yield


def _write_instead(files):
    """In place of what draws into the last of its arguments, or into these files of that folder."""

    def write(*arguments, dpi=None):
        where = arguments[-1]
        for path in [where / name for name in files] or [where]:
            path.write_bytes(b"not drawn")

    return write


@pytest.fixture
def drawn(monkeypatch):
    """Figures are drawn and rendered."""
    for (module, function), draw in DRAW.items():
        monkeypatch.setattr(module, function, draw)


@pytest.fixture
def unrendered(drawn, monkeypatch):
    """Figures are drawn and their files written, but neither laid out nor rendered."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine, TightLayoutEngine

    for engine in (ConstrainedLayoutEngine, TightLayoutEngine):
        monkeypatch.setattr(engine, "execute", lambda engine, figure: None)
    monkeypatch.setattr(Figure, "savefig", lambda figure, file, **options: file.write(b"not rendered"))
