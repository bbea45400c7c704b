"""JSON Lines and JSON documents -> one mapping of fields an article."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.errors import FormatError, RefusedError, TooLargeError
from pipeline.intake.blobs import Blob
from pipeline.intake.files import decode_line, read_lines
from pipeline.settings import MAX_TEXT_BYTES

# Where a document keeps its articles, when it is an object around a list.
LIST_KEYS = ("articles", "items", "documents", "docs", "results", "data", "stories", "news", "records", "entries", "hits", "response")

Record = tuple[str, Mapping[str, Any] | RefusedError, bytes]  # item name, its fields or why not, its bytes


def parse_json(text: str) -> Any:
    """The value of a JSON text; FormatError, saying where, on anything that is none."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as e:
        raise FormatError(f"it is not JSON: {e.msg} at line {e.lineno}, column {e.colno}") from e
    except RecursionError as e:
        raise FormatError("it is JSON nested too deep to read") from e
    except ValueError as e:
        # Python reads no integer of more than 4,300 digits.
        raise FormatError(f"it is not JSON that can be read: {e}") from e


def looks_like_lines(head: str) -> bool:
    """Whether the first line of a text is one JSON object by itself."""
    first, found, _ = head.lstrip("\ufeff \t\r\n").partition("\n")
    if not first.startswith("{"):
        return False
    try:
        return isinstance(parse_json(first), dict)
    except FormatError:
        # The first line may be longer than the sample: an object that goes on is one line then.
        return not found and len(first) > 1000


def read_json_lines(blob: Blob, encoding: str) -> Iterator[Record]:
    """The objects of a JSON Lines file, one by one; a line that is none is an error by itself."""
    for number, line in read_lines(blob, encoding):
        item = f"{blob.name}:{number}"
        content = line if isinstance(line, bytes) else line.encode("utf-8", "replace")
        if not content.strip():
            continue
        if len(line) > MAX_TEXT_BYTES:
            yield item, TooLargeError(f"the line has more than {MAX_TEXT_BYTES / 1e6:,.0f} MB"), content
            continue
        try:
            value = parse_json(decode_line(line, encoding) if isinstance(line, bytes) else line)
            if not isinstance(value, dict):
                raise FormatError(f"the line holds a JSON {_kind(value)}, not an object")
        except RefusedError as e:
            yield item, e, content
        else:
            yield item, value, content


def read_json_document(text: str, name: str) -> Iterator[Record]:
    """The articles of one JSON document: a list of objects, an object around such a list, or one object."""
    value = parse_json(text)
    articles = _find_list(value)
    if articles is None:
        if not isinstance(value, dict):
            raise FormatError(f"it holds a JSON {_kind(value)}; wanted are objects with a text")
        yield name, value, text.encode("utf-8", "replace")
        return
    for number, article in enumerate(articles, start=1):
        item = f"{name}#{number}"
        content = json.dumps(article, ensure_ascii=True).encode()
        yield item, article if isinstance(article, dict) else FormatError(f"it is a JSON {_kind(article)}, not an object"), content


def _find_list(value: Any, depth: int = 0) -> list[Any] | None:
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and depth < 3:
        for key in LIST_KEYS:
            found = _find_list(value.get(key), depth + 1)
            if found is not None and any(isinstance(item, dict) for item in found):
                return found
    return None


def _kind(value: Any) -> str:
    kinds = {list: "list", str: "string", int: "number", float: "number", bool: "truth value", type(None): "null", dict: "object"}
    return kinds.get(type(value), "value")
