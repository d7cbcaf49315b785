"""Pictures of tables: every number of the table, nothing else, in every format that can hold a picture."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import docx
import pypdf
import pytest

from facilitation.plan import Plan
from facilitation.plan.model import PlannedDelegation, PlannedPerson
from facilitation.record.charts import MOST_HEIGHT, pictures_of
from facilitation.record.document import Document, Run, Table
from facilitation.record.draft import draft_of
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
    positions = page.partition('id="p-appendix-figures-positions"')[2].partition("</table>")[0]
    heads = re.findall(r'<th scope="row">(.*?)</th>', positions)
    assert len(heads) == len(set(heads)) == 4
    assert re.fullmatch(r"paragraph \d+: … building trustful communication\.", heads[1]), heads


@pytest.fixture
def large(new_meeting: Callable[[Plan], Meeting], reference_plan: Plan) -> Meeting:
    """An open meeting of forty delegations."""
    codes = [f"X{n:02}" for n in range(1, 35)]
    delegations = (PlannedDelegation(code, {"en": f"The Land {code}"}, ("en",), None) for code in codes)
    people = (PlannedPerson(code, {"en": f"Head of {code}"}, "participant", code, "en", {}, True, ()) for code in codes)
    plan = replace(
        reference_plan,
        delegations=(*reference_plan.delegations, *delegations),
        people=(*reference_plan.people, *people),
    )
    meeting = new_meeting(plan)
    meeting.as_("organiser").do("open_workshop")
    meeting.as_("organiser").do("change_rules", minimum_contributors_to_name_a_delegation=1)
    meeting.as_("facilitator").do("start_item", item="round")
    return meeting


def themes_of_forty(large: Meeting, count: int) -> list[Table]:
    ana = large.as_("facilitator")
    for n in range(count):
        args = {"item": "round", "kind": "challenge", "lang": "en", "text": f"Point {n}", "anonymity": "named"}
        card = large.as_("al-1").do("add_contribution", **args)["id"]
        ana.do("add_theme", kind="challenge", title=f"Theme {n}", contributions=[card])
    with rows_of(large) as workshop:
        assert len(workshop.delegations) == 40
        blocks = draft_of(workshop, "en").blocks
    return [each for each in blocks if isinstance(each, Table) and each.key.startswith("appendix:figures:themes")]


def test_many_delegations_stand_below_one_another_and_are_drawn(large: Meeting) -> None:
    (made,) = themes_of_forty(large, 3)
    assert [each[0].text for each in made.header] == ["Delegation", "Theme 0", "Theme 1", "Theme 2"]
    assert [row[0][0].text for row in made.rows][::39] == ["Albania", "The Land X34"]
    pictures = pictures_of(made, "en")
    assert len(pictures) == 3 and sum("The Land X34" in each for each in pictures) == 1
    document = Document("minutes", "m", "en", Run("Minutes", "en"), blocks=(made,))
    pages = pypdf.PdfReader(io.BytesIO(WRITERS["pdf"].write(document))).pages
    printed = "".join(page.extract_text() for page in pages)
    assert all(printed.count(f"The Land X{n:02}") == 2 for n in range(1, 35)), "once drawn, once in the table"


def test_many_delegations_and_many_themes_are_several_tables(large: Meeting) -> None:
    one, other = themes_of_forty(large, 14)
    assert one.caption[0].text.endswith("(1 of 2)") and other.caption[0].text.endswith("(2 of 2)")
    assert [len(each.header) for each in (one, other)] == [8, 8]
    assert [each[0].text for each in one.header + other.header if "Theme" in each[0].text] == [
        f"Theme {n}" for n in range(14)
    ]
    assert len(one.rows) == len(other.rows) == 40 and one.key != other.key
    assert all(pictures_of(each, "en") for each in (one, other))
