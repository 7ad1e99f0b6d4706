"""What the site of the documentation makes from code and data: equations as the functions compute, and every number."""

import re
import sys
from typing import Annotated, NamedTuple

import pytest

from glut4sim.agents import receptor, vesicle
from glut4sim.sim.model import signalling
from glut4sim.sim.model.parameters import load_preset
from tests.support import ROOT


@pytest.fixture(scope="module", autouse=True)
def beside():
    """Its scripts find each other as mkdocs lets them."""
    sys.path.insert(0, str(ROOT / "docs" / "site"))
    yield
    sys.path.remove(str(ROOT / "docs" / "site"))


class Parameters(NamedTuple):
    speed: Annotated[float, "1/s"]
    share: Annotated[float, "1"]


class Environment(NamedTuple):
    akt: float


def model(y, environment, p, out):
    """Stands for one of the model's functions."""
    a, b = y
    akt = environment.akt
    flow = p.speed * (a - b) * p.share
    flow -= a / (1.0 + b)
    out[0] = -flow
    out[1] = flow - (a - b) + max(akt, 0.5) ** 2.0


def plain(formula):
    """MathML as a line of text."""
    formula = re.sub(r"<msup><mrow>(.*?)</mrow><mrow>(.*?)</mrow></msup>", r"\1^\2", formula)
    formula = re.sub(r"<mfrac><mrow>(.*?)</mrow><mrow>(.*?)</mrow></mfrac>", r"[\1]/[\2]", formula)
    formula = re.sub(r"<msub><mi>k</mi><mtext>(\w+)</mtext></msub>", r"k_\1", formula)
    return re.sub(r"<.*?>", "", formula)


def test_equations_say_what_a_function_computes():
    from equations import Function

    found = Function(model, Parameters, ("x", "z")).equations
    assert [(plain(left), plain(right)) for left, right in found] == [
        ("flow", "k_speed·(x−z)·share−[x]/[1+z]"),
        ("[dx]/[dt]", "−flow"),
        ("[dz]/[dt]", "flow−(x−z)+max(akt,0.5)^2"),
    ]


def test_what_is_no_equation_is_refused():
    from equations import Function

    def looping(p):
        for _ in range(3):
            pass

    with pytest.raises(ValueError, match="looping: no equation can be made of 'for _"):
        Function(looping, Parameters)


def test_the_pages_of_the_model_leave_nothing_out():
    import model_pages

    pages = model_pages.pages()
    for kind, name in ((receptor, "receptor"), (vesicle, "vesicle")):
        assert pages[f"model/{name}.md"].count("<math>") == len(kind.TRANSITIONS)
    for species in signalling.SPECIES:
        assert f"<mi>d</mi><mtext>{species}</mtext>" in pages["model/signalling.md"]
    for parameter in load_preset("human-adipocyte").parameters.values():
        assert f"| {parameter.name} |" in pages["model/human-adipocyte.md"]
    assert "Brannmark" in pages["model/human-adipocyte.md"]
    assert "MK-677" in pages["model/effects.md"]


def test_a_notebook_becomes_a_page():
    import notebooks

    page = notebooks.pages(ROOT / "docs")["examples/notebook.md"]
    assert page.startswith("# A cell in a notebook\n")
    assert "```python\nfrom glut4sim import Cell" in page
    assert '<img alt="What the cell drew" src="data:image/png;base64,' in page
    assert '<div class="output"><table><caption' in page
