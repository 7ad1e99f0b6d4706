"""Change the program where its numbers come from, one place at a time, and see that its tests notice.

    python -m tests.mutants [--count 50] [--seed 1] [--of sim/inputs/units.py]

A mutant has another operator, comparison or constant at one place of a module in MODULES. The tests of the module run
in a fork, with kernels in Python; one that fails kills the mutant, and so does one that does not end. What survives is
printed: it needs a test, or is no other program. Exit status 1 if one survives.
"""

import argparse
import ast
import importlib.util
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
RATES = ("tests/unit/agents/test_rates.py",)
BLOOD = ("tests/unit/body/test_blood.py", "tests/unit/body/test_at_liver.py")
MODULES = {  # and the tests that look at each, fast enough with kernels in Python
    "agents/clocks.py": ("tests/unit/agents/test_clocks.py", "tests/unit/agents/test_next_steps.py"),
    "agents/receptor.py": RATES,
    "agents/vesicle.py": RATES,
    "agents/glucose.py": RATES,
    "sim/inputs/units.py": ("tests/unit/inputs/test_units.py",),
    "sim/endocrine/pharmacokinetics.py": ("tests/unit/endocrine/test_pharmacokinetics.py",),
    "sim/body/blood.py": BLOOD,
    "sim/body/organs.py": BLOOD,
}
FUNCTIONS = {  # of modules of which those tests look at a part
    "agents/receptor.py": {"rates"},
    "agents/vesicle.py": {"rates"},
    "agents/glucose.py": {"rates", "clearance"},
}
# What is guessed and then checked: a wrong one takes longer, and changes no number. So does a check, a comparison or
# several that are joined by `and`, `or`, `&` and `|`, that has a sound guess made anew (`<` as `<=`, `>` as `>=`), or
# that does not return it (`<=` as `<`, `>=` as `>`), as what then searches finds the same.
GUESSES = {"slope", "guess"}
COMPILED = "not armed_with_each and not fire_many_times"  # tests of roundings that Python does otherwise
SECONDS = 120.0  # after which the tests of a mutant are taken to have noticed
OTHER = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.And: ast.Or, ast.Or: ast.And, ast.USub: ast.UAdd,
}  # fmt: skip


class Mutant(NamedTuple):
    """A module that is another at one place."""

    module: str
    place: int  # among those of the module that can be changed
    line: int
    before: str
    after: str
    tree: ast.Module


def places(tree: ast.Module, functions: set[str] | None) -> Iterator[ast.AST]:
    """What can be changed, in a fixed order: operators and numbers in the bodies of functions, but for GUESSES."""
    left_out = {part for one in ast.walk(tree) if _is_guess(one) for part in ast.walk(one)}
    left_out |= {check for one in ast.walk(tree) if isinstance(one, ast.If) for check in _safer(one)}
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and (functions is None or function.name in functions):
            for statement in function.body:
                for node in ast.walk(statement):
                    number = isinstance(node, ast.Constant) and type(node.value) in (int, float)
                    operator = getattr(node, "op", None) or (getattr(node, "ops", None) or [None])[0]
                    if node not in left_out and (number or type(operator) in OTHER):
                        yield node


def _is_guess(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in GUESSES


def _safer(check: ast.If) -> Iterator[ast.AST]:
    """The comparisons of a check of a guess that can only be changed to search oftener; none if it is no such check."""
    if all(map(_is_guess, check.body)):
        safer = ast.Lt | ast.Gt
    elif isinstance(check.body[0], ast.Return) and ast.unparse(check.body[0].value or check) in GUESSES:
        safer = ast.LtE | ast.GtE
    else:
        return
    parts = [] if check.orelse else [check.test]
    for part in parts:
        if isinstance(part, ast.BoolOp):
            parts += part.values
        elif isinstance(part, ast.BinOp) and isinstance(part.op, ast.BitAnd | ast.BitOr):
            parts += [part.left, part.right]
        elif isinstance(part, ast.Compare) and isinstance(part.ops[0], safer):
            yield part


def change(node: ast.AST) -> None:
    """Make it another, in place."""
    if isinstance(node, ast.Constant):
        assert isinstance(node.value, int | float)
        node.value = node.value + 1 if isinstance(node.value, int) else 1.5 * node.value or 1.0
    elif isinstance(node, ast.Compare):
        node.ops[0] = OTHER[type(node.ops[0])]()
    elif isinstance(node, ast.BinOp | ast.BoolOp | ast.UnaryOp | ast.AugAssign):
        node.op = OTHER[type(node.op)]()


def mutant(module: str, place: int) -> Mutant:
    """The mutant of a module at a place."""
    tree = ast.parse((ROOT / module).read_text("utf-8"))
    node = list(places(tree, FUNCTIONS.get(module)))[place]
    before = ast.unparse(node)
    change(node)
    return Mutant(module, place, getattr(node, "lineno", 0), before, ast.unparse(node), tree)


def drawn(count: int, seed: int, modules: list[str]) -> list[Mutant]:
    """So many mutants, no two the same, of modules in turn."""
    chance, found = random.Random(seed), []
    free = {}
    for module in modules:
        tree = ast.parse((ROOT / module).read_text("utf-8"))
        free[module] = list(range(sum(1 for _ in places(tree, FUNCTIONS.get(module)))))
        chance.shuffle(free[module])
    while len(found) < count and any(free.values()):
        for module in modules:
            if free[module] and len(found) < count:
                found.append(mutant(module, free[module].pop()))
    return found


def survives(one: Mutant | None, tests: tuple[str, ...]) -> bool:
    """Whether the tests pass, in a fork that has the mutant in the place of its module; None: with all as it is."""
    pid = os.fork()
    if pid:
        deadline = time.monotonic() + SECONDS
        while not (ended := os.waitpid(pid, os.WNOHANG))[0]:
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        return ended[1] == 0
    status = 1
    try:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        if one is not None:
            sys.meta_path.insert(0, _Instead(one))
        options = ["-x", "-q", "-p", "tests.python_mode", "-p", "no:cacheprovider", "-k", COMPILED]
        status = int(pytest.main([*options, *(str(ROOT / path) for path in tests)]))
    finally:
        os._exit(status)


class _Instead(SourceFileLoader):
    """Finds and loads a mutant where its module is asked for."""

    def __init__(self, one: Mutant):
        self._one = one
        super().__init__(f"glut4sim.{one.module.removesuffix('.py').replace('/', '.')}", str(ROOT / one.module))

    def find_spec(self, name: str, *_: object):
        """As finders of modules do."""
        return importlib.util.spec_from_file_location(name, self.path, loader=self) if name == self.name else None

    def get_code(self, fullname: str):
        return compile(ast.fix_missing_locations(self._one.tree), self.path, "exec")


def main() -> int:
    """Do what the command line says; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--of", choices=MODULES, help="this module only")
    arguments = parser.parse_args()
    os.environ["NUMBA_DISABLE_JIT"] = "1"  # which forks see as they import numba
    modules = [arguments.of] if arguments.of else list(MODULES)
    for tests in sorted({MODULES[module] for module in modules}):
        if not survives(None, tests):
            sys.stdout.write(f"{' or '.join(tests)} fails with kernels in Python, whatever is changed\n")
            return 2
    mutants, alive = drawn(arguments.count, arguments.seed, modules), 0
    for one in mutants:
        if survives(one, MODULES[one.module]):
            alive += 1
            sys.stdout.write(f"{one.module}:{one.line}: `{one.before}` may be `{one.after}`\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(mutants)} mutants, {alive} survive\n")
    return int(alive > 0)


if __name__ == "__main__":
    sys.exit(main())
