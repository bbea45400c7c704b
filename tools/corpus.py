"""Write a made-up corpus, the same each time: python -m tools.corpus 10000 corpus.jsonl

One article in ten tells an incident, in the words of wires; the others tell of markets, matches, weather,
courts and politics, some of them (talks, drills, veterans) with words of conflict in them, so that a coder
cannot turn them away unread. They are as long as wire copy, 150 to 400 words, and no two are near copies of
each other. The sentences lie in corpus.toml.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

FIRST_DAY = dt.date(2022, 1, 1)
DAYS = 1_000
INCIDENT_EVERY = 10
# Words that an article has at least; each draws its own length.
WORDS_LEAST, WORDS_MOST = 150, 385
OUTLETS = ("Northern Wire", "The Courier", "Gulf Daily", "Sahel Post", "Evening Record", "Harbour Ledger", "Border Notes")
TOWNS = (
    ("Kirkuk", "Iraq"), ("Baqubah", "Iraq"), ("Idlib", "Syria"), ("Hodeidah", "Yemen"), ("Marib", "Yemen"), ("Gao", "Mali"), ("Mopti", "Mali"),
    ("Maiduguri", "Nigeria"), ("Jos", "Nigeria"), ("Nyala", "Sudan"), ("Kherson", "Ukraine"), ("Kharkiv", "Ukraine"), ("Sittwe", "Myanmar"),
    ("Lashio", "Myanmar"), ("Arauca", "Colombia"), ("Quetta", "Pakistan"), ("Peshawar", "Pakistan"), ("Mogadishu", "Somalia"), ("Goma", "Congo"),
    ("Bunia", "Congo"), ("Kabul", "Afghanistan"), ("Cotabato", "Philippines"), ("Pemba", "Mozambique"), ("Djibo", "Burkina Faso"),
    ("Baidoa", "Somalia"), ("Taiz", "Yemen"), ("Aleppo", "Syria"), ("Kandahar", "Afghanistan"), ("Zinder", "Niger"), ("Bangui", "Central African Republic"),
)  # fmt: skip
MONTHS = "January February March April May June July August September October November December".split()
SMALL = "two three four five six seven eight nine ten eleven twelve".split()


@cache
def words() -> Mapping[str, Any]:
    """What corpus.toml holds."""
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def make_articles(number: int, seed: int = 1) -> Iterator[dict[str, str]]:
    """So many articles, in no order of days; the same for the same seed."""
    rng = random.Random(seed)
    topics = sorted(words()["topics"])
    for n in range(number):
        tells = n % INCIDENT_EVERY == 0
        topic = words()["incident"] if tells else words()["topics"][rng.choice(topics)]
        day = FIRST_DAY + dt.timedelta(days=rng.randrange(DAYS))
        facts = _facts(rng, day)
        head, lead = rng.choice(topic["stories"]) if tells else (rng.choice(topic["heads"]), rng.choice(topic["leads"]))
        head, text = _fill(rng, head, facts), _text(rng, lead, topic["body"], facts)
        yield {"published": day.isoformat(), "source": rng.choice(OUTLETS), "headline": head, "text": text}


def _facts(rng: random.Random, day: dt.date) -> dict[str, str]:
    """What stays the same through one article: where and when it happened, and how many died."""
    (town, country), (other, _) = rng.sample(TOWNS, 2)
    dead, happened = rng.choice(SMALL), day - dt.timedelta(days=rng.randrange(2))
    facts = {"town": town, "country": country, "town2": other, "day": f"{happened:%A}", "dead": dead, "Dead": dead.capitalize()}
    return facts | {"hurt": str(rng.randrange(13, 60)), "building": rng.choice(words()["words"]["building"])}


def _text(rng: random.Random, lead: str, body: Sequence[str], facts: Mapping[str, str]) -> str:
    wanted = rng.randrange(WORDS_LEAST, WORDS_MOST)
    # A long story goes through what there is to say more than once, each time of other people in other words.
    plan: list[str] = []
    sentences = [_fill(rng, lead, facts)]
    while sum(s.count(" ") + 1 for s in sentences) < wanted:
        plan = plan or [*rng.sample(body, len(body)), *rng.sample(words()["common"]["body"], 4)]
        sentences.append(_fill(rng, plan.pop(0), facts))
    first, *rest = sentences
    paragraphs = [f"{facts['town'].upper()}, {facts['country']} - {first}"]
    while rest:
        size = rng.choice((1, 2, 2, 3))
        paragraphs.append(" ".join(rest[:size]))
        rest = rest[size:]
    return "\n\n".join(paragraphs)


def _fill(rng: random.Random, template: str, facts: Mapping[str, str]) -> str:
    """A template with its choices taken and its words put in, a capital first."""
    text = template
    while "[" in text:
        text = re.sub(r"\[([^][]*)\]", lambda m: rng.choice(m[1].split("|")), text, count=1)
    while "{" in text:
        text = re.sub(r"\{(\w+)\}", lambda m: facts.get(m[1]) or _word(rng, m[1]), text, count=1)
    return text[0].upper() + text[1:]


def _word(rng: random.Random, name: str) -> str:
    """A word of the list of this name ("good2" is another of "good"), or a made-up number, year or month."""
    listed = words()["words"].get(name.rstrip("2"))
    if listed:
        return str(rng.choice(listed.split() if isinstance(listed, str) else listed))
    made = {
        "number": lambda: str(rng.randrange(13, 97)), "small": lambda: rng.choice(SMALL), "many": lambda: f"{rng.randrange(101, 9900):,}",
        "age": lambda: str(rng.randrange(19, 60)), "old": lambda: str(rng.randrange(70, 96)), "year": lambda: str(rng.randrange(1958, 2021)),
        "month": lambda: rng.choice(MONTHS),
    }  # fmt: skip
    return made[name.rstrip("2")]()


def main() -> int:
    """Write the file that the command line names."""
    number, path = int(sys.argv[1]), Path(sys.argv[2])
    with path.open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(article) + "\n" for article in make_articles(number))
    return 0


if __name__ == "__main__":
    sys.exit(main())
