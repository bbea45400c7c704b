"""Dateline's pipeline: articles in, reports coded, incidents resolved, a SQLite store out."""

__version__ = "0.1.0"
