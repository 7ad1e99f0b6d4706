"""Equations in MathML, read out of the model's own functions, so that the site shows what is computed.

A function's assignments become equations; `out[i] = ...` the time derivative of the i-th of its species, and what it
returns a rate or a quantity. Parameters in 1/s and their like are a k with the parameter's name below it, as `glut4sim
parameters list` calls it; all else bears its own name.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple, get_type_hints

SIGNS = {ast.Add: "+", ast.Sub: "−", ast.Mult: "·"}
STRENGTH = {ast.Add: 1, ast.Sub: 1, ast.Mult: 2, ast.Div: 3, ast.Pow: 4}  # of what binds its sides more tightly
HOLDERS = ("environment", "e")  # arguments whose attributes are what drives the rates
SECTIONS = ("parameters", "p")  # arguments whose attributes are parameters
IGNORED = ("float",)  # calls that change no value


class Equation(NamedTuple):
    """One line: both sides in MathML."""

    left: str
    right: str


class Function:
    """A model function as equations.

    Parameters
    ----------
    compiled : a function, or one that numba has compiled
    parameters : the NamedTuple of its section, whose annotations say the units
    species : what `out[i]` is the derivative of
    """

    def __init__(self, compiled: Callable, parameters: type, species: Sequence[str] = ()):
        function = getattr(compiled, "py_func", compiled)
        self.name = function.__name__
        self._units = {
            name: hint.__metadata__[0] for name, hint in get_type_hints(parameters, include_extras=True).items()
        }
        self._species = species
        self._known: dict[str, str] = {}  # local name -> the name under which it is known
        self._lines: list[tuple[str, ast.expr]] = []
        self._returned: list[ast.expr] = []
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
        for statement in tree.body:  # type: ignore[attr-defined]
            self._read(statement)

    @property
    def equations(self) -> list[Equation]:
        """What is assigned, in order."""
        return [Equation(left, self.formula(right)) for left, right in self._lines]

    @property
    def returned(self) -> list[str]:
        """What is returned, a formula each."""
        return [self.formula(each) for each in self._returned]

    def _read(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Name()):
                self._known |= dict(zip(map(_name, names), self._species, strict=True))
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                for name, value in zip(names, values, strict=True):
                    self._assign(_name(name), value)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._assign(name, value)
            case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=int(i)))], value=value):
                self._lines.append((_derivative(self._species[i]), value))
            case ast.AugAssign(target=ast.Name(id=name), op=sign, value=value):
                n = max(i for i, (left, _) in enumerate(self._lines) if left == variable(name))
                self._lines[n] = (variable(name), ast.BinOp(self._lines[n][1], sign, value))
            case ast.Return(value=ast.Tuple(elts=values)):
                self._returned = values
            case ast.Return(value=ast.Call(func=ast.Name(id="Environment"), args=values)):
                self._returned = values
            case ast.Return(value=value) if value is not None:
                self._returned = [value]
            case ast.Expr(value=ast.Constant(value=str())):
                pass
            case _:
                raise ValueError(f"{self.name}: no equation can be made of {ast.unparse(statement)!r}")

    def _assign(self, name: str, value: ast.expr) -> None:
        if isinstance(value, ast.Attribute) and _name(value.value) in HOLDERS:
            self._known[name] = value.attr
        else:
            self._lines.append((variable(name), value))

    def formula(self, node: ast.expr) -> str:
        """An expression in MathML."""
        match node:
            case ast.Constant(value=number):
                return f"<mn>{number:g}</mn>"
            case ast.Name(id=name):
                return variable(self._known.get(name, name))
            case ast.Attribute(value=ast.Name(id=holder), attr=name) if holder in SECTIONS:
                return self.parameter(name)
            case ast.Attribute(value=ast.Name(id=holder), attr=name) if holder in HOLDERS:
                return variable(name)
            case ast.Subscript(slice=ast.Attribute(value=ast.Attribute(attr=state))):
                return f"<msub><mi>n</mi><mtext>{escape(state)}</mtext></msub>"
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return f"<mo>−</mo>{self._side(operand, 2)}"
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return f"<mfrac><mrow>{self.formula(left)}</mrow><mrow>{self.formula(right)}</mrow></mfrac>"
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return f"<msup><mrow>{self._side(left, 4)}</mrow><mrow>{self.formula(right)}</mrow></msup>"
            case ast.BinOp(left=left, op=sign, right=right):
                strength = STRENGTH[type(sign)]
                after = self._side(right, strength + isinstance(sign, ast.Sub))
                return f"{self._side(left, strength)}<mo>{SIGNS[type(sign)]}</mo>{after}"
            case ast.Call(func=ast.Name(id=name), args=[value]) if name in IGNORED:
                return self.formula(value)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                values = [self.formula(each) for each in arguments if _name(each) not in SECTIONS]
                return f"{variable(name)}{_in_brackets('<mo>,</mo>'.join(values))}"
        raise ValueError(f"{self.name}: no formula can be made of {ast.unparse(node)!r}")

    def _side(self, node: ast.expr, strength: int) -> str:
        """A part of an expression, in brackets where what is around it binds more tightly."""
        weaker = isinstance(node, ast.UnaryOp) or (isinstance(node, ast.BinOp) and STRENGTH[type(node.op)] < strength)
        return _in_brackets(self.formula(node)) if weaker else self.formula(node)

    def parameter(self, name: str) -> str:
        """A parameter: those per time as a k."""
        if "/s" in self._units[name] or "*s)" in self._units[name]:
            return f"<msub><mi>k</mi><mtext>{escape(name)}</mtext></msub>"
        return variable(name)


def variable(name: str) -> str:
    """A quantity by its name."""
    return f"<mtext>{escape(name)}</mtext>"


def _derivative(name: str) -> str:
    return f"<mfrac><mrow><mi>d</mi>{variable(name)}</mrow><mrow><mi>d</mi><mi>t</mi></mrow></mfrac>"


def _in_brackets(formula: str) -> str:
    return f"<mo>(</mo>{formula}<mo>)</mo>"


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def inline(formula: str) -> str:
    """A formula within text."""
    return f"<math>{formula}</math>"


def display(lines: Sequence[Equation]) -> str:
    """Equations below one another, in HTML."""
    rows = "".join(f"<mtr><mtd>{left}</mtd><mtd><mo>=</mo></mtd><mtd>{right}</mtd></mtr>" for left, right in lines)
    return f'<div class="equations"><math display="block"><mtable displaystyle="true">{rows}</mtable></math></div>'


def remarks(owner: type) -> Mapping[str, str]:
    """What is said behind the lines of a class, name by name: what its fields or states mean."""
    found: dict[str, str] = {}
    for line in inspect.getsource(owner).splitlines():
        code, _, remark = line.partition("#")
        name = code.strip().partition(":")[0].partition("=")[0].strip()
        if name.isidentifier():
            found[name] = remark.strip()
    return found


def units(section: Any) -> Mapping[str, str]:
    """Unit of every field of a section of parameters."""
    return {name: hint.__metadata__[0] for name, hint in get_type_hints(section, include_extras=True).items()}
