"""Pictures of tables: every number of the table, nothing else, in every format that can hold a picture."""

import io
import re
from html.parser import HTMLParser

import docx
import pypdf
import pytest

from facilitation.record.charts import MOST_HEIGHT, pictures_of
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
    (svg,) = pictures_of(table(chart, ("Trust & <b>time</b>", 3, 0), ("Space", 1, 12)), "en")
    assert {"3", "0", "1", "12", "A", "B", "Trust & <b>time</b>", "Space", "How many <of> them"} <= set(said(svg))
    assert "<b>" not in svg and svg.startswith('<svg xmlns="http://www.w3.org/2000/svg" role="img"')


def test_the_longer_the_bar_the_larger_the_number_and_times_are_seconds() -> None:
    (svg,) = pictures_of(table("bars", ("One", "1:30"), ("Two", "0:45"), header=("Delegation", "Minutes")), "en")
    first, second = (float(width) for width in re.findall(r'width="([\d.]+)" height="12"', svg))
    assert first == pytest.approx(2 * second, abs=0.1)


def test_where_there_is_nothing_to_compare_there_is_no_picture() -> None:
    nothing = (table("", ("One", 1, 2)), table("bars", ("One", 0, 0)), table("bars"))
    assert [pictures_of(each, "en") for each in nothing] == [[], [], []]
    many = tuple(f"C{n}" for n in range(14))
    assert pictures_of(table("matrix", ("One", *range(13)), header=many), "en") == []


@pytest.mark.parametrize("chart", ["matrix", "bars"])
def test_what_is_longer_than_a_page_is_several_pictures_of_one_scale(chart: str) -> None:
    pictures = pictures_of(table(chart, *((f"Delegation {n}", n, 1) for n in range(1, 61))), "en")
    assert len(pictures) > 1
    assert all(int(re.findall(r' height="(\d+)"', each)[0]) <= MOST_HEIGHT + 2 for each in pictures)
    assert [sum(f"Delegation {n}" in said(each) for each in pictures) for n in range(1, 61)] == [1] * 60
    assert "A" in said(pictures[-1]), "each has the heads of the columns"
    if chart == "bars":
        longest = [
            max(float(width) for width in re.findall(r'width="([\d.]+)" height="12"', each)) for each in pictures
        ]
        assert longest == sorted(set(longest))


@pytest.mark.parametrize("chart", ["matrix", "bars"])
def test_a_label_in_another_language_says_so_and_is_marked(chart: str) -> None:
    strange = (Run("Besimi", "sq", "in Albanian"),)
    made = Table(cell("Themes"), (cell("Theme"), cell("A"), strange), ((strange, cell(1), cell(2)),), "t", chart)  # type: ignore[arg-type]
    (svg,) = pictures_of(made, "en")
    labels = re.findall(r"<text[^>]*>.*?</text>", svg)
    assert len([each for each in labels if "Besimi" in each]) == 2
    assert all('lang="sq"' in each and "[in Albanian]" in each for each in labels if "Besimi" in each)
    assert not any("lang=" in each for each in labels if "Besimi" not in each)


def test_html_word_and_pdf_hold_the_picture_and_the_table() -> None:
    document = Document("minutes", "m", "en", Run("Minutes", "en"), blocks=(table("matrix", ("Trust", 3, 7)),))
    html = WRITERS["html"].write(document).decode()
    assert (
        "<svg" in html
        and '<th scope="row">Trust</th><td>3</td><td>7</td>' in html
        and 'aria-labelledby="p-figures-caption"' in html
    )
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
