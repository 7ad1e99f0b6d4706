"""`make mutants`: a mutant differs from the program at one place, and the same seed draws the same mutants."""

import ast

import pytest

from tests.mutants import FUNCTIONS, MODULES, ROOT, drawn, mutant, places


@pytest.mark.parametrize("module", MODULES)
def test_each_place_is_another_program(module):
    whole = ast.parse((ROOT / module).read_text("utf-8"))
    count = sum(1 for _ in places(whole, FUNCTIONS.get(module)))
    assert count >= 3
    for place in (0, count // 2, count - 1):
        one = mutant(module, place)
        lines = zip(ast.unparse(whole).splitlines(), ast.unparse(one.tree).splitlines(), strict=True)
        assert sum(a != b for a, b in lines) == 1, one


def test_the_same_seed_draws_the_same_mutants():
    first, second, other = (drawn(12, seed, list(MODULES)) for seed in (1, 1, 2))
    places_of = [[one[:2] for one in of] for of in (first, second, other)]
    assert places_of[0] == places_of[1] != places_of[2]
    assert len(set(places_of[0])) == 12


def test_what_can_only_search_oftener_is_left_out():
    """A guess, the comparison that has it made anew, and the one that returns it; not the other half of either."""
    text = """
def find(x, table):
    guess = 3 * x
    if x < low or x >= high:
        guess = search(x)
    if near <= guess < far:
        return guess
    if x < 7:
        return x
    return search(x)
"""
    found = [ast.unparse(node) for node in places(ast.parse(text), None)]
    assert found == ["x < low or x >= high", "x >= high", "x < 7", "7"]
