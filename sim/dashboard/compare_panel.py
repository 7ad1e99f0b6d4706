"""What is laid behind the run on its charts: other runs, the mean field, how sure it is, and published points."""

import solara

from glut4sim.sim.dashboard.markup import Text
from glut4sim.sim.dashboard.overlays import KINDS, MOST_PINS
from glut4sim.sim.dashboard.page_state import PageState


@solara.component
def Compare(page: PageState):
    """Pin the run, let pins go, and choose what else is drawn behind it."""
    behind, overlays = page.behind.value, page.overlays
    with solara.Div(classes=["g4-choices"]):
        Text("h2", "Behind the run, on its charts")
        solara.Button(
            "Pin this run",
            icon_name="mdi-pin-outline",
            on_click=page.pin,
            attributes={"title": "It stays on the charts while you run another day, another scenario, another seed"},
        )
        for place, pin in enumerate(behind.pins):
            waiting = "" if pin.curve else " (being computed)"
            solara.Button(
                f"{place + 1}: {pin.label}{waiting}",
                icon_name="mdi-pin-off-outline",
                on_click=lambda place=place: overlays.unpin(place),
                classes=["g4-pin"],
                attributes={"title": "Let it go"},
            ).key(f"pin-{place}")
        for kind, label in KINDS.items():
            solara.Checkbox(
                label=label,
                value=kind in behind.kinds,
                on_value=lambda on, kind=kind: overlays.want(
                    [*behind.kinds, kind] if on else [each for each in behind.kinds if each != kind]
                ),
            ).key(kind)
        hint = f"Up to {MOST_PINS} pinned runs. The interval, of the mean field, and replicates take a while."
        Text("p", hint, "g4-hint")
