"""The page: what `glut4sim dashboard` serves, to each browser tab its own."""

import solara
from solara.alias import rv
from solara.lab import Tab, Tabs, ThemeToggle

from glut4sim.sim.dashboard import navigator  # noqa: F401  it takes the place of Solara's
from glut4sim.sim.dashboard.body_panel import BodyPanel, has_body
from glut4sim.sim.dashboard.browser import style
from glut4sim.sim.dashboard.markup import Text
from glut4sim.sim.dashboard.opening import Opening
from glut4sim.sim.dashboard.page_state import PageState
from glut4sim.sim.dashboard.scenario_panel import ScenarioPanel
from glut4sim.sim.dashboard.setup_panel import SetupPanel
from glut4sim.sim.dashboard.sliders import Sliders
from glut4sim.sim.dashboard.transport import Transport
from glut4sim.sim.dashboard.twin_panel import TwinPanel
from glut4sim.sim.scenario.scenario import Scenario

PANELS = {"Scenario": ScenarioPanel, "Now": Sliders, "What if": TwinPanel, "Set up": SetupPanel}

first = Scenario.load("insulin-challenge")  # that a new page begins with; `serve` sets it


@solara.component
def Page():
    """Transport on top, panels on the left, the cell and its charts beside them, and the weeks before below."""
    query = solara.use_router().search
    page = solara.use_memo(lambda: PageState(first, query or ""), [])
    solara.use_effect(lambda: page.close, [])
    solara.Title("glut4sim")
    solara.Style(style("page.css") + style("opening.css"))
    with solara.Div(classes=["g4-page"]):
        with rv.Html(tag="header", class_="g4-header"):
            Text("h1", "glut4sim", "g4-name")
            Transport(page)
            Colours()
        with solara.Div(classes=["g4-layout"]):
            with rv.Html(tag="aside", class_="g4-side", attributes={"aria-label": "Controls"}), Tabs(grow=True):
                for name, panel in PANELS.items():
                    with Tab(name):
                        panel(page)
            with rv.Html(tag="main", class_="g4-main"):
                Opening(page)
                BodyPanel(page)
                of_cell = {"display": "none"} if has_body(page.settings.value.scenario) else {}
                with solara.Div(style=of_cell):
                    Text("h2", "The cell and its charts", "g4-unseen")
                    with solara.Div(classes=["g4-views"]):
                        solara.Div(children=[page.cell_view, page.overlays.doses])
                        solara.Div(children=[page.charts])
                TimelinePanel(page)
        solara.Div(children=[page.link])
        Notice(page)


@solara.component
def Colours():
    """Light, dark, or as the system has it; the toggle itself has no name for a screen reader."""
    with rv.Html(tag="label", attributes={"title": "Colours: light, dark, or as the system has them"}):
        Text("span", "Colours", "g4-unseen")
        ThemeToggle()


@solara.component
def Notice(page: PageState):
    """What is asked, what takes long, or what went wrong last, in a line each, with what can be done about it."""
    settings, session = page.settings.value, page.session
    with solara.Div(classes=["g4-notice"], attributes={"role": "status"}):
        if settings.phase == "building":
            with solara.Info("Building the cell …", dense=True, classes=["g4-error"]):
                solara.Button("Cancel", on_click=session.give_up, text=True, small=True)
        elif settings.asked:
            with solara.Info(settings.asked, dense=True, classes=["g4-error"]):
                solara.Button("Build it", on_click=lambda: session.answer(True), text=True, small=True)
                solara.Button("Do not", on_click=lambda: session.answer(False), text=True, small=True)
        if settings.error:
            with solara.Error(settings.error, dense=True, classes=["g4-error"]):
                solara.Button("Dismiss", on_click=lambda: session.complain(""), text=True, small=True)


@solara.component
def TimelinePanel(page: PageState):
    """The weeks before the experiment, where a scenario tells of them: of the cell, and of a twin that has its own."""
    label = page.settings.value.difference and page.settings.value.difference.label(page.settings.value.whole.known)
    for weeks, name, title in (
        (page.weeks, "weeks", "The weeks before"),
        (page.twin_weeks, "twin-weeks", f"Twin: {label}"),
    ):
        with solara.Div(
            classes=["g4-weeks"],
            attributes={"id": name},
            style={"display": "block" if weeks.is_shown.value else "none"},
        ):
            Text("h2", title)
            solara.Div(children=[weeks.view])


@solara.component
def Layout(children):
    """No frame of Solara's around the page."""
    solara.Div(children=children)
