"""What programs say when they fail, and what web servers show of directories (docs/spec/leaks.md section 5).

Each pattern has a needle: a piece of every text that it matches, by which the others are spared. A needle is looked for in the lower case
of a text. Counts in patterns are bounded, and no two of their parts
can take the same piece in turns: what a page costs grows with its size alone.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from policy.leak_kinds import DIRECTORY_LISTING, SQL_ERROR, STACK_TRACE


class _Sign(NamedTuple):
    kind: str
    needle: str
    pattern: re.Pattern[str]
    beside: tuple[str, ...]  # of which one must be there too, in lower case; none: nothing else


def _sign(kind: str, needle: str, pattern: str, *beside: str) -> _Sign:
    return _Sign(kind, needle, re.compile(pattern, re.IGNORECASE), beside)


_FRAME = r"\bat [\w$.<>/@`\[\], ]{3,200}\("  # of Java, .NET and Node.js
_NODE = r"\bat (?:[\w$.<>\[\] ]{1,200} \()?(?:file://|node:|[a-z]:\\|/)[^\s()]{1,260}?"
_TITLE = r"(?:\A|\n)\s{0,20}"  # at the beginning of a line
_SOURCES = ("java", "kt", "scala", "groovy", "jsp", "clj")

SIGNS: Final = (
    # Java and what runs on it
    *(_sign(STACK_TRACE, f".{ending}:", rf"{_FRAME}[\w$.-]{{1,100}}\.{ending}:[0-9]{{1,6}}\)") for ending in _SOURCES),
    _sign(STACK_TRACE, "(unknown source)", _FRAME + r"unknown source\)"),
    _sign(STACK_TRACE, "(native method)", _FRAME + r"native method\)"),
    _sign(STACK_TRACE, "caused by: ", r"\bcaused by: (?:[a-z_$][\w$]{0,60}\.){1,12}[a-z_$][\w$]{0,80}(?:exception|error)\b"),
    _sign(STACK_TRACE, "exception in thread", r'\bexception in thread "[^"\n]{1,100}"'),
    # Python
    _sign(STACK_TRACE, "traceback (most recent call last)", r"traceback \(most recent call last\)"),
    _sign(STACK_TRACE, '", line ', r'\bfile "[^"\n]{1,260}", line [0-9]{1,7}(?:, in [\w<]|\n)'),
    # PHP
    _sign(STACK_TRACE, " on line ", r" in (?:[a-z]:\\|/)[^\s\"'<>]{1,260} on line [0-9]{1,7}\b"),
    _sign(STACK_TRACE, ".php(", r"#[0-9]{1,3} (?:[a-z]:\\|/)[^\n]{1,260}?\.php\([0-9]{1,7}\): "),
    _sign(STACK_TRACE, "php stack trace:", r"\bphp stack trace:"),
    # .NET, in English and in Japanese
    _sign(STACK_TRACE, ":line ", rf"{_FRAME}[^()\n]{{0,300}}\) in (?:[a-z]:\\|/)[^\n]{{1,260}}?:line [0-9]{{1,7}}"),
    _sign(STACK_TRACE, ":行 ", r"場所 [\w$.<>`\[\], ]{3,200}\([^()\n]{0,300}\) 場所 (?:[a-z]:\\|/)[^\n]{1,260}?:行 [0-9]{1,7}"),
    _sign(STACK_TRACE, "unhandled exception", r"\bunhandled exception[.:] {1,3}(?:[a-z_]\w{0,60}\.){0,12}[a-z_]\w{0,80}exception: "),
    _sign(STACK_TRACE, "exception", r"\[(?:[a-z_]\w{0,60}\.){0,12}[a-z_]\w{0,80}exception(?: \(0x[0-9a-f]{8}\))?: "),
    _sign(STACK_TRACE, "server error in '/", r"\bserver error in '/[^'\n]{0,100}' application"),
    _sign(STACK_TRACE, "アプリケーションでサーバー エラーが発生しました", r"アプリケーションでサーバー エラーが発生しました"),
    # Ruby
    _sign(STACK_TRACE, ".rb:", r"\w\.rb:[0-9]{1,7}:in ['`‘]"),
    _sign(STACK_TRACE, ".erb:", r"\w\.erb:[0-9]{1,7}:in ['`‘]"),
    # Node.js, Go
    *(_sign(STACK_TRACE, f".{ending}:", rf"{_NODE}\.{ending}:[0-9]{{1,7}}:[0-9]{{1,7}}")
      for ending in ("js", "mjs", "cjs", "ts")),
    _sign(STACK_TRACE, "goroutine ", r"\bgoroutine [0-9]{1,9} \[[a-z ]{1,40}\]:"),
    # databases
    _sign(SQL_ERROR, "ora-", r"\bora-[0-9]{5}: "),
    _sign(SQL_ERROR, "sqlstate", r"\bsqlstate(?:\[[0-9a-z]{5}\]|[:=] ?'?[0-9a-z]{5}\b)"),
    _sign(SQL_ERROR, "sqlcode", r"\bdb2 sql error: sqlcode|\bsqlcode ?[:=] ?-[0-9]{2,5}\b"),
    _sign(SQL_ERROR, "in your sql syntax", r"\ban error in your sql syntax"),
    _sign(SQL_ERROR, "syntax error at or near", r'\bsyntax error at or near ["\']'),
    _sign(SQL_ERROR, "quotation mark", r"\bunclosed quotation mark (?:after|before) the character string"),
    _sign(SQL_ERROR, "引用符", r"文字列 '[^\n]{0,260}?' の後の引用符が閉じていません"),
    _sign(SQL_ERROR, "incorrect syntax near", r"\bincorrect syntax near (?:the keyword )?'"),
    _sign(SQL_ERROR, "付近に不適切な構文があります", r"付近に不適切な構文があります"),
    _sign(SQL_ERROR, "ole db provider for", r"\bole db provider for (?:odbc|sql server|oracle)"),
    _sign(SQL_ERROR, "[odbc ", r"\[odbc [^\]\n]{1,60}driver"),
    _sign(SQL_ERROR, "][odbc", r"\]\[odbc [^\]\n]{1,60}driver"),
    _sign(SQL_ERROR, "psqlexception", r"\borg\.postgresql\.util\.psqlexception"),
    _sign(SQL_ERROR, "psycopg", r"\bpsycopg[23]?\.(?:errors\.\w|\w{0,40}error\b)"),
    _sign(SQL_ERROR, "pg::", r"\bpg::[a-z]{3,60}: error:"),
    _sign(SQL_ERROR, "java.sql.", r"\bjava\.sql\.sql\w{0,60}exception"),
    _sign(SQL_ERROR, "sqlclient", r"\b(?:system\.data|microsoft\.data)\.sqlclient\.sqlexception"),
    _sign(SQL_ERROR, "sqlite", r"\bsqlite3?(?:\.|::)\w{0,30}(?:error|exception)\b|\bsqlite error [0-9]|\[sqlite_error\]"),
    _sign(SQL_ERROR, "mysql", r"\bmysqlsyntaxerrorexception\b|\bmysql(?:i|client|\.connector)?\.\w{0,40}error\b|\bmysqli?_\w{2,40}\(\): "),
    _sign(SQL_ERROR, "pg_", r"\bpg_(?:query|execute|prepare|connect)\(\): "),
    _sign(SQL_ERROR, "sqlalchemy", r"\bsqlalchemy\.exc\.\w{3,60}error\b"),
    # directory listings of Apache, nginx, lighttpd, IIS, Tomcat, Jetty and Python
    _sign(DIRECTORY_LISTING, "index of /", _TITLE + "index of /", "parent directory", "../", "last modified"),
    _sign(DIRECTORY_LISTING, "[to parent directory]", r"\[to parent directory\]"),
    _sign(DIRECTORY_LISTING, "directory listing for ", _TITLE + r"directory listing for (?:\[)?/"),
    _sign(DIRECTORY_LISTING, "directory: /", _TITLE + "directory: /", "parent directory"),
)  # fmt: skip


def count_signs(text: str) -> dict[str, int]:
    """How many signs of each kind `text` shows: pieces of one trace are counted one by one."""
    lower = text.lower()
    counted: dict[str, int] = {}
    for sign in SIGNS:
        if sign.needle in lower and (not sign.beside or any(word in lower for word in sign.beside)):
            found = sum(1 for _ in sign.pattern.finditer(text))
            if found:
                counted[sign.kind] = counted.get(sign.kind, 0) + found
    return counted
