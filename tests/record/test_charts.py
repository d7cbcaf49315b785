"""Pictures of tables: every number of the table, nothing else, in every format that can hold a picture."""

import io
import re
from html.parser import HTMLParser

import docx
import pypdf
import pytest

from facilitation.record.charts import svg_of
from facilitation.record.document import Document, Run, Table
from facilitation.record.writers import WRITERS
from tests.conftest import Meeting
from tests.record.conftest import rows_of


def cell(value: object) -> tuple[Run, ...]:
    return (Run(str(value), "en"),)


def table(chart: str, *rows: tuple[object, ...], header: tuple[str, ...] = ("Theme", "A", "B")) -> Table:
    made = tuple(tuple(cell(value) for value in row) for row in rows)
    return Table(cell("How many <of> them"), tuple(map(cell, header)), made, "figures", chart)  # type: ignore[arg-type]


def said(svg: str) -> list[str]:
    found: list[str] = []
    parser = HTMLParser()
    parser.handle_data = found.append  # type: ignore[method-assign]
    parser.feed(svg)
    return found


@pytest.mark.parametrize("chart", ["matrix", "bars"])
def test_a_picture_says_each_number_and_escapes_what_people_wrote(chart: str) -> None:
    svg = svg_of(table(chart, ("Trust & <b>time</b>", 3, 0), ("Space", 1, 12)))
    assert {"3", "0", "1", "12", "A", "B", "Trust & <b>time</b>", "Space", "How many <of> them"} <= set(said(svg))
    assert "<b>" not in svg and svg.startswith('<svg xmlns="http://www.w3.org/2000/svg" role="img"')


def test_the_longer_the_bar_the_larger_the_number_and_times_are_seconds() -> None:
    svg = svg_of(table("bars", ("One", "1:30"), ("Two", "0:45"), header=("Delegation", "Minutes")))
    first, second = (float(width) for width in re.findall(r'width="([\d.]+)" height="12"', svg))
    assert first == pytest.approx(2 * second, abs=0.1)


def test_where_there_is_nothing_to_compare_there_is_no_picture() -> None:
    assert svg_of(table("", ("One", 1, 2))) == svg_of(table("bars", ("One", 0, 0))) == svg_of(table("bars")) == ""
    many = tuple(f"C{n}" for n in range(14))
    assert svg_of(table("matrix", ("One", *range(13)), header=many)) == ""


def test_html_word_and_pdf_hold_the_picture_and_the_table() -> None:
    document = Document("minutes", "m", "en", Run("Minutes", "en"), blocks=(table("matrix", ("Trust", 3, 7)),))
    html = WRITERS["html"].write(document).decode()
    assert "<svg" in html and "<td>7</td>" in html and 'aria-labelledby="p-figures-caption"' in html
    word = docx.Document(io.BytesIO(WRITERS["docx"].write(document)))
    assert [shape._inline.docPr.get("descr") for shape in word.inline_shapes] == ["How many <of> them"]
    assert word.tables[0].cell(1, 2).text == "7"
    pdf = pypdf.PdfReader(io.BytesIO(WRITERS["pdf"].write(document)))
    assert pdf.pages[0].extract_text().count("7") == 2
    assert "7" in WRITERS["md"].write(document).decode()


def test_the_minutes_end_with_the_meeting_in_figures(played: Meeting) -> None:
    page = played.as_("observer").get("minutes?lang=en").text
    assert page.count('class="chart"') >= 3 and "Appendix 3: The meeting in figures" in page
    with rows_of(played) as workshop:
        assert len(workshop.delegations) == 6
    matrix = page.partition('id="p-appendix-figures-themes"')[2].partition("</table>")[0]
    assert matrix.count('scope="col"') == 7
