"""The model's own functions as formulas: called with these in place of numbers they hand back SBML's infix text."""

from collections.abc import Mapping
from dis import get_instructions
from types import FunctionType
from typing import Any


class Formula:
    """An arithmetic expression in the making, as SBML's infix text."""

    def __init__(self, text):
        self.text = text if isinstance(text, str) else repr(float(text))

    def __repr__(self):
        return self.text

    def _with(self, sign, other, swapped=False):
        pair = (Formula(getattr(other, "text", other)).text, self.text)
        left, right = pair if swapped else pair[::-1]
        return Formula(f"({left} {sign} {right})")

    def __add__(self, other):
        return self._with("+", other)

    def __radd__(self, other):
        return self._with("+", other, swapped=True)

    def __sub__(self, other):
        return self._with("-", other)

    def __rsub__(self, other):
        return self._with("-", other, swapped=True)

    def __mul__(self, other):
        return self._with("*", other)

    def __rmul__(self, other):
        return self._with("*", other, swapped=True)

    def __truediv__(self, other):
        return self._with("/", other)

    def __rtruediv__(self, other):
        return self._with("/", other, swapped=True)

    def __pow__(self, other):
        return self._with("^", other)

    def __neg__(self):
        return Formula(f"(-{self.text})")


def as_number(text: str) -> Any:
    """A formula where rates expect a number."""
    return Formula(text)


def _larger(a, b):
    a, b = Formula(getattr(a, "text", a)), Formula(getattr(b, "text", b))
    return Formula(f"piecewise({a}, {a} > {b}, {b})")


def symbolic(function: Any, others: Mapping[str, Any] | None = None) -> FunctionType:
    """A model function as one that takes formulas: its source, with `max`, `tanh` and `float` that understand them.

    others : what it finds instead by other names
    """
    source = getattr(function, "py_func", function)
    called = {step.argval for step in get_instructions(source.__code__) if step.opname == "LOAD_GLOBAL"}
    around = {
        name: symbolic(value) if _is_ours(value) else value
        for name, value in source.__globals__.items()
        if name in called
    }
    known = {"max": _larger, "tanh": lambda a: Formula(f"tanh({a})"), "float": lambda value: value}
    return FunctionType(source.__code__, around | known | dict(others or {}))


def _is_ours(value: Any) -> bool:
    """Whether it is a function of the model, compiled or not."""
    own = isinstance(value, FunctionType) and value.__module__.startswith(__name__.partition(".")[0])
    return own or hasattr(value, "py_func")
