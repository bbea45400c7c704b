"""Thirteen layouts of news pages, after what newsrooms' systems put out, each with two stories of our own: the pages and their gold."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Story:
    headline: str
    day: str  # ISO
    moment: str  # ISO with its zone, as systems write it
    words: str  # as pages print it
    author: str
    paragraphs: tuple[str, ...]


STORIES = (
    Story(
        "Shelling kills four in the market of Nyala", "2023-11-18", "2023-11-18T16:40:00+02:00", "18 November 2023", "Amal Idris",
        (
            "Four people were killed and eleven were wounded on Saturday when shells hit the livestock market of Nyala, a volunteer of the "
            "town's emergency room said.",
            "The market had been full since dawn. Traders from three villages had come with goats and camels, because the road from the "
            "north had been open for two days.",
            "Two witnesses said that the shells came from the direction of the army's base at the edge of the town. The army did not answer "
            "questions, and the Rapid Support Forces said in a statement that it would “answer the crime”.",
            "The town's only working hospital took in nine of the wounded, one of them a boy of six. Its director said that it had run out "
            "of blood bags and was washing used bandages.",
            "Nyala is the capital of South Darfur and has changed hands twice since the war began in April.",
        ),
    ),
    Story(
        "Gunmen seize a bus on the road to Cotabato", "2024-02-06", "2024-02-06T09:05:00Z", "February 6, 2024", "Ramon Ilagan",
        (
            "Gunmen stopped a bus on the road to Cotabato early on Tuesday and took seven of its passengers with them, the provincial "
            "police said.",
            "The driver was let go with the other thirty passengers after an hour. He told investigators that the men wore parts of army "
            "uniforms and spoke to each other in Maguindanaon.",
            "A patrol found the bus's guard shot dead beside a bridge, some two kilometres further on. He was 41 years old and had worked "
            "on the line for a decade.",
            "No demand had been made by the evening. A spokesman of the regional government asked the families to leave the talking to a "
            "committee of elders that has freed captives before.",
        ),
    ),
)  # fmt: skip
OTHERS = (
    "Ministers meet in Basra over port tariffs", "Rain ends a drought of three years in the highlands", "Striking teachers return to school",
    "Team wins the cup after a long night", "What to cook with the first figs",
)  # fmt: skip


def _p(story: Story, css: str = "") -> list[str]:
    return [f"<p{css}>{escape(p, quote=False)}</p>" for p in story.paragraphs]


def _list(css: str = "") -> str:
    return f"<ul{css}>" + "".join(f'<li><a href="/n/{n}">{t}</a></li>' for n, t in enumerate(OTHERS)) + "</ul>"


NAV = '<nav class="menu"><a href="/">Home</a> <a href="/world">World</a> <a href="/sport">Sport</a> <a href="/shop">Shop</a></nav>'
COOKIES = '<div id="cookie-banner" class="consent">We use cookies to make this site work. <button>Accept all</button></div>'
FOOT = "<footer><p>Copyright 2024 The publisher. All rights reserved.</p><a href='/terms'>Terms of use</a></footer>"


def metas(story: Story) -> str:
    """1. A large publisher's page: metas, one article element, teasers of other stories inside it and beside it."""
    a, *rest = _p(story)
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{story.headline} | The Example Post</title>
<meta property="og:title" content="{story.headline}"><meta property="og:site_name" content="The Example Post">
<meta property="article:published_time" content="{story.moment}"><meta property="article:modified_time" content="2024-05-01T00:00:00Z">
<meta name="author" content="{story.author}"></head><body>{COOKIES}{NAV}<main><article><h1>{story.headline}</h1>
<div class="byline">By {story.author}</div>{a}<aside class="related"><h3>Read also</h3>{_list()}</aside>{"".join(rest)}
<div class="share-bar">Share this story</div></article></main><aside class="sidebar"><h2>Most read</h2>{_list()}</aside>{FOOT}</body></html>"""


def json_ld(story: Story) -> str:
    """2. Nothing but schema.org data, in a graph; the text in plain divisions."""
    data = {"@context": "https://schema.org", "@graph": [
        {"@type": "WebSite", "name": "Daily Example"},
        {"@type": ["NewsArticle"], "headline": story.headline, "datePublished": story.moment, "dateModified": "2024-05-01T10:00:00Z",
         "author": [{"@type": "Person", "name": story.author}], "publisher": {"@type": "Organization", "name": "Daily Example"}},
    ]}  # fmt: skip
    return f"""<!doctype html><html><head><title>{story.headline}</title><script type="application/ld+json">{json.dumps(data)}</script>
</head><body>{NAV}<div class="page"><div class="story-head"><h1>{story.headline}</h1><span class="date">Updated 1 May 2024</span></div>
<div class="story-body">{"".join(_p(story))}</div><div class="newsletter">Sign up for our newsletter: <input type="email"></div></div>
<div class="more"><h2>More from World</h2>{_list()}</div>{FOOT}</body></html>"""


def time_element(story: Story) -> str:
    """3. A blog system: hentry classes, the day in a time element, comments below that have times too."""
    return f"""<!DOCTYPE html><html lang="en-US"><head><title>{story.headline} – Border Notes</title></head><body class="single">
<div id="page"><header id="masthead"><p class="site-title">Border Notes</p>{NAV}</header><main id="main">
<article class="post hentry"><header class="entry-header"><h1 class="entry-title">{story.headline}</h1><div class="entry-meta">
<span class="posted-on"><time class="entry-date published" datetime="{story.moment}">{story.words}</time>
<time class="updated" datetime="2024-04-30T08:00:00Z">30 April 2024</time></span>
<span class="byline"><a rel="author">{story.author}</a></span></div></header><div class="entry-content">{"".join(_p(story))}
<p>&nbsp;</p></div></article><div id="comments" class="comments-area"><h2>2 thoughts</h2><ol><li class="comment"><cite>Reader</cite>
<time datetime="2024-03-01T10:00:00Z">1 March 2024</time><p>I was on that road a year ago and can only say that nobody should be surprised by any
of this.</p></li></ol></div></main><aside id="secondary" class="widget-area"><h2>Recent posts</h2>{_list()}</aside></div>{FOOT}</body></html>"""


def written_date(story: Story) -> str:
    """4. An agency's page: the day only in words, in a line of its own; figures with captions between the paragraphs."""
    a, b, *rest = _p(story)
    return f"""<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"><title>{story.headline} - Example Agency</title>
<meta name="dc.publisher" content="Example Agency"></head><body><div id="top">{NAV}</div><div id="content"><h1>{story.headline}</h1>
<div class="news_date">Published: {story.words}, 14:05 GMT</div><div id="article_text">{a}<figure><img src="a.jpg" alt="A street"><figcaption>A
street after the attack. Photo: agency</figcaption></figure>{b}{"".join(rest)}</div><div class="tags">Tags: <a href="/t/1">security</a>
<a href="/t/2">region</a></div></div><div id="right"><h3>Latest</h3>{_list()}</div>{FOOT}</body></html>"""


def tables(story: Story) -> str:
    """5. A layout of tables and line breaks, as sites of the nineties and some ministries still have it."""
    text = "<br><br>".join(escape(p, quote=False) for p in story.paragraphs)
    return f"""<HTML><HEAD><TITLE>{story.headline}</TITLE><META NAME="date" CONTENT="{story.day}"></HEAD><BODY BGCOLOR="#FFFFFF">
<TABLE WIDTH="100%"><TR><TD COLSPAN=2><A HREF="/">Example Times</A> | <A HREF="/archive">Archive</A></TD></TR><TR><TD WIDTH=150 VALIGN=top>
{_list()}</TD><TD VALIGN=top><FONT SIZE=5><B>{story.headline}</B></FONT><BR><I>By {story.author}</I><P>{text}</P></TD></TR></TABLE>
<CENTER>Copyright 2024</CENTER></BODY></HTML>"""


def microdata(story: Story) -> str:
    """6. Microdata: itemprop on everything, the text in sections with a heading between."""
    half = len(story.paragraphs) // 2
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{story.headline}</title>
<meta property="og:site_name" content="Example Monitor"></head><body>{NAV}<div itemscope itemtype="https://schema.org/NewsArticle">
<h1 itemprop="headline">{story.headline}</h1><meta itemprop="datePublished" content="{story.moment}">
<span itemprop="author">{story.author}</span><div itemprop="articleBody"><section>{"".join(_p(story)[:half])}</section>
<div class="ad-slot">Advertisement</div><section>{"".join(_p(story)[half:])}</section></div></div>
<section class="recommended"><h2>Recommended for you</h2>{_list()}</section>{FOOT}</body></html>"""


def day_in_address(story: Story) -> str:
    """7. Nothing tells the day but the address; a gallery and a fact box stand among the text."""
    a, *rest = _p(story, ' class="text"')
    address = f"https://example-gazette.example/{story.day.replace('-', '/')}/a-story-of-the-day"
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8"><link rel="canonical" href="{address}"><title>{story.headline} » Example Gazette</title>
<meta property="og:site_name" content="Example Gazette"></head><body><div class="wrap">{NAV}<div class="article"><h1>{story.headline}</h1>{a}
<div class="gallery"><img src="1.jpg"><img src="2.jpg"></div>{"".join(rest)}</div><div class="sidebar">{_list()}</div></div>{FOOT}</body></html>"""


def live_head(story: Story) -> str:
    """8. A broadcaster: bullet points above, links inside the text, a player, calls to subscribe in the middle."""
    ps = _p(story)
    ps[1] = ps[1].replace(" the ", ' <a href="/topics/1">the</a> ', 1)
    ps.insert(2, '<div class="promo"><p>Subscribe to our morning briefing</p><a href="/sub">Subscribe</a></div>')
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{story.headline} - Example TV News</title>
<meta property="og:title" content="{story.headline}"><meta property="og:site_name" content="Example TV News">
<meta name="publish-date" content="{story.moment}"></head><body>{COOKIES}{NAV}<main><article class="wysiwyg"><header><h1>{story.headline}</h1>
</header><div class="player"><script>play()</script><noscript>Please enable JavaScript to watch.</noscript></div>{"".join(ps)}
<p class="source">Source: Example TV and news agencies</p></article><div class="trending"><h2>Trending</h2>{_list()}</div></main>{FOOT}</body></html>"""


def amp(story: Story) -> str:
    """9. An AMP page: its own elements, styles in the head, a script per component."""
    data = {"@context": "http://schema.org", "@type": "NewsArticle", "headline": story.headline, "datePublished": story.moment,
            "author": {"@type": "Person", "name": story.author}, "publisher": {"name": "Example Mobile"}}  # fmt: skip
    return f"""<!doctype html><html amp lang="en"><head><meta charset="utf-8"><script async src="https://cdn.example/v0.js"></script>
<title>{story.headline}</title><script type="application/ld+json">{json.dumps(data)}</script><style amp-custom>h1{{color:red}} p{{margin:0}}</style>
</head><body><amp-sidebar id="s">{_list()}</amp-sidebar><header><a href="/">Example Mobile</a></header><main class="article-content">
<h1>{story.headline}</h1><amp-img src="a.jpg" width="1" height="1"></amp-img>{"".join(_p(story))}<amp-ad width="300"></amp-ad></main>
{FOOT}</body></html>"""


def spans(story: Story) -> str:
    """10. A page built by a script: paragraphs as divisions with random class names, the day in the first lines with the author."""
    rows = "".join(
        f'<div class="css-1x{n}a"><div class="css-{n}z9">{escape(p, quote=False)}</div></div>' for n, p in enumerate(story.paragraphs)
    )
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{story.headline}</title>
<meta property="og:title" content="{story.headline}"><meta property="og:site_name" content="Example Report"></head><body><div id="root">
<div class="css-0a1">{NAV}</div><article class="css-1r0"><div class="css-h"><h1 class="css-k2">{story.headline}</h1></div>
<div class="css-meta"><span class="css-b">By {story.author}</span><span class="css-timestamp">{story.words}</span></div>
<section name="articleBody">{rows}</section></article><div class="css-rel">{_list()}</div></div>{FOOT}</body></html>"""


def columnist(story: Story) -> str:
    """11. A magazine's system: drop cap, pull quote, advertisements between paragraphs, a writer's note, the day in the data of the page alone."""
    data = {"@context": "https://schema.org", "@graph": [
        {"@type": "WebPage", "name": story.headline, "datePublished": story.moment, "dateModified": "2024-05-02T09:00:00Z"},
        {"@type": "BreadcrumbList", "itemListElement": [{"@type": "ListItem", "position": 1, "name": "Home"}]},
        {"@type": "Person", "name": story.author},
    ]}  # fmt: skip
    first, *rest = (escape(p, quote=False) for p in story.paragraphs)
    quote = story.paragraphs[1].split(". ")[0]
    ads = '<div class="ad-unit ad-unit--inline" data-size="300x250"><span>Advertisement</span></div>'
    body = f'<p class="has-drop-cap"><span class="cap">{first[0]}</span>{first[1:]}</p>' + ads.join(f"<p>{p}</p>" for p in rest)
    body = body.replace("</p>", f'</p><aside class="pullquote"><p>{quote}</p></aside>', 1)
    return f"""<!doctype html><html lang="en-GB" class="no-js"><head><meta charset="utf-8"><title>{story.headline} - Example Quarterly</title>
<meta name="twitter:title" content="{story.headline}"><meta name="application-name" content="Example Quarterly">
<script type="application/ld+json">{json.dumps(data)}</script></head><body class="post-template">{COOKIES}
<div class="site"><div class="topbar"><a href="/subscribe">Subscribe for 1 a week</a></div>{NAV}<div class="post"><header class="post-header">
<p class="kicker"><a href="/world">World</a></p><h1 class="post-title">{story.headline}</h1><div class="post-meta"><a href="/a/1">{story.author}</a>
<span class="reading-time">5 min read</span><button>Save</button><button>Listen</button></div></header><div class="post-content">{body}
<p class="author-bio"><em>{story.author} is a contributing writer at Example Quarterly.</em></p></div><div class="paywall"><h3>Keep reading</h3>
<p>You have two free articles left this month.</p></div></div><section class="post-feed"><h2>You might also like</h2>{_list()}</section></div>
{FOOT}</body></html>"""


def state_agency(story: Story) -> str:
    """12. A state agency's site: the story in one division with line breaks, the day in figures, other news with days of their own beside it."""
    year, month, day = story.day.split("-")
    text = "<br /><br />\n".join(escape(p, quote=False) for p in story.paragraphs)
    others = "".join(f'<li><span class="date">{n + 1:02d}/05/2024</span> <a href="/en/{n}">{t}</a></li>' for n, t in enumerate(OTHERS))
    return f"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml"><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8" />
<title>Example News Agency (ENA) : {story.headline}</title></head><body><div id="header"><img src="logo.png" alt="ENA" />{NAV}</div>
<div id="ticker"><marquee>{OTHERS[0]} ... {OTHERS[1]}</marquee></div><div id="wrapper"><div id="leftcol"><h4>Latest news</h4><ul>{others}</ul></div>
<div id="news"><h2 class="title">{story.headline}</h2><div class="newsinfo">{day}/{month}/{year} 16:40 | Print | Send to a friend</div>
<div class="newsbody">{text}<br /><br />ENA/h.k.</div><div class="share">Share: <a href="#">f</a> <a href="#">t</a></div></div></div>
<div id="footer">All rights reserved, Example News Agency</div></body></html>"""


def public_broadcaster(story: Story) -> str:
    """13. A public broadcaster: blocks built by a script, key points, captions, an embedded post, a call to sign up, related topics."""
    blocks = [f'<div data-component="text-block" class="ssrcss-u1"><p class="ssrcss-p9"><b>{p}</b></p></div>' if n == 0
              else f'<div data-component="text-block" class="ssrcss-u1"><p class="ssrcss-p9">{p}</p></div>'
              for n, p in enumerate(escape(p, quote=False) for p in story.paragraphs)]  # fmt: skip
    blocks.insert(1, '<div data-component="image-block"><figure><img src="x.webp" alt=""><figcaption>Image caption, The scene on '
                     "the morning after, in a picture shared online</figcaption></figure></div>")  # fmt: skip
    blocks.insert(3, '<div data-component="unordered-list-block"><ul><li><a href="/n/7">Why the road matters</a></li><li><a href="/n/8">Who '
                     "holds what: a map in four colours</a></li></ul></div>")  # fmt: skip
    blocks.insert(4, '<blockquote class="social-embed"><p>Praying for everyone there tonight</p><a href="https://social.example/1">View post'
                     "</a></blockquote>")  # fmt: skip
    return f"""<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8"><title>{story.headline} - Example Broadcasting</title>
<meta property="og:title" content="{story.headline}"><meta property="og:site_name" content="Example Broadcasting"></head><body>
<a href="#main-content">Skip to content</a>{NAV}<main id="main-content"><article class="ssrcss-pv1"><header data-component="headline-block">
<h1 id="main-heading">{story.headline}</h1></header><div data-component="byline-block"><div class="ssrcss-w1"><span role="text">
<time data-testid="timestamp" datetime="{story.moment}">{story.words}</time></span><div>{story.author}</div><div>Correspondent</div></div></div>
{"".join(blocks)}<div data-component="topic-list"><h2>Related Topics</h2><ul><li><a href="/t/1">Armed conflict</a></li><li><a href="/t/2">Region
</a></li></ul></div></article><aside data-component="top-stories"><h2>Top stories</h2>{_list()}</aside></main>
<div data-component="newsletter-promo"><h2>Sign up</h2><p>Get our flagship newsletter with all the headlines you need to start the day.</p></div>
{FOOT}</body></html>"""


LAYOUTS = (metas, json_ld, time_element, written_date, tables, microdata, day_in_address, live_head, amp, spans)
# Written after the reader was tuned on the ten above, and measured before anything was changed for them.
FRESH_LAYOUTS = (columnist, state_agency, public_broadcaster)
