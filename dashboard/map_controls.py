"""Nearer, farther, fit: three buttons on the map, reached by mouse and keyboard alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

STATIC = Path(__file__).parent / "static"
# What each button does, its name, and the lines of its picture.
BUTTONS = (
    ("in", "Zoom in", "M7 2v10M2 7h10"),
    ("out", "Zoom out", "M2 7h10"),
    ("fit", "Fit to results", "M1.5 5V1.5H5M9 1.5h3.5V5M12.5 9v3.5H9M5 12.5H1.5V9"),
)
HTML = "".join(
    f'<button type="button" data-do="{do}" title="{name}" aria-label="{name}">'
    f'<svg viewBox="0 0 14 14" aria-hidden="true"><path d="{path}"/></svg></button>'
    for do, name, path in BUTTONS
)

_component = st.components.v2.component(
    "dateline.map_controls",
    html=f'<div class="controls" role="group" aria-label="Map">{HTML}</div>',
    css=(STATIC / "map_controls.css").read_text(encoding="utf-8"),
    js=(STATIC / "map_controls.js").read_text(encoding="utf-8"),
)


def show_map_controls(on_fit: Callable[[], None]) -> None:
    """Draw the buttons; the first two turn the map in the browser, the third calls `on_fit`."""
    _component(key="map_buttons", on_fit_change=on_fit)
