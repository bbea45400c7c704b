"""Small stand-ins, quick to start: a coder that knows one kind of sentence."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass

from pipeline.models import Actor, Article, Evidence, Report

SENTENCE = re.compile(r"(?P<deaths>\d+) people were killed in (?P<place>[A-Z]\w+) on (?P<day>\d{4}-\d\d-\d\d)")
TOWNS = {"Kirkuk": (35.468, 44.392, "IQ", "Iraq"), "Gao": (16.272, -0.044, "ML", "Mali"), "Jos": (9.929, 8.892, "NG", "Nigeria")}


@dataclass(frozen=True)
class FakeCoding:
    outcome: str
    reason: str
    reports: tuple[Report, ...]


class FakeCoder:
    """Codes "N people were killed in TOWN on DAY"; breaks on an article that says "break the coder"."""

    name = "fake"

    def __init__(self, version: str = "1") -> None:
        self.version = version

    def code(self, article: Article) -> FakeCoding:
        if "break the coder" in article.text:
            raise ZeroDivisionError("as asked")
        reports = tuple(self._report(article, m, n) for n, m in enumerate(SENTENCE.finditer(article.text)))
        return FakeCoding("coded", "", reports) if reports else FakeCoding("nothing", "no sentence of the known kind", ())

    def _report(self, article: Article, m: re.Match[str], n: int) -> Report:
        latitude, longitude, country, name = TOWNS[m["place"]]
        digest = hashlib.blake2b(f"{article.article_id}\0{n}".encode(), digest_size=8).hexdigest()
        spans = {"deaths_best": "deaths", "place_name": "place", "date_start": "day"}
        deaths = int(m["deaths"])
        return Report(
            report_id=f"r{digest}", article_id=article.article_id, assertion="asserted", event_type="Violence against civilians",
            sub_event_type="Attack", modes=("firearms",), date_start=m["day"], date_end=m["day"], date_prec=1, date_basis="stated",
            place_name=m["place"], country=country, latitude=latitude, longitude=longitude, where_prec=1,
            side_a=(Actor("Unidentified armed group", 3),), side_b=(Actor(f"Civilians ({name})", 7),),
            deaths_best=deaths, deaths_low=deaths, deaths_high=deaths, deaths_civilians=deaths,
            evidence=tuple(Evidence(field, *m.span(group), m[group]) for field, group in spans.items()),
            coder=self.name, coder_version=self.version,
        )  # fmt: skip


class DeadlyCoder(FakeCoder):
    """A coder whose process dies on an article that says "kill the process"."""

    def code(self, article: Article) -> FakeCoding:
        if "kill the process" in article.text:
            os._exit(9)
        return super().code(article)
