"""The register in the repository against the document that it was taken from.

The document lies beside the clone (`../shared/source`), because it is not ours to hand on. Where it is absent the tests say so
and are skipped; the catalogue is compared with the register in any case (test_procedures.py).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.unit.policy.registers import ABOUT, COMMON, register

BESIDE = ABOUT.parents[1].parent / "shared" / "source"
NAME = "000_036c338939838417.txt"
ROWS, COLUMNS = 29, 16

lies_beside = pytest.mark.skipif(
    not (BESIDE / NAME).exists(), reason=f"{NAME} does not lie in ../shared/source beside the clone"
)


def table_of(document: Path) -> list[list[str]]:
    """The heading of the table and its rows: the first line that begins with `No.`, and the lines with a number behind it."""
    lines = document.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("No.\t"))
    made = [lines[start].split("\t")]
    for line in lines[start + 1 :]:
        cells = line.split("\t")
        if not cells[0].isdigit():
            break
        made.append(cells)
    return made


def test_the_register_is_whole() -> None:
    heading, rows = register()
    assert sorted(rows) == [number for number in range(1, 31) if number != 10]
    assert len(rows) == ROWS
    assert {len(row) for row in [heading, *rows.values()]} == {COLUMNS}
    assert heading[:3] == ["No.", "手続名", "担当所轄"]
    assert heading[COMMON] == [
        "ID", "パスワード", "電子メールアドレス", "住所", "氏名", "生年月日", "電話番号", "性別", "発行希望枚数",
        "利用目的・用途", "対象者との関係・続柄", "受給者番号",
    ]  # fmt: skip
    assert heading[15] == "その他の項目"
    assert not any("".join(row[COMMON]) for row in rows.values())  # the marks did not survive


@lies_beside
def test_the_register_is_that_of_the_document() -> None:
    heading, rows = register()
    of_document = table_of(BESIDE / NAME)
    assert of_document == [heading, *rows.values()]


@lies_beside
def test_the_document_is_the_one_that_is_described() -> None:
    digest = hashlib.sha256((BESIDE / NAME).read_bytes()).hexdigest()
    assert f"`{digest}`" in (ABOUT / "README.md").read_text(encoding="utf-8")
