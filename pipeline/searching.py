"""What somebody typed to search for, as an FTS5 query that always holds, and what of it could not be followed.

Words must all be there; `"a phrase"`, `begin*`, `AND`, `OR`, `NOT`, parentheses, and `a NEAR b` or `a NEAR/5 b` (words
apart at most, ten where nothing is said) mean what they do in FTS5. All else is a word, whatever is in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

NEAR_WORDS = 10
MAX_DEPTH = 20
TOKEN = re.compile(r'"[^"]*"\*?|[()]|[^\s()"]+|"')
NEAR = re.compile(r"NEAR(?:/(\d{1,4}))?")
OPERATORS = ("AND", "OR", "NOT")


@dataclass(frozen=True, slots=True)
class Search:
    """An FTS5 query, empty where there is nothing to search for, and one sentence for each thing that was passed over."""

    query: str
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class _Parser:
    """Reads signs from the left; whatever is out of place is noted and passed over."""

    signs: list[str]
    at: int = 0
    problems: list[str] = field(default_factory=list)

    def peek(self) -> str:
        return self.signs[self.at] if self.at < len(self.signs) else ""

    def note(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)

    def either(self, depth: int) -> str:
        """Operands with OR between them."""
        parts = [part for part in [self.together(depth)] if part]
        while self.peek() == "OR":
            self.at += 1
            part = self.together(depth)
            if not part or not parts:
                self.note("OR needs words on both sides")
            if part:
                parts.append(part)
        return _joined(parts, "OR")

    def together(self, depth: int) -> str:
        """Operands that must all be there, and those behind NOT, which must not."""
        wanted, unwanted = list[str](), list[str]()
        negative = False
        while (sign := self.peek()) and sign != "OR" and not (sign == ")" and depth):
            if sign in ("AND", "NOT"):
                self.at += 1
                nothing_after = self.peek() in ("", "OR", "AND", ")")
                if nothing_after or not (wanted or unwanted):
                    self.note(f"{sign} needs words on both sides")
                negative = sign == "NOT" and not nothing_after
                continue
            part = self.operand(depth)
            if part:
                (unwanted if negative else wanted).append(part)
            negative = False
        if unwanted and not wanted:
            self.note("NOT alone finds nothing: say first what is to be found")
            return ""
        positive = _joined(wanted, "AND")
        return f"({positive} NOT {_joined(unwanted, 'OR')})" if unwanted else positive

    def operand(self, depth: int) -> str:
        """A group in parentheses, or a word or phrase with what must stand near it."""
        sign = self.peek()
        self.at += 1
        if sign == "(":
            if depth >= MAX_DEPTH:
                self.note(f"parentheses go {MAX_DEPTH} deep at most")
                return ""
            inner = self.either(depth + 1)
            if self.peek() == ")":
                self.at += 1
            else:
                self.note("a parenthesis is not closed")
            return inner
        if sign == ")":
            self.note("a parenthesis is closed that was not opened")
            return ""
        if NEAR.fullmatch(sign):
            self.note("NEAR needs a word or phrase on both sides")
            return ""
        return self.near(self.term(sign))

    def near(self, first: str) -> str:
        """The word, with those that must stand near it."""
        close, distance = [first], NEAR_WORDS
        while found := NEAR.fullmatch(self.peek()):
            following = self.signs[self.at + 1] if self.at + 1 < len(self.signs) else ""
            if following in ("", "(", ")", *OPERATORS) or NEAR.fullmatch(following) or not first:
                return first if len(close) == 1 else _near(close, distance)
            self.at += 2
            distance = int(found[1]) if found[1] else distance
            close.append(self.term(following))
        return _near([c for c in close if c], distance)

    def term(self, sign: str) -> str:
        """A word or phrase in quotes, with its star; empty where nothing in it could be searched for."""
        if sign == '"':
            self.note("a quotation mark has no partner")
            return ""
        begins = sign.endswith("*") and sign != "*"
        words = re.sub(r"[^\w\s'’.-]", " ", sign.rstrip("*").strip('"')).strip()
        if not re.search(r"\w", words):
            self.note(f"there is no word in {sign[:20]}")
            return ""
        return f'"{words}"{"*" if begins else ""}'


def _joined(parts: list[str], operator: str) -> str:
    return parts[0] if len(parts) == 1 else f"({f' {operator} '.join(parts)})" if parts else ""


def _near(terms: list[str], distance: int) -> str:
    return f"NEAR({' '.join(terms)}, {distance})" if len(terms) > 1 else terms[0] if terms else ""


def read_search(words: str) -> Search:
    """The query for what somebody typed, and what of it was passed over."""
    parser = _Parser(TOKEN.findall(words.replace("\0", " ")))
    query = parser.either(0)
    return Search(query, tuple(parser.problems))
