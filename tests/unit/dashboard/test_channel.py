"""Flow control of the dashboard's views: one message at a time, none lost on a view that comes late, never stuck."""

import pytest

pytest.importorskip("anywidget")

from glut4sim.sim.dashboard.cell_view import CellView
from glut4sim.sim.dashboard.channel import PATIENCE, Channel

READY = {"kind": "ready"}


@pytest.fixture
def channel(monkeypatch):
    return recorded(Channel(), monkeypatch)


def recorded(channel, monkeypatch):
    """The channel, with what it sends put into its list `sent`."""
    channel.sent = []
    monkeypatch.setattr(channel, "send", lambda content, buffers: channel.sent.append((content, buffers)))
    return channel


def hear(channel, content):
    """The browser says something."""
    channel._handle_custom_msg(content, [])


def test_it_is_free_once_the_view_is_ready(channel):
    assert not channel.is_free()
    hear(channel, READY)
    assert channel.is_free()


def test_it_is_busy_until_the_message_shown_last_has_been_drawn(channel):
    hear(channel, READY)
    for expected in (1, 2):
        channel.show({"kind": "frame"}, [b"x"])
        assert channel.sent[-1] == ({"kind": "frame", "id": expected}, [b"x"])
        assert not channel.is_free()
        hear(channel, {"kind": "drawn", "id": expected - 1})  # late: of the one before
        assert not channel.is_free()
        hear(channel, {"kind": "drawn", "id": expected})
        assert channel.is_free()


def test_a_lost_acknowledgement_stops_nothing(channel, monkeypatch):
    hear(channel, READY)
    monkeypatch.setattr("glut4sim.sim.dashboard.channel.monotonic", lambda: 100.0)
    channel.show({}, [])
    assert not channel.is_free(100.0 + 0.9 * PATIENCE)
    assert channel.is_free(100.0 + 1.1 * PATIENCE)


def test_it_never_waits_for_a_view_that_is_not_there(channel):
    channel.show({}, [])
    assert not channel.is_free(1e9)


def test_a_view_that_mounts_late_or_again_gets_what_was_shown_last(channel):
    channel.show({"n": 1}, [])
    channel.show({"n": 2}, [b"y"])
    for times in (1, 2):
        hear(channel, READY)
        assert channel.sent[2:] == [({"n": 2, "id": 2}, [b"y"])] * times
        assert not channel.is_free()  # it has not said that it has drawn it
        hear(channel, {"kind": "drawn", "id": 2})
        assert channel.is_free()


@pytest.mark.parametrize("content", [{}, {"kind": "drawn"}, {"kind": "drawn", "id": "1"}, {"kind": "drawn", "id": 7}])
def test_what_makes_no_sense_changes_nothing(channel, content):
    hear(channel, READY)
    channel.show({}, [])
    hear(channel, content)
    assert not channel.is_free()


def test_the_message_given_is_left_as_it_is(channel):
    content = {"kind": "frame"}
    channel.show(content, [])
    assert content == {"kind": "frame"}


def test_cells_are_shown_in_one_message(monkeypatch):
    view = recorded(CellView(), monkeypatch)
    shown = [("cell", {"points": 1}, [b"a", b"b", b"c"]), ("twin", {"points": 2}, [b"d", b"e", b"f"])]
    view.show_cells(60.0, 2e6, shown)
    cells = [{"label": "cell", "points": 1}, {"label": "twin", "points": 2}]
    content = {"kind": "frame", "time": 60.0, "molecules_per_hexagon": 2e6, "cells": cells, "id": 1}
    assert view.sent == [(content, [b"a", b"b", b"c", b"d", b"e", b"f"])]


def test_the_script_is_one_module_that_asks_nobody_for_anything():
    script = CellView()._esm
    assert script.count("export default") == 1
    assert not any(word in script for word in ("import ", "fetch(", "http:", "https:"))
