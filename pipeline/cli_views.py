"""The commands on saved views: keeping them, their feeds, and telling of what is new in them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli_options import by_option, filter_options, opened, read_filters, settings_given, show_table, store_option
from pipeline.errors import SettingsError

if TYPE_CHECKING:
    from pipeline.alerts import Alerts, Told


@click.group()
def view() -> None:
    """Saved views: filters under a name, each a link, a feed and what alerts are about."""


@view.command("list")
@store_option
def view_list() -> None:
    """List the saved views: id, name, filters, who saved it and when."""
    from pipeline.views import list_views, params_json

    with opened(settings_given(), create=False) as db:
        found = list_views(db)
    if found:
        rows = [(v.view_id, v.name, params_json(v.filters), v.by, v.at_utc[:16]) for v in found]
        show_table(("view", "name", "filters", "by", "saved"), rows)
    click.echo(f"{len(found)} saved views", err=True)


@view.command("save")
@click.argument("name")
@click.option("--replace", is_flag=True, help="Give a view of this name these filters instead of its own.")
@filter_options
@by_option
@store_option
def view_save(name: str, replace: bool, by: str, **filters: Any) -> None:
    """Keep the filters under NAME."""
    from pipeline.run import utc_now
    from pipeline.views import save_view

    chosen = read_filters(filters)
    with opened(settings_given(), write=True, create=False) as db:
        saved = save_view(db, name, chosen, by=by, at_utc=utc_now(), replace=replace)
    click.echo(f"{saved.view_id}  {saved.name}")


@view.command("rename")
@click.argument("view", metavar="VIEW")
@click.argument("name")
@store_option
def view_rename(view: str, name: str) -> None:
    """Give VIEW (its id or name) another NAME; its link, feed and alerts stay what they are."""
    from pipeline.views import rename_view

    with opened(settings_given(), write=True, create=False) as db:
        renamed = rename_view(db, view, name)
    click.echo(f"{renamed.view_id}  {renamed.name}")


@view.command("drop")
@click.argument("view", metavar="VIEW")
@store_option
def view_drop(view: str) -> None:
    """Remove VIEW (its id or name), with the record of what alerts told of it."""
    from pipeline.views import drop_view

    with opened(settings_given(), write=True, create=False) as db:
        dropped = drop_view(db, view)
    click.echo(f"{dropped.name} is removed")


@click.command()
@click.argument("view", metavar="VIEW")
@click.option("--out", required=True, type=click.Path(path_type=Path, allow_dash=True), help="File to write; - for standard output.")
@click.option("--url", "base", metavar="URL", help="Address of the dashboard in links, instead of DATELINE_URL.")
@click.option("--self-url", metavar="URL", help="Address at which the feed itself will be found, where it will be.")
@store_option
def feed(view: str, out: Path, base: str | None, self_url: str | None) -> None:
    """Write the newest incidents of VIEW, a saved view's id or name, as an Atom feed."""
    from pipeline.feed import make_feed
    from pipeline.outfile import write_whole
    from pipeline.settings import check_base_url
    from pipeline.views import find_view

    settings = settings_given()
    address = check_base_url(base, "--url") if base else settings.url
    with opened(settings, create=False) as db:
        content = make_feed(db, find_view(db, view), base=address, self_url=self_url)
    if str(out) == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        write_whole(out, content)


@click.command()
@click.argument("views", nargs=-1, metavar="[VIEW]...")
@click.option("--mail", multiple=True, metavar="ADDRESS", help="Tell this mailbox of the named views, instead of those that the list has.")
@click.option("--webhook", multiple=True, metavar="URL", help="POST JSON to this address, for the named views.")
@click.option("--alerts", "path", type=click.Path(dir_okay=False, path_type=Path), help="The list to follow, instead of DATELINE_ALERTS.")
@click.option("--dry-run", is_flag=True, help="Say what would be told to whom; send nothing, note nothing.")
@store_option
def alert(views: tuple[str, ...], mail: tuple[str, ...], webhook: tuple[str, ...], path: Path | None, dry_run: bool) -> None:
    """Tell of the incidents that are new in saved views, each once, as alerts.toml lists them or for the named VIEWs.

    What cannot be delivered is tried again at the next run; the exit code is then 1.
    """
    from pipeline.alerts import preview, tell

    settings = settings_given()
    chosen = _chosen_alerts(path or settings.alerts, views, mail, webhook, required=path is not None)
    base = chosen.url or settings.url
    failed = False
    with opened(settings, write=not dry_run, create=False) as db:
        for told in preview(db, chosen, base=base) if dry_run else tell(db, chosen, base=base):
            click.echo(_told_words(told, dry_run=dry_run))
            if dry_run:
                for item in told.items:
                    click.echo(f"  {item.incident.incident_id}  {item.title}")
            failed = failed or bool(told.error)
    raise click.exceptions.Exit(1 if failed else 0)


def _chosen_alerts(path: Path, views: Sequence[str], mail: Sequence[str], webhook: Sequence[str], *, required: bool) -> Alerts:
    """Whom to tell of what: the list's entries, those of the named views, or the mailboxes and addresses given."""
    from pipeline.alerts import Alerts, make_target, read_alerts

    direct = bool(mail or webhook)
    if direct and not views:
        raise SettingsError("--mail and --webhook need the name of a view")
    listed = read_alerts(path) if required or not direct or path.exists() else Alerts(())
    if direct:
        given = [("mail", "--mail", m) for m in mail] + [("webhook", "--webhook", w) for w in webhook]
        return Alerts(tuple(make_target(v, channel, a, option) for v in views for channel, option, a in given), listed.mail, listed.url)
    if not views:
        return listed
    named = {v.casefold() for v in views}
    if missing := [v for v in views if v.casefold() not in {t.view.casefold() for t in listed.targets}]:
        raise SettingsError(f"{path} has no alert for the view {missing[0]!r}")
    return Alerts(tuple(t for t in listed.targets if t.view.casefold() in named), listed.mail, listed.url)


def _told_words(told: Told, *, dry_run: bool) -> str:
    t = told.target
    number = f"{told.incidents} new incident{'' if told.incidents == 1 else 's'}"
    done = f"not delivered: {told.error}" if told.error else "would be told" if dry_run else "told" if told.incidents else "nothing left"
    return f"{t.view} -> {t.channel} {t.address}: {number}, {done}"


COMMANDS = (view, feed, alert)
