"""The commands on coders: which one makes the incidents, and how two of them differ."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli_options import opened, settings_given, show_table, store_option

# So many of the articles in which two coders differ most are printed.
SHOWN_ARTICLES = 10


@click.command()
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--dry-run", is_flag=True, help="Print what would change, and change nothing.")
@store_option
def coder(name: str | None, dry_run: bool) -> None:
    """Show whose reports make the incidents and how many articles each coder has coded; with a NAME make it that coder.

    All incidents are then linked and resolved anew from its reports and the decisions, and what changed is printed.
    The other coders' reports are kept; going back gives the same incidents again.
    """
    settings = settings_given()
    if name:
        _activate(name, dry_run=dry_run)
        return
    from pipeline import store

    with opened(settings) as db:
        active, found = store.active_coder(db), store.codings_by_coder(db)
    rows = [(who, version, str(articles), str(reports), "active" if who == active else "") for who, version, articles, reports in found]
    if rows:
        show_table(("coder", "version", "articles", "reports", ""), rows)
    else:
        click.echo(f"Nothing is coded yet; the coder will be {settings.coder or active}.")


def _activate(name: str, *, dry_run: bool) -> None:
    from pipeline import store
    from pipeline.activation import activate
    from pipeline.coding.coders import check_coder
    from pipeline.rebuild import change_lines, count_words

    with opened(settings_given(), write=True, create=False) as db:
        before = store.active_coder(db)
        if name not in {who for who, *_ in store.codings_by_coder(db)}:
            check_coder(name)
        done = activate(db, name, dry_run=dry_run)
    for change in done.changes:
        for line in change_lines(change):
            click.echo(line)
    click.echo(count_words(done, dry_run=dry_run))
    click.echo(f"{'would be ' if dry_run else ''}made of the reports of {name}, before of {before}")


@click.command()
@click.argument("a")
@click.argument("b")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="CSV file to write, one difference a row.")
@store_option
def compare(a: str, b: str, out: Path | None) -> None:
    """Set the asserted reports of coders A and B side by side, over the articles that both have coded.

    Prints how many reports each has, how many tell the same event, how often each field of these agrees, and the
    articles in which the two differ most.
    """
    from pipeline.comparing import compare as compare_coders
    from pipeline.comparing import write_differences

    with opened(settings_given()) as db:
        found = compare_coders(db, a, b)
    click.echo(f"{'articles of both':<22}{found.articles}")
    click.echo(f"{f'reports of {a}':<22}{found.reports_a}")
    click.echo(f"{f'reports of {b}':<22}{found.reports_b}")
    click.echo(f"{'of one event':<22}{found.paired}")
    fields = [(f.field, str(f.same), str(f.pairs), f"{f.share:.2f}") for f in found.fields if f.pairs]
    if fields:
        click.echo()
        show_table(("field", "agree", "of", "share"), fields)
    most = [(article_id, str(n), headline) for article_id, headline, n in found.most_different(SHOWN_ARTICLES)]
    if most:
        click.echo()
        show_table(("article", "differences", "headline"), most)
    if out:
        click.echo(f"{write_differences(out, found.differences)} differences written to {out}", err=True)


COMMANDS: tuple[click.Command, ...] = (coder, compare)
