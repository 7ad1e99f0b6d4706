"""Reports from templates: the words stand in a file `*.md.jinja` beside the study that they report on.

A value that a template does not get is an error, never a gap. Templates have the filter `literal` and the function
`table` of markdown.py. Jinja2 is imported on use.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from glut4sim.sim.reporting import markdown

if TYPE_CHECKING:
    from jinja2 import Environment

ROOT = Path(__file__).parents[1]


def render(template: str, **values: object) -> str:
    """Fill a template.

    Parameters
    ----------
    template
        its path in the folder `sim`: "studies/sweep/report.md.jinja"
    values : what it says

    Returns
    -------
    str
        Markdown, with one newline at its end
    """
    return _environment().get_template(template).render(values).rstrip("\n") + "\n"


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(ROOT), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    environment.filters["literal"] = markdown.literal
    environment.globals["table"] = markdown.table
    return environment
