"""Reports from templates."""

import pytest
from jinja2 import UndefinedError

from glut4sim.sim.reporting import templates

TEMPLATES = sorted(templates.ROOT.rglob("*.jinja"))


def test_a_value_that_is_not_given_is_an_error(monkeypatch, tmp_path):
    (tmp_path / "a.md.jinja").write_text("# {{ title | literal }}\n\n{{ table(['x'], rows) }}\n\n\n")
    monkeypatch.setattr(templates, "ROOT", tmp_path)
    monkeypatch.setattr(templates, "_environment", templates._environment.__wrapped__)
    assert templates.render("a.md.jinja", title="a*b", rows=[["c|d"]]) == "# a\\*b\n\n| x |\n| --- |\n| c\\|d |\n"
    with pytest.raises(UndefinedError, match="'rows' is undefined"):
        templates.render("a.md.jinja", title="a")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.parent.name + "/" + path.name)
def test_every_template_is_that_of_the_code_beside_it(path):
    name = path.relative_to(templates.ROOT).as_posix()
    assert any(f'"{name}"' in code.read_text("utf-8") for code in path.parent.glob("*.py"))
