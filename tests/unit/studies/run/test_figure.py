"""The figure: it can be drawn for whatever a run leaves, and nothing on it overlaps."""

import warnings

import numpy as np
import pytest
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.image import imread

from glut4sim.sim.model.observables import OBSERVABLES, STATE_NAMES
from glut4sim.sim.reporting import time_courses
from glut4sim.sim.studies.run import figure as run_figure

SIZES = {dim: len(names) for dim, names in STATE_NAMES.items()}


def make_dataset(replicates=3, records=1081, interval=5.0, insulin=((600.0, 100.0), (2400.0, 0.0))):
    """Smooth curves and some noise, in the ranges of a real run."""
    rng = np.random.default_rng(1)
    time = np.arange(records) * interval
    shape = np.exp(-(((time - 1800.0) / 900.0) ** 2))
    values = {}
    for o in OBSERVABLES:
        size = (replicates, records, *([SIZES[o.dim]] if o.dim else []))
        curve = shape if o.dim is None else shape[:, None]
        values[o.name] = 40.0 * curve + rng.uniform(1.0, 4.0, size)
    values["glucose_uptake_rate"] *= 1e6
    values["insulin"] = np.zeros((replicates, records))
    for start, level in insulin:
        values["insulin"][:, time > start] = level
    for name in ("glucose_uptake_rate", "fusion_rate"):
        values[name][:, 0] = np.nan
    return xr.Dataset(
        {o.name: (("replicate", "time", *([o.dim] if o.dim else [])), values[o.name]) for o in OBSERVABLES},
        {"replicate": np.arange(replicates), "time": time, **{dim: list(names) for dim, names in STATE_NAMES.items()}},
        {"title": "Insulin challenge of an adipocyte", "scenario": "test"},
    )


def cut(dataset, reached):
    """Every replicate stopped at its own record."""
    dataset = dataset.copy(deep=True)
    for name in dataset.data_vars:
        for replicate, record in enumerate(reached):
            dataset[name].values[replicate, record:] = np.nan
    return dataset


DATASETS = {
    "three replicates": make_dataset(),
    "one replicate": make_dataset(replicates=1),
    "no insulin": make_dataset(insulin=()),
    "constant insulin": make_dataset(insulin=((-1.0, 0.034),)),
    "ladder of doses": make_dataset(insulin=tuple((300.0 * k, 10.0 ** (k - 3)) for k in range(1, 9))),
    "interrupted": cut(make_dataset(), (300, 700, 0)),
    "stopped at the start": cut(make_dataset(replicates=1), (1,)),
    "nothing reached": cut(make_dataset(replicates=1), (0,)),
    "records of two minutes": make_dataset(records=46, interval=120.0),
    "two records": make_dataset(records=2, interval=5400.0),
}


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=DATASETS)
def test_draws_without_a_warning(drawn, dataset, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run_figure.save_figure(dataset, tmp_path / "figure.png", dpi=60)
    image = imread(tmp_path / "figure.png")
    assert image.shape[:2] == (496, 701)  # A4 landscape at 60 dots per inch
    assert image[..., :3].std() > 0.02  # there is something on it


def test_six_panels_with_titles_and_units():
    figure = run_figure.draw(DATASETS["three replicates"])
    assert len(figure.axes) == 6
    for ax in figure.axes:
        assert ax.get_title(loc="left")
        assert ax.get_xlabel() == "Time [min]"
        assert "[" in ax.get_ylabel() or "per" in ax.get_ylabel()
        assert ax.get_xlim() == (0.0, 90.0)


@pytest.mark.parametrize("name", ["three replicates", "ladder of doses"])
def test_nothing_overlaps(name):
    """Titles, legends, axis labels and panels keep clear of one another, also with a long title."""
    dataset = DATASETS[name].assign_attrs(title="A title that is rather long, " * 5)
    figure = run_figure.draw(dataset)
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()
    boxes = [figure._suptitle.get_window_extent(renderer), figure._supxlabel.get_window_extent(renderer)]
    for ax in figure.axes:
        boxes += [ax.get_window_extent(), ax._left_title.get_window_extent(renderer)]
        boxes += [label.get_window_extent(renderer) for label in (ax.xaxis.label, ax.yaxis.label)]
        if ax.get_legend():
            boxes.append(ax.get_legend().get_window_extent(renderer).padded(-2.0))  # its margin touches the panel
    page = figure.bbox
    for i, box in enumerate(boxes):
        assert page.x0 <= box.x0 <= box.x1 <= page.x1
        assert page.y0 <= box.y0 <= box.y1 <= page.y1
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])
    texts = [text.get_window_extent(renderer) for text in figure.axes[0].texts]
    assert texts
    assert not any(a.overlaps(b) for i, a in enumerate(texts) for b in texts[i + 1 :])


def test_surface_panel_shows_mean_and_range():
    dataset = DATASETS["three replicates"]
    ax = run_figure.draw(dataset).axes[2]
    values = dataset.surface_glut4_percent.values
    np.testing.assert_allclose(ax.lines[0].get_ydata(), values.mean(axis=0))
    band = ax.collections[-1].get_paths()[0].vertices[:, 1]
    assert band.min() == values.min(axis=0).min()
    assert band.max() == values.max(axis=0).max()


@pytest.mark.parametrize("chunk", [None, 2, 7])
def test_curves_are_the_same_from_parts_of_the_replicates(monkeypatch, chunk):
    """Few of them are in memory at a time, whole chunks if they share such; some did not get far, and one nowhere."""
    dataset = make_dataset(replicates=7, records=50)
    values = dataset.vesicles.values
    values[2, 30:] = values[5] = np.nan
    if chunk:
        dataset.insulin.encoding["preferred_chunks"] = {"replicate": chunk}
    monkeypatch.setattr(time_courses, "PIECE_RECORDS", 150)
    sizes = []

    def first_state(part):
        sizes.append(part.sizes["replicate"])
        return part["vesicles"].values[..., 0]

    found, expected = time_courses.curve(dataset, first_state), time_courses.Curve.of(values[..., 0])
    assert sizes == {None: [3, 3, 1], 2: [2, 2, 2, 1], 7: [7]}[chunk]
    assert found.replicates == 7
    for ours, theirs in zip(found[:3], expected[:3], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-14)


def test_rates_are_drawn_as_means_over_a_minute():
    dataset = DATASETS["three replicates"]
    minutes, rate = time_courses.binned(dataset, "fusion_rate")
    assert minutes[:2].tolist() == [0.5, 1.5]
    np.testing.assert_allclose(rate[:, 1], dataset.fusion_rate.values[:, 13:25].mean(axis=1))


def test_insulin_is_shaded_where_it_is_on():
    """The record of t = 600 s still belongs to the step before insulin comes."""
    ax = run_figure.draw(DATASETS["one replicate"]).axes[2]
    (shade,) = ax.patches
    assert (shade.get_x(), shade.get_x() + shade.get_width()) == (10.0, 40.0)


def test_the_global_style_is_left_alone(tmp_path):
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    run_figure.save_figure(DATASETS["one replicate"], tmp_path / "figure.png", dpi=40)
    assert dict(mpl.rcParams) == before
