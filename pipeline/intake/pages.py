"""HTML pages -> one Article each: trafilatura finds the story, the page's own metadata say when, who and where."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from pipeline.errors import DateError, EmptyError
from pipeline.intake.found import Found, fields_of, first, guarded, without_by
from pipeline.intake.markup import decode_page, local, parse_html, text_of, words_of
from pipeline.intake.publication import parse_published, published_in_words

# A page is a few hundred KB; what is larger is data. In bytes.
MAX_PAGE_BYTES = 20_000_000
# Less text than this is a menu or a caption: then the page's own paragraphs are tried.
FEW_CHARACTERS = 150
# schema.org's types of what a newsroom publishes.
PAGE_TYPES = re.compile(r"webpage|itempage", re.IGNORECASE)
STORY_TYPES = re.compile(r"(?:news|blog|live|report|analysis|opinion|review|background|askpublic)?\w*(?:article|posting)", re.IGNORECASE)

# <meta> names that say when a story was published, the surest first. Compared in small letters.
DATE_NAMES = (
    "article:published_time", "og:article:published_time", "og:published_time", "datepublished", "article:published", "article.published",
    "publishdate", "publish-date", "publish_date", "published_time", "pubdate", "publication_date", "publicationdate", "dc.date.issued",
    "dcterms.issued", "dc.date.created", "dcterms.created", "dcterms.date", "dc.date", "citation_publication_date", "sailthru.date",
    "parsely-pub-date", "cxenseparse:recs:publishtime", "article_date_original", "date", "article:created_time", "created", "og:pubdate",
    "displaydate", "datecreated", "rnews:datepublished", "last-published-date",
)  # fmt: skip
_DATE_CLASS = re.compile(r"(?:^|[-_ ])(?:date|time|timestamp|published|publish|pub|posted|dateline|byline|meta)", re.IGNORECASE)
_DATE_LABEL = re.compile(r"(?:(?:first |originally )?(?:published|posted|issued|released)(?: on| at)?|date)\s*:?\s*", re.IGNORECASE)
# Days in figures: which of the first two is the month, only the page can say.
_FIGURES = re.compile(r"(?<![\d/.-])(?P<first>\d{1,2})(?P<mark>[./-])(?P<second>\d{1,2})(?P=mark)(?P<year>(?:19|20)\d{2})(?![\d/-])")
# The rest of the English-speaking world, and nearly all others, write the day first.
_MONTH_FIRST, _DAY_FIRST = re.compile("en-us", re.IGNORECASE), re.compile(r"en-(?!us)\w+|(?!en)[a-z]{2,3}(?:-\w+)*", re.IGNORECASE)
# So many short elements below the headline may hold the day and the writer's name.
BELOW_HEADLINE = 6
# What stands within a story's element and is not of the story: calls to subscribe, posts of others, who the writer is.
_NOT_STORY = re.compile(
    r"(?:^|[-_ ])(?:paywall|newsletter|subscribe|sign-?up|social-embed|twitter-tweet|instagram-media|fb-post|tiktok-embed|bluesky-embed"
    r"|author-bio|pull-?quote|related|recommended|promo)(?:$|[-_ ])",
    re.IGNORECASE,
)
_URL_DAY = re.compile(r"/((?:19|20)\d{2})[/-](\d{1,2}|[a-z]{3})[/-](\d{1,2})(?=[/-])", re.IGNORECASE)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


def read_page(content: bytes, item: str, *, given: Mapping[str, str] | None = None) -> Iterator[Found]:
    """The article of a page. EmptyError where no story is on it, FormatError where it is no HTML that can be read.

    `given` is what is known from outside, as from the feed that named the page: `url` above all.
    """
    given = given or {}
    with guarded("an HTML page"):
        text, encoding = decode_page(content)
        root = parse_html(text)
        fields, how = _read(root, given.get("url", ""))
    how["encoding"] = encoding
    yield Found(item, fields, content, how)


def _read(root: Any, url: str) -> tuple[dict[str, str], dict[str, str]]:
    story = _story_of(root)
    metas = _metas(root)
    address = _address(root, metas, url)
    fields, how = fields_of(
        published=_published(root, metas, story, address[0] or url),
        source=_outlet(root, metas, story, address[0] or url),
        byline=_byline(root, metas, story),
        url=address,
    )
    fields["headline"], how["headline"] = _headline(root, metas, story, fields.get("source", ""))
    # The page's story comes last: finding it changes the tree.
    fields["text"], how["text"] = _text(root)
    if not any(c.isalnum() for c in fields["text"]):
        raise EmptyError("there is no story on the page", step="parse")
    return fields, how


# --- the story ----------------------------------------------------------------------------------


def _text(root: Any) -> tuple[str, str]:
    import trafilatura  # takes a second to load, and most runs read no page

    _prune(root)
    if cell := _story_cell(root):
        return cell, "the cell of the page's table that holds its story"
    plain, where = _paragraphs(root)
    found = trafilatura.bare_extraction(root, include_comments=False, include_tables=True, with_metadata=False, favor_precision=True)
    text = (getattr(found, "text", "") or "") if found is not None else ""
    if len(text) < FEW_CHARACTERS and len(plain) > 1.5 * len(text):
        return plain, f"the paragraphs of the page's <{where}>"
    return text, "trafilatura, which tells the story from what surrounds it"


def _prune(root: Any) -> None:
    """Take out what is called after something else than the story, where it is a small part of the page and no headline is in it."""
    whole = len(words_of(root))
    for element in [e for e in root.iter() if isinstance(e.tag, str) and _NOT_STORY.search(f"{e.get('class') or ''} {e.get('id') or ''}")]:
        holds = next(element.iter("h1", "article", "main", "body"), None) is not None
        if not holds and element.getparent() is not None and 3 * len(words_of(element)) < whole:
            element.drop_tree()


def _story_cell(root: Any) -> str:
    """The text of the one cell that holds most of a page laid out in tables, paragraphs kept; empty for any other page.

    Read as tables of data, such a page is one line.
    """
    cells = [c for c in root.iter("td") if next(c.iter("table"), None) is None and next(c.iter("p", "br"), None) is not None]
    if not cells or next(root.iter("article", "main"), None) is not None:
        return ""
    texts = sorted((text_of(c) for c in cells[:2000]), key=len)
    story = texts[-1]
    return story if len(story) >= FEW_CHARACTERS and len(story) > 2 * sum(map(len, texts[:-1])) and "\n" in story else ""


def _paragraphs(root: Any) -> tuple[str, str]:
    for name in ("article", "main", "body"):
        for element in root.iter(name):
            if text := text_of(element):
                return text, name
    return "", "body"


# --- what the page says of itself ---------------------------------------------------------------


def _metas(root: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        if name and (value := (meta.get("content") or "").strip()):
            found.setdefault(name.strip().casefold(), value)
    return found


def _story_of(root: Any) -> Mapping[str, Any]:
    """The schema.org article that a page describes itself as; empty where it has none."""
    return _data_of(root, STORY_TYPES)


def _data_of(root: Any, types: re.Pattern[str]) -> Mapping[str, Any]:
    """The first thing of these types in a page's schema.org data; empty where it has none."""
    for script in root.iter("script"):
        if (script.get("type") or "").partition(";")[0].strip().casefold() != "application/ld+json":
            continue
        try:
            value = json.loads((script.text or "").strip(), strict=False)
        except (ValueError, RecursionError):
            continue
        for node in _nodes(value):
            kinds = node.get("@type")
            if any(isinstance(k, str) and types.fullmatch(k) for k in (kinds if isinstance(kinds, list) else [kinds])):
                return node
    return {}


def _nodes(value: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list) and depth < 4:
        for item in value[:200]:
            yield from _nodes(item, depth + 1)
    elif isinstance(value, dict):
        yield value
        for key in ("@graph", "mainEntity", "mainEntityOfPage"):
            if depth < 4 and isinstance(value.get(key), (list, dict)):
                yield from _nodes(value[key], depth + 1)


def _name(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, (_name(v) for v in value[:10])))
    if isinstance(value, dict):
        value = value.get("name")
    return value.strip() if isinstance(value, str) and not value.strip().startswith(("http:", "https:")) else ""


def _published(root: Any, metas: Mapping[str, str], story: Mapping[str, Any], url: str) -> tuple[str, str]:
    offers: list[tuple[Any, str]] = [(story.get("datePublished"), "datePublished of the page's schema.org data")]
    offers += [(metas.get(name), f"<meta {name}>") for name in DATE_NAMES]
    offers += [(story.get("dateCreated"), "dateCreated of the page's schema.org data")]
    offers += [(_data_of(root, PAGE_TYPES).get("datePublished"), "datePublished of the page in its schema.org data")]
    for value, how in [*offers, *_times(root), *_below_headline(root), *_written(root), *_in_url(url)]:
        if isinstance(value, str) and value.strip():
            try:
                if moment := parse_published(value):
                    return moment, how
            except DateError:
                continue
    return "", ""


def _times(root: Any) -> Iterator[tuple[str, str]]:
    """<time> elements: those marked as the publication first, then the first of the story, but none of a list of other stories."""
    times = [t for t in root.iter("time") if not _is_aside(t)]
    marked = [t for t in times if t.get("pubdate") is not None or "publ" in f"{t.get('itemprop')} {t.get('class')}".casefold()]
    inside = [t for t in times if any(local(a) in ("article", "main", "header") for a in t.iterancestors())]
    for time in [*marked, *inside, *times[:1]]:
        yield time.get("datetime") or "", "<time> of the page"
        yield _day_in(words_of(time)), "the words of the page's <time>"
    for element in root.iter():
        if isinstance(element.tag, str) and "datepublished" in (element.get("itemprop") or "").casefold():
            yield element.get("content") or element.get("datetime") or _day_in(words_of(element)), "itemprop datePublished"


def _is_aside(element: Any) -> bool:
    for above in element.iterancestors():
        words = f"{above.get('class')} {above.get('id')}".casefold()
        if local(above) in ("aside", "nav", "footer") or re.search(r"related|sidebar|recommend|most-read|popular|comment|promo", words):
            return True
    return False


def _written(root: Any) -> Iterator[tuple[str, str]]:
    """Short elements that are called after a date and hold one."""
    for element in root.iter():
        if not isinstance(element.tag, str) or not _DATE_CLASS.search(f"{element.get('class') or ''} {element.get('id') or ''}"):
            continue
        words = words_of(element)
        if 6 <= len(words) <= 160 and not _is_aside(element) and (day := _day_in(words)):
            yield day, f"the words of an element called {(element.get('class') or element.get('id'))[:40]!r}"


def _below_headline(root: Any) -> Iterator[tuple[str, str]]:
    """The day in one of the short elements that follow the headline, in words or in figures."""
    head = _heading(root)
    if head is None:
        return
    above = [head, *(a for a in head.iterancestors() if local(a) in ("header", "div", "section") and words_of(a) == words_of(head))]
    below = (e for e in above[-1].itersiblings() if isinstance(e.tag, str))
    for element in [e for _, e in zip(range(BELOW_HEADLINE), below, strict=False)]:
        words = words_of(element)
        if 6 <= len(words) <= 160 and not _is_aside(element):
            yield _day_in(words) or _day_in_figures(words, root), "a line below its headline"


def _day_in_figures(words: str, root: Any) -> str:
    """The day that stands in figures in a line, where the page tells which figure is the month; empty where it does not."""
    m = _FIGURES.search(words)
    if not m:
        return ""
    first, second = int(m["first"]), int(m["second"])
    language = next((e.get("lang") or "" for e in root.iter("html")), "")
    seen = [(int(f["first"]), int(f["second"])) for f in _FIGURES.finditer(words_of(root)[:200_000])]
    by_day, by_month = any(a > 12 for a, _ in seen), any(b > 12 for _, b in seen)
    if m["mark"] == "." or first == second or (by_day and not by_month):
        by_day, by_month = True, False
    elif by_day == by_month:
        by_day, by_month = bool(_DAY_FIRST.fullmatch(language)), bool(_MONTH_FIRST.fullmatch(language))
    if by_day == by_month:
        return ""
    day, month = (first, second) if by_day else (second, first)
    return f"{m['year']}-{month:02}-{day:02}"


def _day_in(words: str) -> str:
    """The day that a line of words names, with "Published:" and what stands around it taken off."""
    words = " ".join(words.split())
    for piece in (words, *re.split(r"\s*(?:\||·|•|—|–|\bupdated\b|\blast modified\b)\s*", words, flags=re.IGNORECASE)):
        piece = _DATE_LABEL.sub("", piece, count=1).strip(" -,.:")
        if found := published_in_words(piece):
            return found
        # "By Jane Roe, 3 December 2023, 10:15 GMT"
        m = re.search(r"(?:\d{1,2}(?:st|nd|rd|th)? [A-Z][a-z]{2,8}\.?,? \d{4}|[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}|\d{4}-\d\d-\d\d)", piece)
        if m and (found := published_in_words(m[0])):
            return found
    return ""


def _in_url(url: str) -> Iterator[tuple[str, str]]:
    if m := _URL_DAY.search(urlsplit(url).path + "/" if url else ""):
        month = int(m[2]) if m[2].isdigit() else _MONTHS.index(m[2].casefold()) + 1 if m[2].casefold() in _MONTHS else 0
        yield f"{m[1]}-{month:02}-{int(m[3]):02}", "the day in the page's address"


def _heading(root: Any) -> Any:
    """The element that is the story's headline: the only <h1>, or a heading that the page's <title> has too; None where none is."""
    heads = list(root.iter("h1"))
    if len(heads) == 1:
        return heads[0]
    title = next((words_of(t) for t in root.iter("title")), "")
    named = (h for h in root.iter("h1", "h2", "h3") if len(words_of(h)) > 10 and words_of(h) in title)
    return max(named, key=lambda h: len(words_of(h)), default=None)


def _headline(root: Any, metas: Mapping[str, str], story: Mapping[str, Any], outlet: str) -> tuple[str, str]:
    heads = [words_of(h) for h in root.iter("h1")]
    head = _heading(root)
    title = next((words_of(t) for t in root.iter("title")), "")
    value, how = first(
        (_name(story.get("headline")), "headline of the page's schema.org data"),
        (metas.get("og:title"), "<meta og:title>"),
        (words_of(head) if head is not None else "", f"its <{local(head)}>" if head is not None else ""),
        (metas.get("twitter:title"), "<meta twitter:title>"),
        (metas.get("dc.title"), "<meta dc.title>"),
        (title, "its <title>"),
        (heads[0] if heads else "", "its first <h1>"),
    )
    return _without_outlet(value, outlet, heads), how


def _without_outlet(title: str, outlet: str, heads: list[str]) -> str:
    """A title without the outlet that pages set behind it: "Two die - Daily Post"."""
    if title in heads:
        return title
    m = re.fullmatch(r"(?P<title>.{8,}?)\s+[-–—|»:·]+\s+(?P<tail>[^-–—|»]{2,60})", title)
    if m and (m["title"] in heads or (outlet and m["tail"].strip().casefold() in outlet.casefold())):
        return m["title"]
    return title


def _outlet(root: Any, metas: Mapping[str, str], story: Mapping[str, Any], url: str) -> tuple[str, str]:
    host = (urlsplit(url).hostname or "").removeprefix("www.") if url else ""
    return first(
        (metas.get("og:site_name"), "<meta og:site_name>"),
        (_name(story.get("publisher")), "publisher of the page's schema.org data"),
        (metas.get("application-name"), "<meta application-name>"),
        (metas.get("dc.publisher") or metas.get("dcterms.publisher") or metas.get("publisher"), "<meta publisher>"),
        (_beside_title(root), "what stands beside the headline in its <title>"),
        (host, "the host of its address"),
    )


def _beside_title(root: Any) -> str:
    """What a page's <title> has behind or before the headline that a heading has too: the outlet."""
    title = next((words_of(t) for t in root.iter("title")), "")
    for head in root.iter("h1", "h2", "h3"):
        words = words_of(head)
        before, found, behind = title.partition(words) if len(words) > 10 else (title, "", "")
        if found and (m := re.fullmatch(r"\s+[-–—|»:·]+\s+([^-–—|»]{2,60})", behind) if behind else None):
            return m[1]
        if found and not behind and (m := re.fullmatch(r"([^-–—|»]{2,60}?)\s+[-–—|»:·]+\s+", before)):
            return m[1]
    return ""


def _byline(root: Any, metas: Mapping[str, str], story: Mapping[str, Any]) -> tuple[str, str]:
    written = [
        words_of(e)
        for e in root.iter()
        if isinstance(e.tag, str) and (e.get("rel") == "author" or (e.get("itemprop") or "") == "author") and not _is_aside(e)
    ]
    value, how = first(
        (_name(story.get("author")), "author of the page's schema.org data"),
        (_not_address(metas.get("author")), "<meta author>"),
        (_not_address(metas.get("article:author")), "<meta article:author>"),
        (_not_address(metas.get("byl") or metas.get("dc.creator") or metas.get("parsely-author")), "<meta creator>"),
        (next((w for w in written if 3 <= len(w) <= 100), ""), "an element marked as the author"),
    )
    return without_by(value), how


def _not_address(value: str | None) -> str:
    return "" if not value or re.match(r"https?:|@", value) else value


def _address(root: Any, metas: Mapping[str, str], url: str) -> tuple[str, str]:
    canonical = next(
        (link.get("href") or "" for link in root.iter("link") if "canonical" in (link.get("rel") or "").casefold().split()), ""
    )
    try:
        canonical = urljoin(url, canonical.strip()) if canonical.strip() else ""
        same_host = not url or urlsplit(canonical).hostname == urlsplit(url).hostname
    except ValueError:
        canonical, same_host = "", False
    # A canonical address at the front page, or at another host than the page came from, names no story.
    if canonical and (not same_host or urlsplit(canonical).path in ("", "/")):
        canonical = ""
    return first((canonical, "<link rel=canonical>"), (url, "where it was got"), (metas.get("og:url"), "<meta og:url>"))
