"""The likelihood: scales and offsets at their optimum, what counts, and what held-out data have a say in."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from glut4sim.sim.studies.fit.likelihood import fit_scales, log_likelihood
from tests.fits import MINUTES, table, with_values

RNG = np.random.default_rng(7)
M = {"surface": RNG.normal(20.0, 5.0, len(MINUTES)), "other": RNG.normal(3.0, 1.0, len(MINUTES))}
Y = {"surface": 2.0 * M["surface"] + 5.0 + RNG.normal(size=len(MINUTES)), "other": RNG.normal(8.0, 2.0, len(MINUTES))}


def data(surface=None, other=None):
    """Two data sets over the same times with SEMs of their own."""
    content = table(data__other=table()["data"]["surface"])
    for name, changes in (("surface", surface), ("other", other)):
        content["data"][name] |= changes or {}
        for k, row in enumerate(content["data"][name]["points"]):
            row[2] = 0.5 + 0.1 * k
    return with_values(content, **Y).data


def brute(sets, scale_of, offset_of):
    """Log likelihood at the scales and offsets that maximise it numerically; parameters are named by functions."""

    def negative(p):
        return -sum(
            norm.logpdf(e.y[e.counted], scale_of(e, p) * M[e.name][e.counted] + offset_of(e, p), e.sem[e.counted]).sum()
            for e in sets
        )

    found = min((minimize(negative, [s, 0.0, 0.0], method="Nelder-Mead", options={"maxiter": 20000, "xatol": 1e-9,
                 "fatol": 1e-10}) for s in (0.5, 2.0)), key=lambda f: f.fun)  # fmt: skip
    return -found.fun, found.x


def test_known_scale_and_offset_are_used_as_they_are():
    sets = data({"scale": 2.0, "offset": 5.0})
    fits = fit_scales(sets, M)
    expected = sum(
        norm.logpdf(e.y, s * M[e.name] + o, e.sem).sum() for e, s, o in zip(sets, (2.0, 1.0), (5.0, 0.0), strict=True)
    )
    assert log_likelihood(sets, fits) == pytest.approx(expected)


def test_a_free_scale_and_offset_are_the_most_likely():
    sets = data({"scale": "free", "offset": "free"})[:1]
    fits = fit_scales(sets, M)
    likelihood, (scale, offset, _) = brute(sets, lambda e, p: p[0], lambda e, p: p[1])
    assert log_likelihood(sets, fits) == pytest.approx(likelihood, abs=1e-7)
    assert fits["surface"].scale == pytest.approx(scale, rel=1e-4)
    assert fits["surface"].offset == pytest.approx(offset, rel=1e-3)


def test_a_shared_scale_is_the_most_likely_for_both():
    sets = data({"scale": "free", "offset": "free"}, {"scale_of": "surface", "offset": "free"})
    fits = fit_scales(sets, M)
    likelihood, _ = brute(sets, lambda e, p: p[0], lambda e, p: p[1 if e.name == "surface" else 2])
    assert log_likelihood(sets, fits) == pytest.approx(likelihood, abs=1e-7)
    assert fits["surface"].scale == fits["other"].scale


def test_a_scale_does_not_turn_the_simulation_over():
    sets = data({"scale": "free", "offset": "free"})[:1]
    found = fit_scales(sets, {"surface": -M["surface"]})["surface"]
    assert found.scale == 0.0
    assert found.offset == pytest.approx(np.average(sets[0].y, weights=1.0 / sets[0].sem ** 2))


def test_held_out_data_have_no_say_in_a_scale_that_fitted_data_share():
    alone = fit_scales(data({"scale": "free"})[:1], M)["surface"]
    shared = fit_scales(data({"scale": "free"}, {"scale_of": "surface", "held_out": True}), M)
    assert shared["surface"].scale == shared["other"].scale == alone.scale


def test_points_without_an_error_and_rest_do_not_count():
    content = table(data__surface__above_rest=True, data__surface__scale="free")
    content["data"]["surface"]["points"][3][2] = 0.0
    sets = with_values(content, surface=Y["surface"]).data
    fit = fit_scales(sets, M)["surface"]
    assert sets[0].counted.tolist() == [False, True, True, False, True, True, True, True]
    assert (fit.residuals[~sets[0].counted] == 0.0).all()
    changed = Y["surface"].copy()
    changed[[0, 3]] += 1000.0
    assert fit_scales(with_values(content, surface=changed).data, M)["surface"].scale == fit.scale
