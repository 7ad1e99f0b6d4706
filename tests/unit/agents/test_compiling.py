"""What the compiler is told not to look after must not be there to look after."""

import importlib
import pkgutil

from numba import types

import glut4sim.agents
from glut4sim.sim.model.engine import Engine
from tests.support import small_scenario


def uncounted():
    """Every compiled function that does not count references to arrays, by name."""
    for module in pkgutil.iter_modules(glut4sim.agents.__path__, "glut4sim.agents."):
        for name, member in vars(importlib.import_module(module.name)).items():
            if hasattr(member, "targetoptions") and member.targetoptions.get("_nrt") is False:
                yield f"{module.name}.{name}", member


def returned_by(helper):
    """What it returns, by the types of its arguments: as often as it was compiled, now or for the cache."""
    for arguments, *_ in helper._cache._cache_file._load_index():
        helper.compile(arguments)  # which finds it in the cache
    return [signature.return_type for signature in helper.nopython_signatures]


def holds_arrays(kind):
    return isinstance(kind, types.Array) or (
        isinstance(kind, types.BaseTuple) and any(holds_arrays(part) for part in kind)
    )


def test_no_uncounted_helper_returns_an_array():
    """Its caller would give back a reference that it was never given."""
    Engine(small_scenario(100.0), seed=1).advance(2)
    returned = {name: returned_by(helper) for name, helper in uncounted()}
    assert len(returned) > 25
    assert all(returned.values())
    assert not {name for name, kinds in returned.items() if any(map(holds_arrays, kinds))}


def test_an_array_within_a_tuple_is_seen():
    array = types.Array(types.float64, 1, "C")
    assert holds_arrays(types.Tuple([types.int64, types.Tuple([array])]))
    assert not holds_arrays(types.Tuple([types.int64, types.float32]))
