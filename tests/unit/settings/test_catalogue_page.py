"""The page for the council: whole, readable by ear and on paper, and nothing in it that is not its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import html

from policy.catalogue import Destination, entries
from policy.load import INSTALLED, read_routes
from relay.settings.catalogue_page import as_page
from tests.unit.policy.registers import register

CITY = Destination("city-a", ("gate-1 (192.0.2.1:8443)",), "http://192.0.2.30:8080")
PROCEDURE = """\
format = 1
[procedure]
number = 1
name = "<b>手続</b>"
department = "A&B課"
version = 3
effective_from = 2026-04-01
effective_until = 2027-03-31
[route]
id = "sample"
mode = "exchange"
method = "POST"
path = "/a&b"
body = ["json"]
[[field]]
name = "x"
item = "<i>"
label_ja = "<script>"
label_en = '"'
class = "choice"
choices = ["a<b"]
"""


def page(directory: Path, language: str = "ja", *destinations: Destination, unconfirmed: bool = True) -> str:
    routes, problems = read_routes([directory])
    assert problems == []
    return as_page(entries(routes, destinations or None), language, unconfirmed=unconfirmed)


def facts(text: str) -> list[str]:
    return texts(html.fromstring(text), "//dd")


def texts(element: html.HtmlElement, path: str) -> list[str]:
    return [found.text_content() for found in element.xpath(path)]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_overview_is_the_register(language: str) -> None:
    heading, rows = register()
    root = html.fromstring(page(INSTALLED, language, CITY))
    assert root.get("lang") == language
    overview = root.xpath("//table")[0]
    columns = texts(overview, ".//thead/tr/th")
    assert columns[4:16] == heading[3:15]
    assert len(columns) == 18
    lines = [[cell.text_content() for cell in line] for line in overview.xpath(".//tbody/tr")]
    assert len(lines) == 34
    for line, row in zip(lines[:29], rows.values(), strict=True):
        assert line[1:4] == row[:3]
        assert set(line[4:16]) == {"○" if language == "ja" else "yes"}
        assert line[16] == row[15]
        assert line[17] == "city-a: gate-1 (192.0.2.1:8443) → http://192.0.2.30:8080"
    assert [line[0] for line in lines[29:32]] == [{"ja": "電子調達", "en": "e-procurement"}[language]] * 3


def test_every_procedure_has_its_fields() -> None:
    root = html.fromstring(page(INSTALLED))
    routes, _ = read_routes([INSTALLED])
    fields = {name for route in routes for name in route.form.fields}
    assert fields <= set(texts(root, "//section//code"))
    assert len(root.xpath("//section")) == 34
    assert texts(root, "//h2")[2] == "電子申請 3 住民票等の交付請求"


def test_it_can_be_read_by_ear_and_by_keyboard() -> None:
    root = html.fromstring(page(INSTALLED, "en"))
    assert len(root.xpath("//h1")) == len(root.xpath("//main")) == len(root.xpath("//title")) == 1
    assert root.xpath("//th[not(@scope)]") == []
    assert root.xpath("//table[not(caption)]") == []
    identifiers = root.xpath("//@id")
    assert len(identifiers) == len(set(identifiers))
    assert {link.removeprefix("#") for link in root.xpath("//a/@href")} <= set(identifiers)
    regions = root.xpath("//div[@tabindex='0']")
    assert {region.get("role") for region in regions} == {"region"}
    assert {region.get("aria-labelledby") for region in regions} <= set(identifiers)
    japanese = re.compile("[ぁ-んァ-ヶ一-龠]")
    silent = [text for text in root.xpath("//body//text()[not(ancestor::*[@lang='ja'])]") if japanese.search(text)]
    assert silent == []  # every Japanese word on the English page says that it is one


@pytest.mark.parametrize("language", ["ja", "en"])
def test_nothing_comes_from_elsewhere(language: str) -> None:
    text = page(INSTALLED, language)
    root = html.fromstring(text)
    assert root.xpath("//script | //link | //img | //iframe | //object | //form | //@src | //@style") == []
    assert re.search(r"url\(|@import|https?://", text) is None
    assert "default-src 'none'; style-src 'unsafe-inline'" in root.xpath("//meta/@content")


def test_the_common_items_are_said_to_be_unconfirmed_until_they_are() -> None:
    assert "一つずつ確かめ" in page(INSTALLED)
    assert "must confirm each" in page(INSTALLED, "en")
    assert "一つずつ確かめ" not in page(INSTALLED, unconfirmed=False)


def test_what_a_file_says_is_text(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(PROCEDURE, encoding="utf-8")
    for language in ("ja", "en"):
        text = page(tmp_path, language, Destination("<t>", ("<g>",)), unconfirmed=False)
        root = html.fromstring(text)
        assert root.xpath("//b | //i | //script | //t | //g") == []
        assert texts(root, "//h2")[0].endswith(" 1 <b>手続</b>")
        assert "a<b" in texts(root, "//td")
        assert "POST /a&b" in texts(root, "//code")
        assert "<t>: <g>" in texts(root, "//dd")


def test_files_are_shown_with_their_bounds(tmp_path: Path) -> None:
    files = """[[attachment]]
name = "scan"
label_ja = "診断書"
label_en = "Certificate"
kinds = ["pdf", "jpeg"]
max_bytes = 5000000
repeat = 2
"""
    staged = PROCEDURE.replace(
        'body = ["json"]', 'body = ["multipart"]\nstages = ["route", "normalise", "schema", "files"]'
    )
    (tmp_path / "a.toml").write_text(staged + files, encoding="utf-8")
    root = html.fromstring(page(tmp_path))
    heads = texts(root.xpath("//section")[0], ".//thead/tr/th")
    cells = [cell.text_content() for cell in root.xpath("//section//tbody/tr")[-1]]
    said = dict(zip(heads, cells, strict=True))
    assert said["区分"] == "添付ファイル"
    assert (said["欄の名称"], said["欄の符号"], said["形式"]) == ("診断書", "scan", "pdf, jpeg")
    assert (said["最大の大きさ（バイト）"], said["最大個数"]) == ("5000000", "2")
    assert "検査" in said["取扱い"]
    assert "診断書 (添付ファイル)" in root.xpath("//table")[0].text_content()


def test_the_period_and_the_lack_of_a_destination_are_said(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(PROCEDURE, encoding="utf-8")
    assert facts(page(tmp_path))[1:] == ["3", "2026-04-01から2027-03-31まで", "POST /a&b", "設定を読んでいません"]
    assert facts(page(tmp_path, "en"))[2] == "from 2026-04-01 until 2027-03-31"
    routes, _ = read_routes([tmp_path])
    assert facts(as_page(entries(routes, []), "en", unconfirmed=False))[-1] == "none"
