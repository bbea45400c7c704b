"""Tolls and sources in words, as commands, feeds and alerts say them."""

from __future__ import annotations

from pipeline.models import Incident


def say_toll(incident: Incident, what: str) -> str:
    """A toll in words: "5", "5 to 7", "at least 5", "not stated"."""
    low, best, high = (getattr(incident, f"{what}_{end}") for end in ("low", "best", "high"))
    ends = [v for v in (low, best, high) if v is not None]
    if not ends:
        return "not stated"
    if high is None:
        return f"at least {min(ends)}" if best is None or best == min(ends) else f"{best}, at least {min(ends)}"
    span = f"{min(ends)} to {max(ends)}"
    return str(best) if min(ends) == max(ends) and best is not None else span if best is None else f"{best} ({span})"


def say_sources(incident: Incident) -> str:
    """On how much an incident rests: "7 articles, 2 origins"."""
    a, o = incident.number_of_articles, incident.number_of_sources
    return f"{a} article{'' if a == 1 else 's'}, {o} origin{'' if o == 1 else 's'}"
