"""The rate of each transition, by the states that it leads from and to: as the descriptions of agents have it."""

import pytest

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.agents.glucose import MOLECULES_PER_MM_PL

PRIMES = [n for n in range(2, 200) if all(n % d for d in range(2, n))]


def different(parameters):
    """Parameters of a kind, each another prime number."""
    return parameters._make(float(PRIMES[i]) for i in range(len(parameters._fields)))


def by_states(kind, rates):
    return dict(zip(((a.name, b.name) for a, b in kind.TRANSITIONS), rates, strict=True))


def test_receptors():
    p, insulin = different(receptor.Parameters), 0.7
    expected = {
        ("FREE", "BOUND"): p.bind_first * insulin,
        ("BOUND", "FREE"): p.unbind_first,
        ("BOUND", "ACTIVE_ONCE"): p.phosphorylate,
        ("ACTIVE_ONCE", "FREE"): p.dephosphorylate,
        ("ACTIVE_ONCE", "ACTIVE_TWICE"): p.bind_second * insulin,
        ("ACTIVE_TWICE", "ACTIVE_ONCE"): p.unbind_second,
        ("FREE", "INTERNAL_FREE"): p.internalise_free,
        ("INTERNAL_FREE", "FREE"): p.recycle_free,
        ("ACTIVE_ONCE", "INTERNAL_ONCE"): p.internalise_active,
        ("INTERNAL_ONCE", "ACTIVE_ONCE"): p.recycle_active,
        ("ACTIVE_TWICE", "INTERNAL_TWICE"): p.internalise_active,
        ("INTERNAL_TWICE", "ACTIVE_TWICE"): p.recycle_active,
        ("INTERNAL_ONCE", "INTERNAL_FREE"): p.dephosphorylate_internal,
        ("INTERNAL_TWICE", "INTERNAL_FREE"): p.dephosphorylate_internal,
        ("ACTIVE_ONCE", "DESENSITISED"): p.desensitise,
        ("ACTIVE_TWICE", "DESENSITISED"): p.desensitise,
        ("DESENSITISED", "FREE"): p.resensitise,
        ("FREE", "ACTIVE_UNBOUND"): p.phosphorylate_basal,
        ("ACTIVE_UNBOUND", "FREE"): p.dephosphorylate,
        ("ACTIVE_UNBOUND", "ACTIVE_ONCE"): p.bind_first * insulin,
    }
    found = by_states(receptor, receptor.rates(receptor.Environment(insulin), p))
    assert found == pytest.approx(expected, rel=1e-12)


def test_vesicles():
    p, rab10, as160 = different(vesicle.Parameters), 0.3, 0.8
    expected = [
        ("STORED", "MOBILE", p.release * rab10 + p.release_without_rab10 * as160),
        ("MOBILE", "STORED", p.recapture + 0.2 * p.retain),
        ("MOBILE", "TETHERED", p.tether),
        ("TETHERED", "MOBILE", p.untether),
        ("TETHERED", "DOCKED", p.dock),
        ("DOCKED", "TETHERED", p.undock),
        ("DOCKED", "TETHERED", p.fuse_transiently),
        ("DOCKED", "FUSED", p.fuse * rab10 + p.fuse_without_rab10 * as160),
        ("FUSED", "ENDOCYTOSED", p.endocytose),
        ("ENDOCYTOSED", "STORED", p.sort),
        ("ENDOCYTOSED", "MOBILE", p.recycle),
        ("DOCKED", "CLUSTERED", p.fuse_clustered),
        ("CLUSTERED", "FUSED", p.disperse + p.disperse_stimulated * as160),
        ("FUSED", "CLUSTERED", p.cluster),
        ("CLUSTERED", "ENDOCYTOSED", 0.2 * p.endocytose_clustered),
    ]
    assert [(a.name, b.name) for a, b in vesicle.TRANSITIONS] == [row[:2] for row in expected]
    found = vesicle.rates(vesicle.Environment(rab10, as160), p)
    assert found == pytest.approx([row[2] for row in expected], rel=1e-12)


def test_glucose():
    """Michaelis and Menten's law for each carrier and each side, and hexokinase that its product inhibits."""
    p = different(glucose.Parameters)
    around = glucose.Environment(glut4=1000.0, bath=5.0, outside=3e4, inside=0.4, phosphorylated=8.0)

    def carried(concentration):
        by_glut4 = 1000.0 * p.glut4_turnover * concentration / (p.glut4_half + concentration)
        return by_glut4 + p.glut1_copies * p.glut1_turnover * concentration / (p.glut1_half + concentration)

    molecules_inside = 0.4 * p.cytosol_volume * MOLECULES_PER_MM_PL
    kinase = p.hexokinase_rate * 0.4 / (p.hexokinase_half + 0.4) / (1.0 + 8.0 / p.g6p_inhibition)
    expected = {
        ("OUTSIDE", "INSIDE"): carried(5.0) / 3e4,
        ("INSIDE", "OUTSIDE"): carried(0.4) / molecules_inside,
        ("INSIDE", "PHOSPHORYLATED"): kinase / 0.4,
        ("PHOSPHORYLATED", "USED"): p.use,
    }
    assert by_states(glucose, glucose.rates(around, p)) == pytest.approx(expected, rel=1e-12)
    nearly_gone = glucose.rates(around._replace(outside=0.0), p._replace(supply=1e6))
    assert nearly_gone[0] == pytest.approx(carried(5.0) / (1e-4 * 1e6), rel=1e-12)


def test_the_unit_of_molecules():
    assert pytest.approx(6.02214076e8) == MOLECULES_PER_MM_PL
