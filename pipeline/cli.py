"""The command `dateline`: each command is a function whose docstring is its help.

What takes long to load (spaCy, pandas, Streamlit) is imported inside the command that needs it, so
that `dateline --help` and a second `dateline up` are quick.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli_coders import COMMANDS as CODER_COMMANDS
from pipeline.cli_incidents import COMMANDS as INCIDENT_COMMANDS
from pipeline.cli_options import (
    as_of_option,
    by_option,
    coder_option,
    filter_options,
    opened,
    read_day,
    read_filters,
    reason_option,
    settings_given,
    store_option,
)
from pipeline.cli_views import COMMANDS as VIEW_COMMANDS
from pipeline.errors import DatelineError, NotFoundError, RefusedError, SettingsError
from pipeline.settings import Settings

if TYPE_CHECKING:
    from sqlite_utils import Database

    from pipeline.intake import Explanation
    from pipeline.models import Article
    from pipeline.run import Progress, Summary

DEFAULT_PORT = 8501
LOAD_DEMONSTRATION = "load demonstration"  # what the log of runs calls it
SHAPES = ("native", "acled", "ucdp")
FORMATS = ("csv", "geojson", "parquet", "xlsx")


def main() -> None:
    """Run the command line. What Dateline can explain ends in one line on stderr; exit code 2 for wrong use, else 1."""
    try:
        code = cli(standalone_mode=False)
    except click.exceptions.Abort:
        code = _say("stopped", 130)
    except click.ClickException as e:
        e.show()
        code = e.exit_code
    except SettingsError as e:
        code = _say(str(e), 2)
    except DatelineError as e:
        code = _say(str(e), 1)
    except sqlite3.Error as e:
        code = _say(f"the store could not be used: {e}", 1)
    except BrokenPipeError:  # the reader of our output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except OSError as e:
        code = _say(f"{e.filename or 'a file'}: {e.strerror or e}", 1)
    sys.exit(code if isinstance(code, int) else 0)


def _say(message: str, code: int) -> int:
    click.echo(f"dateline: {message}", err=True)
    return code


def _load_coder(settings: Settings) -> Any:
    from pipeline.coding.coders import load_coder

    return load_coder(settings)


def _for_store(db: Database, settings: Settings, *, always: bool = False) -> Settings:
    """The settings with the store's active coder where they name none, or `always`."""
    from pipeline import store

    return settings if settings.coder and not always else dataclasses.replace(settings, coder=store.active_coder(db))


def _say_beside(db: Database, settings: Settings) -> None:
    """One line where what was coded makes no incidents, since another coder is the active one."""
    from pipeline import store

    if settings.coder != (active := store.active_coder(db)):
        click.echo(f"The reports of {settings.coder} are kept beside those of {active}, whose reports make the incidents.", err=True)


@contextmanager
def _coding(settings: Settings, workers: int) -> Iterator[Any]:
    """What codes: the coder in this process, or several processes with one each."""
    if workers == 1:
        yield _CoderOnDemand(settings)
        return
    from pipeline.workers import Workers

    with Workers(workers, functools.partial(_load_coder, settings)) as coding:
        yield coding


class _CoderOnDemand:
    """The coder of these settings, loaded when the first article needs it: input that is known already needs none."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @functools.cached_property
    def _coder(self) -> Any:
        return _load_coder(self._settings)

    @property
    def name(self) -> str:
        return str(self._coder.name)

    @property
    def version(self) -> str:
        return str(self._coder.version)

    def code(self, article: Article) -> Any:
        return self._coder.code(article)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dateline-monitor", prog_name="dateline")
@store_option
def cli() -> None:
    """Dateline turns news copy into mapped, sourced incidents."""


# --- serving -------------------------------------------------------------------------------------


@cli.command()
@click.option("--port", type=click.IntRange(1, 65535), default=DEFAULT_PORT, show_default=True, help="Port to serve on.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve on; 0.0.0.0 lets other machines in.")
@store_option
def up(port: int, host: str) -> None:
    """Serve the dashboard, without opening a browser; an empty store gets the demonstration first."""
    from pipeline.serve import check_port, serve

    settings = settings_given()
    check_port(host, port)
    if _wants_demonstration(settings):
        from pipeline.run import DEMONSTRATION

        click.echo("The store is empty: loading the demonstration. The first time, the index of places is built too; that takes a minute.")
        _ingest(settings, [DEMONSTRATION], command=LOAD_DEMONSTRATION)
        _start_afresh()
    raise click.exceptions.Exit(serve(settings, host=host, port=port, ready=lambda url: click.echo(f"Dateline is at {url}")))


def _start_afresh() -> None:
    """Become the same command anew: what is loaded for coding takes half a gigabyte that serving has no use for."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - our own command line, word by word


def _wants_demonstration(settings: Settings) -> bool:
    """Whether the store is empty, or a first start was broken off while it loaded the demonstration."""
    if not settings.store.exists():
        return True
    from pipeline import store

    with opened(settings, write=True) as db:
        empty = not db.execute("SELECT EXISTS (SELECT 1 FROM articles)").fetchone()[0]
        return empty or store.run_unfinished(db, LOAD_DEMONSTRATION)


# --- taking articles in --------------------------------------------------------------------------


# Files in which a line is an article, more or less.
LINE_SUFFIXES = (".jsonl", ".ndjson", ".csv", ".tsv", ".tab")


def _count_items(paths: Sequence[Path]) -> int:
    """About how many articles these files and folders hold, for the progress bar; not one is read."""
    from pipeline.intake import find_files

    total = 0
    for file in find_files([path for path in paths if path.exists()]):
        if file.suffix.casefold() not in LINE_SUFFIXES:
            total += 1
            continue
        try:
            with file.open("rb") as lines:
                total += sum(1 for _ in lines)
        except OSError:
            continue  # the run will say why
    return total


@contextmanager
def _progress(label: str, paths: Sequence[Path], *, limit: int | None = None) -> Iterator[Progress]:
    """A bar on stderr that moves while a run is under way; nothing of it where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24),
        TextColumn("{task.completed} read, {task.fields[new]} new, {task.fields[refused]} refused, {task.fields[rate]:.0f}/s"),
        TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(),
    )  # fmt: skip
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        total = _count_items(paths) if console.is_terminal else 0
        total = min(total, limit) if limit else total
        task = bar.add_task(label, total=total or None, new=0, refused=0, rate=0.0)
        began = time.monotonic()

        def show(summary: Summary) -> None:
            more = max(total, summary.read) or None
            rate = summary.read / max(time.monotonic() - began, 0.001)
            bar.update(task, completed=summary.read, total=more, new=summary.new, refused=len(summary.refused), rate=rate)

        yield show


def _show_summary(summary: Summary, *, names: tuple[str, ...]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    for name in names:
        table.add_row(name, str(getattr(summary, name)))
    table.add_row("refused", str(len(summary.refused)))
    if summary.older:
        table.add_row("older", str(summary.older))
    console = Console()
    console.print(table)
    for item, reason in summary.refused:
        console.print(f"  {item}: {reason}", markup=False, highlight=False, soft_wrap=True)


def _ingest(settings: Settings, paths: list[Path], *, workers: int = 1, **options: Any) -> Summary:
    from pipeline.run import ingest

    with (
        opened(settings, write=True) as db,
        _coding(settings := _for_store(db, settings), workers) as coder,
        _progress("Reading", paths, limit=options.get("limit")) as progress,
    ):
        summary = ingest(db, paths, coder=coder, settings=settings, progress=progress, **options)
        _say_beside(db, settings)
    _show_summary(summary, names=("read", "new", "duplicates", "coded", "reports", "incidents"))
    return summary


def _read_columns(pairs: tuple[str, ...]) -> dict[str, str]:
    from pipeline.intake.columns import FIELDS

    columns = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not (equals and ours in FIELDS and theirs):
            raise SettingsError(f"--column takes OURS=THEIRS, where OURS is one of {', '.join(FIELDS)}; not {pair!r}")
        columns[ours] = theirs
    return columns


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--published", metavar="DATE", help="Publication date of articles that say none themselves, like 2023-12-03.")
@click.option("--column", "columns", multiple=True, metavar="OURS=THEIRS", help="A column's name in the input, like published=date.")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that code; each takes half a gigabyte."
)
@click.option("--since", metavar="DATE", help="Pass over articles that came out before this day, like 2023-12-03.")
@click.option("--limit", type=click.IntRange(1), help="Read no more than so many items.")
@click.option("--explain", is_flag=True, help="Say what each item was recognised as, and how each field was got.")
@click.option("--dry-run", is_flag=True, help="Read everything and say what would be new; store nothing, code nothing.")
@coder_option
@store_option
def ingest(
    paths: tuple[Path, ...],
    published: str | None,
    columns: tuple[str, ...],
    workers: int,
    since: str | None,
    limit: int | None,
    explain: bool,
    dry_run: bool,
) -> None:
    """Take files and folders of articles into the store, and code them.

    Text, HTML, JSON, CSV, RSS and Atom, NewsML-G2, NITF, ninjs, e-mail, DOCX, PDF, RTF, Factiva and Nexis exports, WARC and
    WACZ are told by their content and read, as they are or in zip and gzip. What cannot be taken is kept in quarantine with
    the reason; the exit code is then 1. Running again on the same input changes nothing, and goes on where a run was ended.
    """
    options: dict[str, Any] = {"published": read_day(published, "--published"), "columns": _read_columns(columns) or None}
    options |= {"since": read_day(since, "--since"), "limit": limit, "explain": _show_explanation if explain else None}
    run = _check if dry_run else _ingest
    summary = run(settings_given(), list(paths), **options) if dry_run else run(settings_given(), list(paths), workers=workers, **options)
    raise click.exceptions.Exit(1 if summary.refused else 0)


@cli.command()
@click.option("--sources", type=click.Path(dir_okay=False, path_type=Path), help="The list to follow, instead of DATELINE_SOURCES.")
@click.option("--once", is_flag=True, help="Look at every source once and end, as for cron.")
@coder_option
@store_option
def watch(sources: Path | None, once: bool) -> None:
    """Follow the folders and feeds that sources.toml lists, and code what comes within seconds.

    Writes one JSON object a line on stderr for all that happens. Ends cleanly on SIGTERM and Ctrl-C, and
    goes on where it was when it is started again.
    """
    import signal

    from pipeline.intake.fetch import Fetcher
    from pipeline.intake.sources import read_sources
    from pipeline.watch import Watch, json_log

    settings = settings_given()
    listed = read_sources(sources or settings.sources)
    with opened(settings, write=True) as db:
        settings = _for_store(db, settings)
        coder = _CoderOnDemand(settings) if once else _load_coder(settings)
        fetcher = Fetcher(user_agent=listed.user_agent, allowed=listed.allow, pause_s=listed.pause_s)
        following = Watch(db, listed, coder, json_log(lambda line: click.echo(line, err=True)), fetcher)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: following.stop.set())
        following.run(once=once)


def _show_explanation(explanation: Explanation) -> None:
    click.echo(f"{explanation.item}: {explanation.kind} ({explanation.why})")
    for name, value, how in explanation.fields:
        click.echo(f"  {name:<12}{value if len(value) <= 100 else value[:97] + '...'}  <- {how}")


def _check(settings: Settings, paths: list[Path], **options: Any) -> Summary:
    """A dry run: the store, where there is one, is only read."""
    from pipeline.run import check_items, read_items

    reading = {name: options.pop(name) for name in ("published", "columns", "explain")}
    with _progress("Checking", paths, limit=options["limit"]) as progress:
        if settings.store.exists():
            with opened(settings) as db:
                summary = check_items(db, read_items(paths, **reading), progress=progress, **options)
        else:
            summary = check_items(None, read_items(paths, **reading), progress=progress, **options)
    _show_summary(summary, names=("read", "new", "duplicates"))
    return summary


# --- coding without a store ----------------------------------------------------------------------

IN_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
OUT_FILE = click.Path(dir_okay=False, path_type=Path)


@cli.command()
@click.argument("file", type=IN_FILE)
@click.option("--out", required=True, type=OUT_FILE, help="JSON Lines file to write, one report a line.")
@coder_option
@store_option
def code(file: Path, out: Path) -> None:
    """Code FILE (JSON Lines of articles) in a temporary store and write the reports, with their incidents."""
    from pipeline.run import code_file

    coder = _load_coder(settings_given())
    with _progress("Coding", [file]) as progress:
        summary = code_file(file, out, coder=coder, progress=progress)
    _show_summary(summary, names=("read", "coded", "reports", "incidents"))
    raise click.exceptions.Exit(1 if summary.refused else 0)


@cli.command()
@click.argument("file", type=IN_FILE)
@click.option("--out", required=True, type=OUT_FILE, help="JSON Lines file to write, one place mention a line.")
@store_option
def places(file: Path, out: Path) -> None:
    """Find every place named in FILE (JSON Lines of articles) and write where it is."""
    from pipeline.run import places_file

    coder = _load_coder(dataclasses.replace(settings_given(), coder=""))  # places alone are not what coders differ in
    with _progress("Locating", [file]) as progress:
        summary = places_file(file, out, coder=coder, progress=progress)
    click.echo(f"{summary.reports} place mentions in {summary.read} articles")
    for item, reason in summary.refused:
        click.echo(f"  {item}: {reason}")
    raise click.exceptions.Exit(1 if summary.refused else 0)


# --- how good it is, and why -----------------------------------------------------------------------


@cli.command()
@click.argument("gold", nargs=-1, type=IN_FILE)
@click.option("--out", type=OUT_FILE, help="JSON file to write the result to, with every phenomenon.")
@coder_option
@store_option
def evaluate(gold: tuple[Path, ...], out: Path | None) -> None:
    """Measure the coder on GOLD files (JSON Lines of articles with their gold); without one, on our own gold set.

    Each file goes through the whole chain in a temporary store and is scored by the codebook, per field and
    per phenomenon. P is precision (of what is written, the share that is right), R recall (of what the gold
    has, the share that is found), F1 their harmonic mean.
    """
    from pipeline import evaluate as measuring

    paths = list(gold) or [measuring.GOLD]
    for path in paths:
        measuring.read_gold(path)  # what is wrong with a file is said before the model is loaded
    coder = _load_coder(settings_given())
    with _progress("Measuring", paths) as progress:
        measured = measuring.evaluate(paths, coder=coder, progress=progress)
    if out:
        measuring.write_measured(measured, out)
    for name, words in measuring.head_lines(measured):
        click.echo(f"{name:<23}{words}")
    _show_table(("field", "P", "R", "F1", "in gold"), measuring.field_rows(measured))
    columns = ("phenomenon", "articles", "P", "R", "F1", "slots F1", "exact")
    _show_table(columns, measuring.phenomenon_rows(measured))
    click.echo(f"Phenomena of fewer than {measuring.SHOWN_PHENOMENON} articles are only in the file that --out names.")
    _show_table(("confidence of", "said to be", "n", "mean", "right"), measuring.band_rows(measured))


@cli.command()
@click.argument("article")
@click.option("--published", metavar="DATE", help="Publication date of an article that says none itself, like 2023-12-03.")
@coder_option
@store_option
def explain(article: str, published: str | None) -> None:
    """Print why ARTICLE is coded as it is: which rule fired on which words, then the reports with their words.

    ARTICLE is the id of an article in the store, a file of articles, or - for a text on standard input.
    Nothing is stored.
    """
    from pipeline.explain import explain as explain_coding
    from pipeline.explain import explanation_lines

    settings = settings_given()
    articles = _articles_named(article, settings, published=read_day(published, "--published"))
    if not settings.coder and settings.store.exists():
        with opened(settings) as db:
            settings = _for_store(db, settings)
    coder = _load_coder(settings)
    for number, found in enumerate(articles):
        if number:
            click.echo("\n" + "-" * 80 + "\n")
        for line in explanation_lines(found, explain_coding(found, coder.code(found))):
            click.echo(line)


def _articles_named(name: str, settings: Settings, *, published: str | None) -> list[Article]:
    """The articles of a file or of standard input (-), or the one of this id in the store."""
    from pipeline import store

    if name == "-":
        return _articles_in(sys.stdin.buffer.read(), published=published)
    if Path(name).exists():
        return _articles_of(Path(name), published=published)
    if not settings.store.exists():
        raise NotFoundError(f"there is no file {name}, and no store at {settings.store} to look for an article of that id")
    with opened(settings) as db:
        found = list(store.load_articles(db, [name]))
    if not found:
        raise NotFoundError(f"there is no file {name}, and no article of that id in the store")
    return found


def _articles_in(content: bytes, *, published: str | None) -> list[Article]:
    import tempfile

    with tempfile.TemporaryDirectory(prefix="dateline-") as folder:
        path = Path(folder) / "standard input"
        path.write_bytes(content)
        return _articles_of(path, published=published)


def _articles_of(path: Path, *, published: str | None) -> list[Article]:
    from pipeline.intake import Refusal
    from pipeline.run import read_items

    items = list(read_items([path], published=published))
    for item in items:
        if isinstance(item, Refusal):
            raise RefusedError(item.reason, item=item.item)
    return [item for item in items if not isinstance(item, Refusal)]


def _show_table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Rows under their column names, words to the left and figures to the right."""
    if not rows:
        return
    widths = [max(len(row[n]) for row in (columns, *rows)) for n in range(len(columns))]
    click.echo()
    for first, *rest in (columns, *rows):
        figures = (cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))
        click.echo("  ".join((first.ljust(widths[0]), *figures)))


# --- giving out ----------------------------------------------------------------------------------


@cli.command()
@click.option("--shape", type=click.Choice(SHAPES), default="native", show_default=True, help="Columns: the codebook's, ACLED's or UCDP's.")
@click.option("--format", "fmt", type=click.Choice(FORMATS), default="csv", show_default=True, help="File format.")
@click.option("--columns", "only", metavar="NAMES", help="Only these columns, with commas between; they keep the codebook's order.")
@click.option("--zip", "packed", is_flag=True, help="One zip file with the receipt, what the columns mean and how to cite it.")
@click.option("--out", required=True, type=click.Path(path_type=Path, allow_dash=True), help="File to write; - for standard output.")
@filter_options
@as_of_option
@store_option
def export(shape: str, fmt: str, only: str | None, packed: bool, out: Path, as_of: str | None, **filters: Any) -> None:
    """Write the incidents that the filters leave, as the dashboard shows them, and say the id of their receipt.

    A CSV's receipt goes to a file beside it; the other formats, and a zip file, carry it. `dateline receipt` opens it.
    """
    from pipeline import exports, receipts
    from pipeline.bundle import make_bundle
    from pipeline.outfile import write_whole

    settings, chosen = settings_given(), read_filters(filters)
    names = None if only is None else [name.strip() for name in only.split(",") if name.strip()]
    with opened(settings) as db:
        made = exports.extract(db, chosen, shape=shape, format=fmt, as_of=as_of, only=names)
    content = make_bundle(made, shape=shape, format=fmt) if packed else made.content
    if str(out) == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    elif packed:
        write_whole(out, content)
    else:
        exports.write_extract(made, out, format=fmt)
    receipts.keep(settings.store, made.receipt)
    click.echo(f"{len(made.receipt.rows)} incidents, receipt {made.receipt.receipt_id}", err=True)


@cli.command()
@click.option("--dry-run", is_flag=True, help="Print what would change, and change nothing.")
@click.option("--recode", is_flag=True, help="Code the articles again first that another version of the coder coded.")
@store_option
def rebuild(dry_run: bool, recode: bool) -> None:
    """Compute every incident anew from the reports and the decisions, and print what changes.

    The last line is a hash over all rows: the same reports and decisions give the same bytes. No decision is
    lost, whatever the coder's version; where the machine now says otherwise than a person, `dateline
    disagreements` lists it.
    """
    from pipeline.rebuild import change_lines, count_words
    from pipeline.rebuild import rebuild as rebuild_store
    from pipeline.run import recode_outdated

    settings = settings_given()
    with opened(settings, write=True, create=False) as db:
        again = (lambda: recode_outdated(db, coder=_load_coder(_for_store(db, settings, always=True)))) if recode else None
        done = rebuild_store(db, recode=again, dry_run=dry_run)
    for change in done.changes:
        for line in change_lines(change):
            click.echo(line)
    click.echo(count_words(done, dry_run=dry_run))
    click.echo(f"{'rows before' if dry_run else 'rows'}  {done.before if dry_run else done.after}")
    if dry_run:
        click.echo(f"rows after   {done.after}")


@cli.command()
@coder_option
@store_option
def recode() -> None:
    """Code the stored articles that the coder, or its version of today, has not coded.

    Reports of a coder that is not the store's active one are kept beside; `dateline compare` sets them against
    the active one's, `dateline coder` makes it the active one.
    """
    from pipeline.run import code_stored

    settings = settings_given()
    with opened(settings, write=True, create=False) as db, _progress("Coding", []) as progress:
        settings = _for_store(db, settings)
        summary = code_stored(db, coder=_load_coder(settings), progress=progress)
        _say_beside(db, settings)
    _show_summary(summary, names=("read", "coded", "reports", "incidents"))
    raise click.exceptions.Exit(1 if summary.refused else 0)


# --- dates that are missing ----------------------------------------------------------------------


@cli.command()
@store_option
def undated() -> None:
    """List the articles without a publication date; `dateline date` gives them one."""
    from pipeline import store

    with opened(settings_given()) as db:
        found = store.undated_articles(db)
    for article_id, source, headline in found:
        click.echo(f"{article_id}  {source or '-'}  {headline}")
    click.echo(f"{len(found)} articles without a publication date", err=True)


@cli.command()
@click.argument("article_id")
@click.argument("day", metavar="DATE")
@by_option
@reason_option()
@store_option
def date(article_id: str, day: str, by: str, reason: str) -> None:
    """Give an article its publication DATE, like 2023-12-03; it is coded anew with it."""
    from pipeline import store
    from pipeline.decisions import set_published
    from pipeline.run import recode

    settings = settings_given()
    published = str(read_day(day, "DATE"))
    with opened(settings, write=True) as db:
        if not store.article_known(db, article_id):  # said before the model is loaded, which takes seconds
            raise NotFoundError(f"there is no article {article_id} in the store")
        coder = _load_coder(_for_store(db, settings, always=True))
        set_published(db, article_id, published, by=by, reason=reason, recode=lambda ids: recode(db, ids, coder=coder))
    click.echo(f"{article_id} was published on {published}, says {by}")


# --- looking after the store ---------------------------------------------------------------------


@cli.group()
def quarantine() -> None:
    """Items that were refused, each with its reason."""


@quarantine.command("list")
@store_option
def quarantine_list() -> None:
    """List the refused items: id, step, size in bytes, item, reason."""
    from pipeline import store

    with opened(settings_given()) as db:
        found = store.quarantined(db)
    for item_id, item, step, reason, size in found:
        click.echo(f"{item_id}  {step}  {size} bytes  {item}: {reason}")
    click.echo(f"{len(found)} items in quarantine", err=True)


@quarantine.command("retry")
@click.argument("item_ids", nargs=-1, metavar="[ITEM]...")
@click.option("--all", "every", is_flag=True, help="Every item in quarantine.")
@click.option("--published", metavar="DATE", help="Publication date of articles that say none themselves, like 2023-12-03.")
@click.option("--column", "columns", multiple=True, metavar="OURS=THEIRS", help="A column's name in the input, like published=date.")
@store_option
def quarantine_retry(item_ids: tuple[str, ...], every: bool, published: str | None, columns: tuple[str, ...]) -> None:
    """Read refused items again, from the bytes kept; what can be taken now leaves quarantine.

    The exit code is 1 where something is refused still.
    """
    from pipeline.quarantine import retry

    settings = settings_given()
    day, names = read_day(published, "--published"), _read_columns(columns) or None
    with opened(settings, write=True) as db:
        ids = _chosen_items(db, item_ids, every=every)
        outcomes = list(retry(db, ids, coder=_CoderOnDemand(_for_store(db, settings)), published=day, columns=names))
    for outcome in outcomes:
        click.echo(f"{outcome.item_id}  {'taken: ' + outcome.words if outcome.taken else 'refused still: ' + outcome.words}")
    raise click.exceptions.Exit(0 if all(outcome.taken for outcome in outcomes) else 1)


@quarantine.command("drop")
@click.argument("item_ids", nargs=-1, metavar="[ITEM]...")
@click.option("--all", "every", is_flag=True, help="Every item in quarantine.")
@store_option
def quarantine_drop(item_ids: tuple[str, ...], every: bool) -> None:
    """Take items out of quarantine for good, with the bytes that were kept of them."""
    from pipeline import store

    with opened(settings_given(), write=True) as db:
        ids = _chosen_items(db, item_ids, every=every)
        with store.writing(db):
            dropped = sum(store.drop_quarantine(db, item_id) for item_id in ids)
    click.echo(f"{dropped} items dropped")


def _chosen_items(db: Database, item_ids: Sequence[str], *, every: bool) -> list[str]:
    from pipeline import store

    known = [row[0] for row in store.quarantined(db)]
    if every:
        return known
    if not item_ids:
        raise SettingsError("name the items by their ids (dateline quarantine list shows them), or say --all")
    if missing := [i for i in item_ids if i not in known]:
        raise NotFoundError(f"there is no item {missing[0]} in quarantine")
    return list(dict.fromkeys(item_ids))


@cli.command()
@store_option
def status() -> None:
    """Show the store: path, size, counts, schema, the coder of its reports, the last run."""
    from pipeline import store

    settings = settings_given()
    with opened(settings) as db:
        for name, value in store.describe(db).items():
            click.echo(f"{name:<22}{value}")
    click.echo(f"{'store':<22}{settings.store} ({settings.store.stat().st_size / 1e6:.1f} MB)")


@cli.command()
@store_option
def doctor() -> None:
    """Check that everything Dateline needs is there and whole; exit code 1 where something is not."""
    from pipeline.doctor import check_all

    bad = 0
    for check in check_all(settings_given()):
        click.echo(f"{'ok  ' if check.ok else 'BAD ' if check.needed else 'none'}  {check.name}: {check.found}")
        bad += check.needed and not check.ok
    raise click.exceptions.Exit(1 if bad else 0)


for command in (*INCIDENT_COMMANDS, *CODER_COMMANDS, *VIEW_COMMANDS):
    cli.add_command(command)

if __name__ == "__main__":
    main()
