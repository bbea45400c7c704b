"""What several commands share: the options that name the store and the filters, and how a store is opened."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from pipeline.errors import SettingsError, StoreMissingError
from pipeline.filters import LISTS, PARAM_OF, PARAMS, Filters, from_params
from pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from sqlite_utils import Database

# What each filter of `dateline export` limits to; the names are the URL parameters of the dashboard.
FILTER_HELP = {
    "from": "On or after this day, like 2023-12-03.",
    "to": "On or before this day, like 2023-12-31.",
    "country": "ISO 3166-1 alpha-2 code, like IQ.",
    "admin1": "Name of a first-order division.",
    "place": "Name of a place as it is coded.",
    "actor": "Name of an actor; its children count as the actor.",
    "role": "The actor is initiator, target or either.",
    "against": "Name of an actor on the side opposite to --actor; its children count as the actor.",
    "type": "Event type or sub-event type of the codebook.",
    "mode": "Means used, as the codebook names them, like drone.",
    "deaths_min": "At least so many killed (best figure).",
    "deaths_max": "At most so many killed (best figure).",
    "q": "Words in the articles, the place or the actors.",
    "status": "Review status: machine, confirmed, edited, rejected.",
    "undated": "With 0, incidents without a date are left out of a date range.",
    "since": "Only what the store has held since after this day or time, like 2026-11-24T18:02Z.",
}


def _choose_store(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value:
        ctx.ensure_object(dict)["store"] = value


def store_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option --store, which may stand before or after the command's name."""
    text = "The SQLite file to work on, instead of DATELINE_STORE."
    return click.option("--store", metavar="PATH", expose_value=False, callback=_choose_store, help=text)(command)


def _choose_coder(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value:
        from pipeline.coding.coders import check_coder

        ctx.ensure_object(dict)["coder"] = check_coder(value)


def coder_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option --coder, which names the coder of this one command."""
    text = "The coder to use, instead of DATELINE_CODER or the store's active one."
    return click.option("--coder", metavar="NAME", expose_value=False, callback=_choose_coder, help=text)(command)


def settings_given() -> Settings:
    """The settings, with the store that --store names and the coder that --coder names."""
    given = click.get_current_context().ensure_object(dict)
    return load_settings(store=given.get("store"), coder=given.get("coder"))


@contextmanager
def opened(settings: Settings, *, write: bool = False, create: bool = True) -> Iterator[Database]:
    """The store, for reading or for writing; closed at the end. StoreMissingError where there is none and none is to be made."""
    from pipeline import store

    if not create and not settings.store.exists():
        raise StoreMissingError(f"there is no store at {settings.store}")
    db = store.open_store(settings.store) if write else store.open_store_readonly(settings.store)
    try:
        yield db
    finally:
        db.close()


def read_day(day: str | None, name: str) -> str | None:
    """A day given as the option `name`; SettingsError where it is none."""
    try:
        return dt.date.fromisoformat(day).isoformat() if day else None
    except ValueError:
        raise SettingsError(f"{name}: {day!r} is not a date like 2023-12-03") from None


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The filters of the dashboard as options of the same names as its URL parameters."""
    for param in reversed(PARAMS):
        field = next((f for f, p in PARAM_OF.items() if p == param), param)
        names = dict.fromkeys([f"--{param.replace('_', '-')}", f"--{param}"])
        command = click.option(*names, f"filter_{param}", multiple=field in LISTS, help=FILTER_HELP[param])(command)
    return command


def read_filters(options: dict[str, Any]) -> Filters:
    """The filters that the options of `filter_options` describe."""
    params = {name.removeprefix("filter_"): value for name, value in options.items() if value}
    return from_params(params, strict=True)


def as_of_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option --as-of, read by `read_as_of`."""
    text = "As known on this publication day, like 2023-12-03, or time, like 2023-12-03T12:00Z; what was published later is not heard."
    return click.option("--as-of", metavar="DATE", callback=_read_as_of, help=text)(command)


def _read_as_of(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    return read_as_of(value) if value else None


def read_as_of(text: str) -> str:
    """A day as it is, a time in UTC to the second; SettingsError where it is neither."""
    try:
        if len(text) <= len("2023-12-03"):
            return dt.date.fromisoformat(text).isoformat()
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"--as-of: {text!r} is not a date like 2023-12-03 or a time like 2023-12-03T12:00Z") from None
    return (moment.astimezone(dt.UTC) if moment.tzinfo else moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def by_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option --by: who decides."""
    name = os.environ.get("USER") or "unknown"
    return click.option("--by", default=lambda: name, show_default="$USER", help="Who says so.")(command)


def reason_option(*, required: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option --reason: why it is decided so."""
    given: dict[str, Any] = {"required": True} if required else {"default": ""}
    return click.option("--reason", help="Why, or how it is known.", **given)


def show_table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Rows under their column names, each column as wide as it needs."""
    widths = [max(len(row[n]) for row in (columns, *rows)) for n in range(len(columns))]
    for row in (columns, *rows):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
