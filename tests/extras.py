"""Libraries of the extras, without which some modules of tests make no sense."""

from importlib.util import find_spec

import pytest


def need(*names: str) -> None:
    """Skip the module of tests where a library is not there; without its import, which each process would wait for."""
    for name in names:
        if find_spec(name) is None:
            pytest.skip(f"{name} is not installed", allow_module_level=True)
