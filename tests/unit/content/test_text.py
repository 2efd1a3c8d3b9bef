"""Texts and CSV."""

from __future__ import annotations

import pytest

from content import text
from content.faults import Fault, Unfit
from content.text import CSV_COLUMNS_MAX, TEXT_BYTES_MAX, read_csv, read_text


def fault_of(data: bytes, *, table: bool = False) -> Fault | None:
    try:
        read_csv(data) if table else read_text(data)
    except Unfit as unfit:
        return unfit.fault
    return None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_japanese_is_read(encoding: str) -> None:
    said = "氏名：山田　太郎\r\n住所：〒100-0001\t東京都①髙\n"
    assert read_text(said.encode(encoding)) == said


@pytest.mark.parametrize(
    "data", [b"\0", b"a\x1b[0m", b"\x7f", "\u202e".encode(), "\u200b".encode(), "\ufeffa\ufeff".encode(), b"\x0c",
             "\ue000".encode(), "\u2028".encode(), "\ufe0f".encode(), "a\ufffe".encode()]
)  # fmt: skip
def test_what_does_not_show_is_refused(data: bytes) -> None:
    assert fault_of(data) is Fault.TEXT_CHARACTER


@pytest.mark.parametrize("data", [b"\x80\x81\xff", b"\xfe\xffS\x81", b"a\x81", "é".encode("latin-1") + b"\x00"])
def test_other_encodings_are_not_read(data: bytes) -> None:
    assert fault_of(data) is Fault.TEXT_ENCODING


@pytest.mark.parametrize(
    "data",
    [b"#!/bin/sh", b"<?xml version='1.0'?>", b"<?php", b" \n<HTML>", b"<!DOCTYPE html>", b"<script>", b"{\\rtf1",
     b"%!PS-Adobe", b"@echo off", b"MIME-Version: 1.0", b"[InternetShortcut]", b"\xef\xbb\xbf<svg ", b"<% eval"],
)  # fmt: skip
def test_another_format_in_disguise(data: bytes) -> None:
    assert fault_of(data) is Fault.TEXT_IS_CODE


def test_the_most_bytes() -> None:
    assert fault_of(b"a" * TEXT_BYTES_MAX) is None
    assert fault_of(b"a" * (TEXT_BYTES_MAX + 1)) is Fault.FILE_TOO_LARGE


@pytest.mark.parametrize(
    "line",
    [
        "a,b,c",
        '"a,b","c ""d"""',
        "-5,+81-3-1234-5678,-",
        "@yamada,−１",
        "x = 1,備考: a=b",
        "a;b;c",
        "- 備考,+α",
        "\n\n",
    ],
)
def test_ordinary_tables_pass(line: str) -> None:
    assert read_csv(line.encode()) == line


@pytest.mark.parametrize(
    "line",
    ["=1+1", "a,=cmd|'/c calc'!A0", 'a,"=1"', "a\t=1", "a;=1", "a, =1", "x\r=1", "+cmd|'/c calc'!A0", "-2+3+cmd|' /C c'!A0",
     "@SUM(A1)", "a,＝1", "x\n=1", "-HYPERLINK(A1)"],
)  # fmt: skip
def test_formulas_are_refused(line: str) -> None:
    assert fault_of(line.encode(), table=True) is Fault.CSV_FORMULA


def test_the_most_columns_and_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fault_of(b"," * (CSV_COLUMNS_MAX - 1), table=True) is None
    assert fault_of(b"," * CSV_COLUMNS_MAX, table=True) is Fault.CSV_TOO_LARGE
    monkeypatch.setattr(text, "CSV_ROWS_MAX", 3)
    assert fault_of(b"a\n" * 3, table=True) is None
    assert fault_of(b"a\n" * 4, table=True) is Fault.CSV_TOO_LARGE


def test_a_table_that_does_not_close_its_quotes() -> None:
    assert fault_of(b'"a', table=True) is Fault.DAMAGED
    assert fault_of(b'"a"b,c', table=True) is Fault.DAMAGED
