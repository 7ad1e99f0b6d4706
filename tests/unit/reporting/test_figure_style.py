"""The page that every figure is drawn on, and the pieces that several draw."""

import io
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.image import imread

from glut4sim.sim.analysis.dose_response import Estimate
from glut4sim.sim.reporting import figure_style
from glut4sim.sim.reporting.figure_style import A4_LANDSCAPE, interval_bar, page, power_of_1000, save
from tests.support import ROOT


def test_the_style_holds_on_the_page_and_nowhere_else():
    before = dict(mpl.rcParams)
    with page(style={"axes.titlepad": 3}) as figure:
        assert mpl.rcParams["legend.frameon"] is False
        assert mpl.rcParams["axes.titlepad"] == 3
    assert dict(mpl.rcParams) == before
    assert tuple(figure.get_size_inches()) == A4_LANDSCAPE


def test_a_page_without_words_keeps_no_room_for_them():
    with page() as figure:
        pass
    assert figure._suptitle is None
    assert figure._supxlabel is None


@pytest.mark.parametrize("width", [4.1, 11.69])
def test_title_and_note_fit_on_the_page(width):
    with page("A title that is rather long, " * 6, "A note that is rather long, " * 9, (width, 6.0)) as figure:
        figure.subplots()
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    title, note = (text.get_window_extent(renderer) for text in (figure._suptitle, figure._supxlabel))
    assert figure.bbox.x0 < title.x0 < title.x1 < figure.bbox.x1
    assert figure.bbox.x0 < note.x0 < note.x1 < figure.bbox.x1
    assert title.x0 == pytest.approx(0.014 * figure.bbox.width, abs=1.0)
    assert note.x1 == pytest.approx(0.986 * figure.bbox.width, abs=1.0)
    assert note.y1 < figure.axes[0].get_window_extent().y0 < title.y0


def test_a_title_is_no_formula():
    with page(r"$\nothing$ for $5") as figure:
        pass
    figure.savefig(io.BytesIO(), format="svg")


def test_every_figure_is_drawn_on_a_page():
    drawing = [path for path in (ROOT / "sim").rglob("*.py") if "def save_figure(" in path.read_text("utf-8")]
    assert len(drawing) > 1
    for path in drawing:
        text = path.read_text("utf-8")
        assert "with page(" in text, path
        assert "rc_context" not in text, path
        assert "Figure(" not in text, path


@pytest.mark.parametrize(("suffix", "start"), [(".png", b"\x89PNG"), (".pdf", b"%PDF"), (".svg", b"<?xml")])
def test_the_end_of_a_name_says_the_format(tmp_path, suffix, start):
    with page(size=(2.0, 1.0)) as figure:
        figure.subplots()
    for path in (tmp_path / f"a{suffix}", str(tmp_path / f"b{suffix}")):
        save(figure, path)
        assert Path(path).read_bytes().startswith(start)


def test_a_figure_has_as_many_dots_as_asked_for(tmp_path):
    with page(size=(2.0, 1.0)) as figure:
        figure.subplots()
    save(figure, tmp_path / "a.png")
    assert imread(tmp_path / "a.png").shape[:2] == (figure_style.DPI, 2 * figure_style.DPI)
    save(figure, tmp_path / "a.png", dpi=40)
    assert imread(tmp_path / "a.png").shape[:2] == (40, 80)


def test_a_figure_goes_to_any_place_that_can_be_opened():
    upath = pytest.importorskip("upath")
    place = upath.UPath("memory://figures/a.png")
    place.parent.mkdir(parents=True, exist_ok=True)
    with page(size=(2.0, 1.0)) as figure:
        figure.subplots()
    save(figure, place, dpi=30)
    assert imread(io.BytesIO(place.read_bytes())).shape[:2] == (30, 60)


@pytest.mark.parametrize(
    ("largest", "size", "said"),
    [
        (2.5e7, 1e6, "10$^{6}$ "),
        (999.0, 1.0, ""),
        (1000.0, 1e3, "10$^{3}$ "),
        (0.02, 1e-3, "10$^{-3}$ "),
        (0.0, 1.0, ""),
    ],
)
def test_ticks_are_short(largest, size, said):
    assert power_of_1000(largest) == (pytest.approx(size), said)


def test_an_interval_reaches_from_end_to_end():
    with page() as figure:
        ax = figure.subplots()
    _, _, [bar] = interval_bar(ax, Estimate(3.0, 1.0, 4.0), 7.0, "o", "black")
    np.testing.assert_allclose(bar.get_segments(), [[[1.0, 7.0], [4.0, 7.0]]])
    _, _, [bar] = interval_bar(ax, Estimate(3.0), 7.0, "o", "black")
    np.testing.assert_allclose(bar.get_segments(), [[[3.0, 7.0], [3.0, 7.0]]])


@pytest.mark.parametrize("panels_alone", [True, False])
def test_panels_are_equal_and_apart_from_each_other_the_title_and_the_note(panels_alone, tmp_path):
    with page("A title", "A note " * 40, (6.0, 5.0), panels_alone=panels_alone) as figure:
        axes = figure.subplots(2, 2).ravel()
        for ax, top in zip(axes, (1.0, 1e3, 0.01, 1e5)):
            ax.plot([0.0, 1.0], [0.0, top])
            ax.set_title("Panel")
            ax.set_ylabel("Something")
            ax.set_xlabel("Time")
    save(figure, tmp_path / "figure.png", dpi=figure.dpi)
    texts = [text.get_window_extent() for text in (figure._suptitle, figure._supxlabel)]
    boxes = [*(ax.get_tightbbox() for ax in axes), *texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
    assert all(figure.bbox.containsx(x) and figure.bbox.containsy(y) for box in boxes for x, y in (box.p0, box.p1))
    sizes = np.array([ax.get_position().size for ax in axes])
    np.testing.assert_allclose(sizes, sizes[[0]].repeat(4, axis=0), rtol=1e-6)
    assert sizes[0].min() > 0.2


def test_a_saved_figure_is_the_one_that_matplotlib_saves(tmp_path):
    def drawn():
        with page("Title", "Note") as figure:
            for ax in figure.subplots(2, 2).flat:
                ax.plot([0.0, 1e6], [0.0, 1e-6])
                ax.set_ylabel("Something")
        return figure

    figure, plain = drawn(), io.BytesIO()
    engine, dpi = figure.get_layout_engine(), figure.dpi
    save(figure, tmp_path / "figure.png", dpi=60)
    drawn().savefig(plain, format="png", dpi=60)
    plain.seek(0)
    np.testing.assert_array_equal(imread(tmp_path / "figure.png"), imread(plain))
    assert (figure.get_layout_engine(), figure.dpi) == (engine, dpi)
