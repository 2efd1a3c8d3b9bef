"""policy/leak_pages.py: what programs and web servers say, by their own words; and pages that only speak of it."""

from __future__ import annotations

import pytest

from policy.leak_pages import SIGNS, count_signs

TRACES = (
    "\tat jp.lg.minato.Form.submit(Form.java:42)\n",
    "Caused by: java.lang.NullPointerException",
    'Exception in thread "main" java.lang.Error',
    "  at org.x.Y.z(Unknown Source)",
    "Traceback (most recent call last):",
    '  File "/srv/app.py", line 3, in submit\n',
    "Fatal error: Uncaught Error in /var/www/form.php on line 12",
    "Warning: include(): failed in C:\\www\\a.php on line 1",
    "#0 /var/www/form.php(12): submit()",
    "   at Form.Submit(String a) in C:\\src\\Form.cs:line 12",
    "   場所 Form.Submit(String a) 場所 C:\\src\\Form.cs:行 12",
    "[HttpException (0x80004005): x]",
    "Unhandled exception. System.InvalidOperationException: x",
    "Server Error in '/' Application.",
    "app/models/form.rb:12:in `submit'",
    "    at submit (/srv/app.js:10:5)",
    "goroutine 1 [running]:",
)
ERRORS = (
    "ORA-00942: table or view does not exist", "SQLSTATE[42S02]: Base table", "SQLSTATE: 42601", "DB2 SQL Error: SQLCODE=-204",
    "You have an error in your SQL syntax; check the manual", 'ERROR:  syntax error at or near "x"',
    "Unclosed quotation mark after the character string",
    "文字列 'x' の後の引用符が閉じていません。", "Incorrect syntax near 'x'.", "'x' 付近に不適切な構文があります。",
    "Microsoft OLE DB Provider for ODBC Drivers",
    "[Microsoft][ODBC SQL Server Driver]", "org.postgresql.util.PSQLException: x", "psycopg2.errors.SyntaxError",
    "PG::UndefinedTable: ERROR: x",
    "java.sql.SQLSyntaxErrorException", "System.Data.SqlClient.SqlException", "sqlite3.OperationalError: x", "mysqli_query(): x",
    "pg_query(): Query failed", "sqlalchemy.exc.ProgrammingError",
)  # fmt: skip
LISTINGS = (
    "Index of /files\nName\nLast modified\nParent Directory",
    "\nIndex of /\n../\n",
    "[To Parent Directory]",
    "Directory Listing For [/files/]",
    "Directory listing for /files",
    "Directory: /files/\nParent Directory",
)
HONEST = (
    "線上の 3 番、at home (x)",
    "Java の例外について：NullPointerException とは何か",
    "詳しくは index of / をご覧ください",
    "Errors in your form: see line 3",
    "SQL 入門講座（全 5 回）",
    "error in /etc の設定について",
    "Caused by: heavy rain",
    "Exception: 第 3 条ただし書",
    "File a claim, line 3",
)


@pytest.mark.parametrize(
    ("kind", "text"),
    [(kind, text) for kind, texts in (("stack_trace", TRACES), ("sql_error", ERRORS), ("directory_listing", LISTINGS)) for text in texts],
)  # fmt: skip
def test_it_is_told(kind: str, text: str) -> None:
    assert count_signs(f"<p>\n{text}\n").get(kind)


@pytest.mark.parametrize("text", HONEST)
def test_honest_text_is_not(text: str) -> None:
    assert count_signs(text) == {}


def test_a_needle_is_in_lower_case_as_the_text_that_it_is_looked_for_in() -> None:
    assert len(SIGNS) > 50
    assert [sign.needle for sign in SIGNS if sign.needle != sign.needle.lower()] == []
