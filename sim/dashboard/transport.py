"""Play, pause, step, restart, and the speed."""

import solara

from glut4sim.sim.dashboard.markup import Text
from glut4sim.sim.dashboard.page_state import PageState
from glut4sim.sim.dashboard.session import SPEEDS

LONGER = 1800.0  # s by which a run that has ended is lengthened


@solara.component
def Transport(page: PageState):
    """The row of buttons on top."""
    settings, session = page.settings.value, page.session
    running, finished = settings.phase in ("running", "restoring"), settings.phase == "finished"
    missing = settings.scenario is None

    label, icon = ("Pause", "mdi-pause") if running else ("Play", "mdi-play")
    every = 0.0 if missing else settings.scenario.run.record_every
    with solara.Div(classes=["g4-transport"]):
        solara.Button(
            label,
            icon_name=icon,
            on_click=session.pause if running else session.play,
            color="primary",
            disabled=missing or finished,
            classes=["g4-play"],
            attributes={"data-play": "", "title": "Space", "aria-keyshortcuts": "Space"},  # see cell_view.js
        )
        if finished:
            more = f"{LONGER / 60:g} min more"
            solara.Button(more, icon_name="mdi-plus", on_click=lambda: session.play_on(LONGER))
        else:
            solara.Button(f"Step {every:g} s", icon_name="mdi-skip-next", on_click=session.step, disabled=missing)
        solara.Button("Restart", icon_name="mdi-restart", on_click=session.restart, disabled=missing)
        with solara.Div(classes=["g4-speeds"], attributes={"role": "group", "aria-label": "Speed"}):
            for speed in SPEEDS:
                Speed(page, speed, speed == settings.speed)
        Pace(page)


@solara.component
def Speed(page: PageState, speed: float, chosen: bool):
    """A button for one speed."""
    unlimited = speed == float("inf")
    solara.Button(
        "max" if unlimited else f"{speed:g}×",
        on_click=lambda: page.session.set_speed(speed),
        text=True,
        small=True,
        attributes={
            "aria-pressed": str(chosen).lower(),
            "title": "As fast as it can be computed" if unlimited else f"{speed:g} s simulated in a second",
        },
    )


@solara.component
def Pace(page: PageState):
    """How fast it goes, and how long it is; the cell's view has the time."""
    now = page.status.value
    with solara.Div(classes=["g4-pace"]):
        Text("span", f"{now.ratio:.3g} × real time" if now.phase == "running" and now.ratio else now.phase)
        Text("span", f"{now.duration / 60.0:g} min in all")
