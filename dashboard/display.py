"""How the Monitor draws the filtered set: one value object, in the widgets, the address and the session like the filters."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MEASURES = {"incidents": "Incidents", "killed": "Killed"}
UNITS = {"auto": "Auto", "day": "Days", "week": "Weeks", "month": "Months", "year": "Years"}
STACKS = {"type": "By type", "side": "By initiator"}
SPLITS = {"time": "Timeline", "country": "Countries", "actor": "Groups"}
OPTIONS: dict[str, dict[str, str]] = {"measure": MEASURES, "unit": UNITS, "stack": STACKS, "by": SPLITS}
KEPT = "display"  # the last one of this session, in session state


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """What the bars count, how wide and in which parts they are, and whether they are one timeline or many small ones."""

    measure: str = "incidents"
    unit: str = "auto"
    stack: str = "type"
    by: str = "time"


def to_params(display: Display) -> dict[str, str]:
    """The parameters of the address that restore it; what is as usual is left out."""
    usual = Display()
    return {name: value for name, value in dataclasses.asdict(display).items() if value != getattr(usual, name)}


def from_params(params: Mapping[str, Any], *, default: Display | None = None) -> Display:
    """What the address describes; what it does not say, or says wrong, is as in `default`."""
    said = {name: params.get(name) for name in OPTIONS}
    return dataclasses.replace(default or Display(), **{name: value for name, value in said.items() if value in OPTIONS[name]})


def widget_key(name: str) -> str:
    """The key of the widget that sets this field."""
    return f"d_{name}"


def read_widgets(values: Mapping[str, Any], *, default: Display | None = None) -> Display:
    """What the widgets are set to; one that is not drawn stands as in `default`."""
    return from_params({name: values.get(widget_key(name)) for name in OPTIONS}, default=default)
