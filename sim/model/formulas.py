"""The model's own functions as formulas: called with these in place of numbers they hand back SBML's infix text."""

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

    def __neg__(self):
        return Formula(f"(-{self.text})")


def as_number(text: str) -> Any:
    """A formula where rates expect a number."""
    return Formula(text)


def _larger(a, b):
    a, b = Formula(getattr(a, "text", a)), Formula(getattr(b, "text", b))
    return Formula(f"piecewise({a}, {a} > {b}, {b})")


def symbolic(function):
    """A compiled model function as one that takes formulas: its source, with `max` and `float` that understand them."""
    code = function.py_func.__code__
    around = {
        name: symbolic(value) if hasattr(value, "py_func") else value
        for name, value in function.py_func.__globals__.items()
        if name in code.co_names
    }
    return FunctionType(code, around | {"max": _larger, "float": lambda value: value})
