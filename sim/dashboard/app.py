"""The page: what `glut4sim dashboard` serves, to each browser tab its own."""

import solara
from solara.lab import Tab, Tabs, theme, use_dark_effective

from sim.dashboard.browser import style
from sim.dashboard.desk import Desk
from sim.dashboard.knobs import Knobs
from sim.dashboard.scenario_panel import ScenarioPanel
from sim.dashboard.setup_panel import SetupPanel
from sim.dashboard.transport import Transport
from sim.dashboard.twin_panel import TwinPanel
from sim.scenario import Scenario

PANELS = {"Scenario": ScenarioPanel, "Now": Knobs, "What if": TwinPanel, "Set up": SetupPanel}

first = Scenario.load("insulin-challenge")  # that a new page begins with; `serve` sets it


@solara.component
def Page():
    """Transport on top, panels on the left, the cell and its charts beside them, and the weeks before below."""
    desk = solara.use_memo(lambda: Desk(first), [])
    solara.use_effect(lambda: desk.close, [])
    solara.Title("glut4sim")
    solara.Style(style("page.css"))
    with solara.Div(classes=["g4-page"]):
        with solara.Div(classes=["g4-header"]):
            with solara.Div(classes=["g4-controls"]):
                solara.HTML("h1", "glut4sim", classes=["g4-name"])
                Transport(desk)
                Colours()
            Notice(desk)
        with solara.Div(classes=["g4-layout"]):
            with solara.Div(classes=["g4-side"]), Tabs(grow=True):
                for name, panel in PANELS.items():
                    with Tab(name):
                        panel(desk)
            with solara.Div(classes=["g4-main"]):
                with solara.Div(classes=["g4-views"]):
                    solara.Div(children=[desk.cell_view])
                    solara.Div(children=[desk.charts])
                TimelinePanel(desk)


@solara.component
def Colours():
    """Light or dark; as the system has it until this is clicked. Solara's own toggle has no name for a screen reader."""
    dark = use_dark_effective()
    label = "Light colours" if dark else "Dark colours"
    solara.Button(
        icon_name="mdi-weather-sunny" if dark else "mdi-weather-night",
        icon=True,
        on_click=lambda: setattr(theme, "dark", not dark),
        attributes={"aria-label": label, "title": label},
    )


@solara.component
def Notice(desk: Desk):
    """What went wrong last, in a line."""
    error = desk.settings.value.error
    with solara.Div(attributes={"role": "status"}):
        if error:
            with solara.Error(error, dense=True, classes=["g4-error"]):
                solara.Button("Dismiss", on_click=desk.session.clear_error, text=True, small=True)


@solara.component
def TimelinePanel(desk: Desk):
    """The weeks before the experiment, where a scenario tells of them."""
    solara.Div(
        classes=["g4-weeks"],
        style={"display": "block" if desk.has_timeline.value else "none"},
        children=[desk.timeline],
    )


@solara.component
def Layout(children):
    """No frame of Solara's around the page."""
    solara.Div(children=children)
