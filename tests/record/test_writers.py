"""The writers: what a reader finds in each file format, and that hostile text stays text in all of them."""

import io
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import docx
import html5lib
import pytest
from docx.oxml.ns import qn
from pypdf import PdfReader

from facilitation.record.document import (
    Bullets,
    Document,
    Footnote,
    Heading,
    Paragraph,
    Run,
    Runs,
    Table,
    Trail,
    from_json,
    to_json,
)
from facilitation.record.writers import WRITERS
from facilitation.record.writers.html import anchor, fragment
from facilitation.record.writing import WritingFailed, in_own_process

ROOT = Path(__file__).resolve().parents[2]
MACEDONIAN = "Учесниците ја истакнаа важноста: ѓ ќ ѕ љ њ џ ѐ ѝ Ѓ Ќ Ѕ Љ Њ Џ „Јакнење“."
ALBANIAN = "Pjesëmarrësit ranë dakord që përvojat të shkëmbehen çdo vit. Ë Ç"
MONTENEGRIN = "Učesnici ističu značaj razmjene, žele i đake: š đ č ć ž Š Đ Č Ć Ž"
HOSTILE = (
    '<script>alert(1)</script> #panic("x") $x$ #import "@preview/x:1.0.0" *a* _b_ `c` ]]> &amp; '
    "[l](javascript:x) | {{ 1 }} \\ ~~s~~ <!-- 12. x"
)
UNPRINTABLE = "a\x00\x08\x1b\x7f\x9fb\u202ec\u202cd\u2066e\ufffff\ud800g\r\nh"


def run(text: str, lang: str = "mk", note: str = "", strong: bool = False) -> Run:
    return Run(text, lang, note, strong)


def runs(text: str) -> Runs:
    return (run(text),)


@pytest.fixture
def record() -> Document:
    return Document(
        kind="record",
        slug="wb-2",
        lang="mk",
        title=run("Практики поврзани со рехабилитација"),
        facts=(
            (run("Датум"), run("9–10 јуни 2020")),
            (run("Организатор"), run("Council of Europe", "en", "на англиски")),
        ),
        blocks=(
            Heading(1, runs("Заклучоци"), "conclusions"),
            Paragraph(runs(MACEDONIAN), "conclusion 1", "11.", ("c1", "t2")),
            Paragraph((run(ALBANIAN, "sq", "на албански"), run("Ова важи за сите.")), "c2", "12."),
            Paragraph((run(MONTENEGRIN, "cnr", "на црногорски"), run("ISO 1234", "und"))),
            Heading(2, runs("Чекори")),
            Bullets((runs("Прво"), runs("Второ"))),
            Table(
                runs("Обврски"),
                (runs("Чекор"), runs("Рок")),
                ((runs("Нацрт | рамка"), runs("септември")), (runs("Превод"),)),
                "steps",
            ),
        ),
        small_print=(runs("*Оваа назнака не е во спротивност со ставовите за статусот."), runs("© Совет на Европа")),
        marking="Јавно · конечно",
    )


def everywhere(text: str) -> Document:
    """A document that has the text in every place that holds text."""
    here = run(text, "sq", text)
    both = (here, run(text, "mk", strong=True))
    return Document(
        kind="minutes",
        slug=text,
        lang="mk",
        title=here,
        facts=((here, here),),
        blocks=(
            Heading(3, both, text),
            Paragraph(both, text, text, (text, text)),
            Paragraph(both),
            Bullets((both, both), text),
            Table(both, (both, both), ((both,), (both, both, both)), text),
            Table((), (), ()),
            Paragraph(()),
        ),
        small_print=(both,),
        marking=text,
    )


def write(document: Document, name: str) -> bytes:
    return WRITERS[name].write(document)


def html_of(document: Document) -> ElementTree.Element:
    """The parsed file; fails if the file is not valid HTML."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    tree: ElementTree.Element = parser.parse(write(document, "html").decode())
    return tree


def text_of(element: ElementTree.Element) -> str:
    return "".join(element.itertext())


def pdf_text(document: Document) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(write(document, "pdf"))).pages)


def unspaced(text: str) -> str:
    """The text without spaces, where a PDF breaks its lines, and without its invisible permissions to break a line."""
    return "".join(text.replace("\u200b", "").split())


def word_file(document: Document) -> docx.document.Document:
    return docx.Document(io.BytesIO(write(document, "docx")))


# Every format


def test_formats_have_the_extension_and_media_type_browsers_expect() -> None:
    assert {name: writer.extension for name, writer in WRITERS.items()} == {
        name: name for name in ("html", "md", "docx", "pdf", "json")
    }
    assert WRITERS["pdf"].mimetype == "application/pdf"
    assert "utf-8" in WRITERS["html"].mimetype


@pytest.mark.parametrize("name", WRITERS)
def test_the_same_document_gives_the_same_bytes(record: Document, name: str) -> None:
    assert write(record, name) == write(record, name)


@pytest.mark.parametrize("name", WRITERS)
def test_a_document_with_nothing_but_a_title_can_be_written(name: str) -> None:
    assert write(Document("record", "x", "und", run("Наслов", "und")), name)


@pytest.mark.parametrize("name", ["html", "md", "json"])
def test_text_formats_are_utf_8_even_when_the_text_is_not_unicode(name: str) -> None:
    assert write(everywhere(UNPRINTABLE), name).decode("utf-8").count("\ufffd") > 10


@pytest.mark.parametrize("name", ["html", "md"])
def test_what_no_format_can_hold_and_what_misleads_the_eye_is_dropped(name: str) -> None:
    text = write(everywhere(UNPRINTABLE), name).decode()
    assert "abcdef\ufffdg h" in text
    assert not set(text) & set("\x00\x08\x1b\x7f\x9f\u202e\u202c\u2066\uffff\r")


# HTML


def test_html_is_valid_and_says_its_language_and_title(record: Document) -> None:
    page = html_of(record)
    assert page.get("lang") == "mk"
    assert page.findtext(".//title") == "Практики поврзани со рехабилитација"
    assert page.findtext(".//h1") == "Практики поврзани со рехабилитација"
    assert [heading.text for heading in page.iter("h2")] == ["Заклучоци"]
    assert [heading.text for heading in page.iter("h3")] == ["Чекори"]
    assert page.findtext(".//dl/dt") == "Датум"
    assert page.findtext(".//footer/p[2]") == "© Совет на Европа"


def test_html_paragraphs_carry_number_id_and_sources(record: Document) -> None:
    paragraph = html_of(record).find(".//p[@id='p-conclusion-1']")
    assert paragraph is not None
    assert (paragraph.get("class"), paragraph.get("data-sources")) == ("numbered", "c1 t2")
    assert paragraph.findtext("span[@class='number']") == "11."
    assert text_of(paragraph) == f"11. {MACEDONIAN}"


def test_html_marks_text_in_another_language_and_only_that(record: Document) -> None:
    article = html_of(record).find(".//article")
    assert article is not None
    assert {(span.get("lang"), span.text) for span in article.iter("span") if span.get("lang")} == {
        ("en", "Council of Europe"),
        ("sq", ALBANIAN),
        ("cnr", MONTENEGRIN),
    }
    assert [note.text for note in article.iter("small")] == ["[на англиски]", "[на албански]", "[на црногорски]"]


def test_html_tables_have_a_caption_and_heads_of_columns(record: Document) -> None:
    table = html_of(record).find(".//table")
    assert table is not None
    assert table.findtext("caption") == "Обврски"
    assert [(head.text, head.get("scope")) for head in table.findall("thead/tr/th")] == [
        ("Чекор", "col"),
        ("Рок", "col"),
    ]
    heads = [(head.text, head.get("scope")) for head in table.findall("tbody/tr/th")]
    assert heads == [("Нацрт | рамка", "row"), ("Превод", "row")]
    assert [len(row) for row in table.findall("tbody/tr")] == [2, 2]


def without_names_of_rows(document: Document) -> Document:
    blocks = (replace(block, names_rows=False) if isinstance(block, Table) else block for block in document.blocks)
    return replace(document, blocks=tuple(blocks))


def cells_of(pdf: bytes) -> list[tuple[str, str]]:
    """The cells of the file's tables in order: whether a head, and of what."""
    reader, found = PdfReader(io.BytesIO(pdf), strict=True), list[tuple[str, str]]()

    def walk(element: Any) -> None:
        element = element.get_object()
        if not isinstance(element, dict):
            return
        if element.get("/S") in ("/TH", "/TD"):
            scopes = [str(each["/Scope"]) for each in element["/A"] if "/Scope" in each]
            found.append((str(element["/S"]), *(scopes or [""])))  # type: ignore[arg-type]
        inside = element.get("/K", [])
        for each in inside if isinstance(inside, list) else [inside]:
            walk(each)

    walk(reader.trailer["/Root"]["/StructTreeRoot"])
    return found


def test_the_cell_that_names_a_row_is_its_head_in_pdf_and_word(record: Document) -> None:
    columns, plain = [("/TH", "/Column")] * 2, [("/TD", "")] * 4
    assert cells_of(write(record, "pdf")) == [*columns, *[("/TH", "/Row"), ("/TD", "")] * 2]
    assert cells_of(write(without_names_of_rows(record), "pdf")) == columns + plain
    looks = [
        word_file(each).tables[0]._tbl.tblPr.find(qn("w:tblLook")).get(qn("w:firstColumn"))
        for each in (record, without_names_of_rows(record))
    ]
    assert looks == ["1", "0"]
    html = write(without_names_of_rows(record), "html").decode()
    assert 'scope="row"' not in html


def test_the_fragment_needs_no_styles_and_can_be_pasted(record: Document) -> None:
    article = fragment(record)
    assert article.startswith('<article class="document" lang="mk">')
    assert article.endswith("</article>")
    assert "style" not in article


def test_hostile_text_is_only_text_in_html() -> None:
    page = html_of(everywhere(HOSTILE))
    assert page.find(".//script") is None
    assert page.find(".//a") is None
    assert {name for element in page.iter() for name in element.attrib} <= {
        *("lang", "class", "id", "data-sources", "scope", "charset", "http-equiv", "content", "name"),
    }
    assert page.findtext(".//title") == HOSTILE
    assert page.findtext(".//dt/span") == HOSTILE


def test_ids_hold_nothing_that_ends_an_attribute_or_a_selector() -> None:
    assert anchor("") == ""
    assert anchor("c.1_a-b") == "p-c.1_a-b"
    assert anchor('"> <x ѓ') == "p-----x--"


# Markdown


def test_markdown_reads_well_raw(record: Document) -> None:
    lines = write(record, "md").decode().splitlines()
    assert lines[0] == "# Практики поврзани со рехабилитација"
    assert "- **Датум**: 9–10 јуни 2020" in lines
    assert "## Заклучоци" in lines
    assert f"**11.** {MACEDONIAN}" in lines
    assert f"**12.** {ALBANIAN} [на албански] Ова важи за сите." in lines
    assert "*Оваа назнака не е во спротивност со ставовите за статусот." in lines
    assert lines[lines.index("| Чекор | Рок |") :][:4] == [
        "| Чекор | Рок |",
        "| --- | --- |",
        "| Нацрт \\| рамка | септември |",
        "| Превод |  |",
    ]


@pytest.mark.parametrize(
    "plain",
    [
        "9-10 June (2020), e.g. a_name; 2 * 3 < 7 & AT&T - ~50 #1 a|b",
        "Kosovo* and Kosovo*, and Kosovo*",
        "* (1) x*",
        "=> x",
    ],
)
def test_markdown_does_not_escape_what_means_nothing(plain: str) -> None:
    document = Document("record", "x", "mk", run("Т"), blocks=(Paragraph(runs(f"x {plain}")),))
    assert write(document, "md").decode().splitlines()[2] == f"x {plain}"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("<b>", "\\<b>"),
        ("&lt;", "\\&lt;"),
        ("[a](b)", "\\[a](b)"),
        ("![a](b)", "!\\[a](b)"),
        ("`a`", "\\`a\\`"),
        ("*a* b", "\\*a* b"),
        ("__a__", "\\_\\_a\\_\\_"),
        ("~~a~~", "\\~\\~a\\~\\~"),
        ("a\\*b*c*", "a\\\\\\*b\\*c*"),
        ("# a", "\\# a"),
        ("- a", "\\- a"),
        ("---", "\\---"),
        ("> a", "\\> a"),
        ("12. a", "12\\. a"),
        ("1) a", "1\\) a"),
    ],
)
def test_markdown_escapes_what_would_mark_up(text: str, escaped: str) -> None:
    document = Document("record", "x", "mk", run("Т"), blocks=(Paragraph(runs(text)),))
    assert write(document, "md").decode().splitlines()[2] == escaped


def test_markdown_notes_and_strong_text_cannot_be_broken_out_of() -> None:
    line = (run("a*", strong=True), run("b", "sq", "x](http://y)"))
    document = Document("record", "x", "mk", run("Т ##"), blocks=(Paragraph(line),))
    lines = write(document, "md").decode().splitlines()
    assert lines[0] == "# Т \\##"
    assert lines[2] == "**a\\*** b [x\\](http://y)]"


# DOCX


def test_docx_has_real_styles_and_literal_numbers(record: Document) -> None:
    paragraphs = [(paragraph.style.name, paragraph.text) for paragraph in word_file(record).paragraphs]
    assert paragraphs[0] == ("Title", "Практики поврзани со рехабилитација")
    assert ("Heading 1", "Заклучоци") in paragraphs
    assert ("Heading 2", "Чекори") in paragraphs
    assert ("Numbered paragraph", f"11.\t{MACEDONIAN}") in paragraphs
    assert ("Numbered paragraph", f"12.\t{ALBANIAN} [на албански] Ова важи за сите.") in paragraphs
    assert ("List Bullet", "Прво") in paragraphs
    assert ("Small print", "© Совет на Европа") in paragraphs


def test_docx_numbers_hang(record: Document) -> None:
    style = word_file(record).styles["Numbered paragraph"].paragraph_format
    assert style.left_indent > 0
    assert style.first_line_indent == -style.left_indent


def test_docx_knows_its_languages(record: Document) -> None:
    file = word_file(record)
    assert file.styles.element.find(f".//{qn('w:docDefaults')}//{qn('w:lang')}").get(qn("w:val")) == "mk-MK"
    marked = {
        run.text: run._r.find(f".//{qn('w:lang')}").get(qn("w:val"))
        for paragraph in file.paragraphs
        for run in paragraph.runs
        if run._r.find(f".//{qn('w:lang')}") is not None
    }
    assert marked == {"Council of Europe": "en-GB", ALBANIAN: "sq-AL", MONTENEGRIN: "sr-Latn-ME"}
    notes = [run.text for paragraph in file.paragraphs for run in paragraph.runs if run.italic]
    assert notes == ["[на англиски]", "[на албански]", "[на црногорски]"]


def test_docx_has_title_marking_and_page_numbers(record: Document) -> None:
    file = word_file(record)
    assert (file.core_properties.title, file.core_properties.language) == ("Практики поврзани со рехабилитација", "mk")
    assert file.core_properties.author == ""
    assert file.sections[0].header.paragraphs[0].text == "Јавно · конечно"
    fields = file.sections[0].footer._element.iter(qn("w:fldSimple"))
    assert [field.get(qn("w:instr")) for field in fields] == ["PAGE", "NUMPAGES"]


def test_docx_tables_repeat_their_header(record: Document) -> None:
    (table,) = word_file(record).tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["Чекор", "Рок"],
        ["Нацрт | рамка", "септември"],
        ["Превод", ""],
    ]
    assert [row._tr.find(f".//{qn('w:tblHeader')}") is not None for row in table.rows] == [True, False, False]


@pytest.mark.parametrize("text", [HOSTILE, UNPRINTABLE])
def test_hostile_text_is_only_text_in_docx(text: str) -> None:
    data = write(everywhere(text), "docx")
    for name in zipfile.ZipFile(io.BytesIO(data)).namelist():
        if name.endswith(".xml"):
            ElementTree.fromstring(zipfile.ZipFile(io.BytesIO(data)).read(name))
    shown = HOSTILE if text == HOSTILE else "abcde"
    assert shown in docx.Document(io.BytesIO(data)).paragraphs[0].text


# PDF


def test_pdf_text_can_be_copied_in_every_language(record: Document) -> None:
    text = unspaced(pdf_text(record))
    for expected in (f"11. {MACEDONIAN}", f"12. {ALBANIAN} [на албански]", f"{MONTENEGRIN} [на црногорски] ISO 1234"):
        assert unspaced(expected) in text
    for expected in (
        "Датум",
        "9–10 јуни 2020",
        "Council of Europe [на англиски]",
        "Нацрт | рамка",
        "© Совет на Европа",
    ):
        assert unspaced(expected) in text


def test_pdf_is_accessible_and_names_itself(record: Document) -> None:
    reader = PdfReader(io.BytesIO(write(record, "pdf")))
    catalog = reader.trailer["/Root"]
    assert catalog["/Lang"] == "mk"
    assert catalog["/MarkInfo"]["/Marked"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Практики поврзани со рехабилитација"
    assert reader.metadata.creation_date is None
    assert b"pdfuaid" in catalog["/Metadata"].get_object().get_data()
    assert reader.outline[0]["/Title"] == "Заклучоци"


def test_pdf_tags_text_in_another_language(record: Document) -> None:
    assert languages_in(write(record, "pdf")) == {"mk", "en", "sq", "cnr"}


def test_pdf_has_marking_and_page_number_on_every_page(record: Document) -> None:
    long = replace(record, blocks=record.blocks * 12)
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(write(long, "pdf"))).pages]
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        assert "Јавно · конечно" in page
        assert f"{number} / {len(pages)}" in page


@pytest.mark.parametrize("text", [HOSTILE, HOSTILE + " 😀 \ue000"])
def test_hostile_text_is_only_text_in_pdf(text: str) -> None:
    assert unspaced(pdf_text(everywhere(text))).count(unspaced(HOSTILE)) > 10


def test_unprintable_characters_do_not_break_a_pdf() -> None:
    assert "abcde" in pdf_text(everywhere(UNPRINTABLE))


def test_pdf_headings_that_skip_a_level_still_give_an_accessible_file(record: Document) -> None:
    data = write(replace(record, blocks=(Heading(4, runs("А")), Heading(9, runs("Б")))), "pdf")
    assert b"pdfuaid" in PdfReader(io.BytesIO(data)).trailer["/Root"]["/Metadata"].get_object().get_data()


@pytest.mark.parametrize("name", WRITERS)
def test_a_word_of_a_megabyte_can_be_written(name: str) -> None:
    document = Document("record", "x", "mk", run("Т"), blocks=(Paragraph(runs("ѓ" * 500_000)),))
    assert write(document, name)


def test_a_long_word_stays_on_the_page() -> None:
    document = Document("record", "x", "mk", run("Т"), blocks=(Table((), (runs("а"), runs("б" * 300)), ()),))
    reader = PdfReader(io.BytesIO(write(document, "pdf")))
    assert max(len(line) for line in reader.pages[0].extract_text().splitlines()) < 120


# JSON


@pytest.mark.parametrize("text", [HOSTILE, UNPRINTABLE.replace("\ud800", "")])
def test_json_reads_back_to_an_equal_document(record: Document, text: str) -> None:
    for document in (record, everywhere(text)):
        assert from_json(json.loads(write(document, "json"))) == document


def test_json_is_canonical(record: Document) -> None:
    text = write(record, "json").decode()
    assert text == json.dumps(to_json(record), ensure_ascii=False, sort_keys=True, indent=2) + "\n"
    assert "рехабилитација" in text


# Processes of their own


def test_a_writer_that_takes_too_long_is_stopped(record: Document) -> None:
    with pytest.raises(WritingFailed, match=r"not ready after 0\.01 seconds"):
        in_own_process("facilitation.record.writers.pdf", time_limit=0.01)(record)


def test_a_writer_that_fails_says_so_and_keeps_the_details_in_a_note(record: Document) -> None:
    with pytest.raises(WritingFailed, match="stopped before the file was ready") as failure:
        in_own_process("facilitation.record.writers.no_such")(record)
    assert "No module named" in failure.value.__notes__[0]


def test_a_writers_process_gets_nothing_of_the_servers_environment(
    record: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    # ``site``, run as a program, prints the module path, where PYTHONPATH comes first.
    monkeypatch.setenv("PYTHONPATH", "/of/the/server")
    listing = in_own_process("site")(record).decode()
    assert str(ROOT) in listing
    assert "/of/the/server" not in listing


def test_a_process_of_a_writer_loads_no_server() -> None:
    program = (
        "import sys, facilitation.record.writers.pdf, facilitation.record.writers.docx;"
        "print({'flask', 'eventlet', 'sqlalchemy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_other_work_goes_on_in_an_eventlet_server_while_a_writer_works_or_fails() -> None:
    program = """
import warnings; warnings.simplefilter("ignore")
import eventlet; eventlet.monkey_patch()
import time
from facilitation.record.document import Document, Paragraph, Run
from facilitation.record.writers import WRITERS
from facilitation.record.writing import WritingFailed, in_own_process
moments = []
def work():
    while True:
        moments.append(time.monotonic())
        eventlet.sleep(0.01)
eventlet.spawn(work)
document = Document("record", "x", "mk", Run("Т", "mk"), blocks=(Paragraph((Run("a " * 100_000, "mk"),)),))
assert WRITERS["pdf"].write(document).startswith(b"%PDF")
for failing in (in_own_process("facilitation.record.writers.no_such"), in_own_process("this", time_limit=0.001)):
    try:
        failing(document)
    except WritingFailed:
        pass
    else:
        raise SystemExit("did not fail")
print(len(moments))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10


def word_text(element: Any) -> str:
    return "".join(each.text for each in element.iter(qn("w:t")))


def minutes_of_two() -> Document:
    """Minutes with two headings, a footnote whose mark comes twice, and two paragraphs that lead to one another."""
    rests, taken = (
        Trail(run("Се потпира на:"), (("contribution:a", "1"),)),
        Trail(run("Внесено во:"), (("theme:t", "2"),)),
    )
    told = runs("*Оваа назнака не е во спротивност со ставовите за статусот.")
    return Document(
        kind="minutes",
        slug="wb-2",
        lang="mk",
        title=run("Записник: Косово* меѓу учесниците"),
        blocks=(
            Heading(1, runs("Прв ден: Косово*"), "day:1"),
            Paragraph(runs("Предизвик (Косово*), и уште еднаш Косово*."), "contribution:a", "1.", ("a",), (taken,)),
            Paragraph(runs("Тема"), "theme:t", "2.", ("a",), (rests,)),
            Heading(1, runs("Прилог 1"), "appendix"),
        ),
        small_print=(told,),
        contents="Содржина",
        footnotes=(Footnote("*", told),),
    )


def test_html_leads_from_a_paragraph_to_what_it_rests_on_and_back() -> None:
    page = html_of(minutes_of_two())
    for link in page.findall(".//p[@class='trail']/a"):
        assert page.find(f".//p[@id='{str(link.get('href'))[1:]}']") is not None
    assert [text_of(trail) for trail in page.findall(".//p[@class='trail']")] == ["Внесено во: 2", "Се потпира на: 1"]


def test_markdown_has_the_trails_by_number() -> None:
    assert "(Се потпира на: 1)" in write(minutes_of_two(), "md").decode()


def test_docx_has_contents_links_and_the_footnote_where_its_mark_comes_first() -> None:
    data = write(minutes_of_two(), "docx")
    body = docx.Document(io.BytesIO(data)).element.body
    names = {each.get(qn("w:name")) for each in body.iter(qn("w:bookmarkStart"))}
    links = [(each.get(qn("w:anchor")), word_text(each)) for each in body.iter(qn("w:hyperlink"))]
    assert [text for _, text in links] == ["Прв ден: Косово*", "Прилог 1", "2", "1"]
    assert {anchor for anchor, _ in links} == names
    assert [each.text.split()[0] for each in body.iter(qn("w:instrText"))] == ["TOC"]
    (reference,) = body.iter(qn("w:footnoteReference"))
    paragraph = next(reference.iterancestors(qn("w:p")))
    assert word_text(paragraph).endswith("Предизвик (Косово*), и уште еднаш Косово*.")
    notes = ElementTree.fromstring(zipfile.ZipFile(io.BytesIO(data)).read("word/footnotes.xml"))
    (note,) = (each for each in notes if each.get(qn("w:id")) == reference.get(qn("w:id")))
    assert text_of(note) == "* Оваа назнака не е во спротивност со ставовите за статусот."


def lang_of(run_element: Any) -> str | None:
    found = run_element.find(f".//{qn('w:lang')}")
    return None if found is None else str(found.get(qn("w:val")))


def with_a_foreign_heading_and_footnote() -> Document:
    """As when a day's title and the footnote are there in the default language only."""
    document = minutes_of_two()
    note = Footnote("*", (run("*This designation is without prejudice.", "en", "на англиски"),))
    day = Heading(1, (run("Joint conclusions", "en", "на англиски"),), "day:1")
    return replace(document, blocks=(day, *document.blocks[1:]), footnotes=(note,), small_print=(note.runs,))


def test_docx_says_and_marks_other_languages_in_its_contents_and_its_footnotes() -> None:
    data = write(with_a_foreign_heading_and_footnote(), "docx")
    body = docx.Document(io.BytesIO(data)).element.body
    line = next(each for each in body.iter(qn("w:hyperlink")) if "Joint" in word_text(each))
    assert word_text(line) == "Joint conclusions [на англиски]"
    assert [lang_of(each) for each in line.iter(qn("w:r")) if "Joint" in word_text(each)] == ["en-GB"]
    notes = ElementTree.fromstring(zipfile.ZipFile(io.BytesIO(data)).read("word/footnotes.xml"))
    note = next(each for each in notes if "designation" in text_of(each))
    assert text_of(note) == "* This designation is without prejudice. [на англиски]"
    assert [lang_of(each) for each in note.iter(qn("w:r")) if "designation" in text_of(each)] == ["en-GB"]


def test_pdf_says_and_marks_other_languages_in_its_contents_and_its_footnotes() -> None:
    document = with_a_foreign_heading_and_footnote()
    assert unspaced(pdf_text(document)).count(unspaced("Joint conclusions [на англиски]")) == 2
    assert unspaced(pdf_text(document)).count(unspaced("without prejudice. [на англиски]")) == 2


def languages_in(pdf: bytes) -> set[str]:
    """Every language that the file says, of itself and of any text in it."""
    reader = PdfReader(io.BytesIO(pdf))
    contents = b"".join(page.get_contents().get_data() for page in reader.pages)
    objects = [reader.get_object(number) for number in range(1, reader.trailer["/Size"])]
    languages = {str(item["/Lang"]) for item in objects if isinstance(item, dict) and "/Lang" in item}
    return languages | {tag.decode() for tag in re.findall(rb"/Lang\((.+?)\)", contents)}


@pytest.mark.parametrize("lang", ["sr-Latn", "sr-Cyrl", "sr", "cnr", "mk"])
def test_pdf_tells_languages_with_their_scripts(lang: str) -> None:
    told = (run("Друга казна", "sr-Cyrl"), run("Druga kazna", "sr-Latn"), run("Kazna", "sr"), run("Burg", "sq"))
    data = write(replace(minutes_of_two(), lang=lang, blocks=(Paragraph(told),)), "pdf")
    reader = PdfReader(io.BytesIO(data), strict=True)
    assert reader.trailer["/Root"]["/Lang"] == lang
    assert f"<dc:language><rdf:Bag><rdf:li>{lang}</rdf:li>" in reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert languages_in(data) >= {"sr-Cyrl", "sr-Latn", "sr", "sq"}
    assert not any(each.startswith("qa") for each in languages_in(data))
    assert unspaced("Друга казна Druga kazna Kazna Burg") in unspaced(
        pdf_text(replace(minutes_of_two(), blocks=(Paragraph(told),)))
    )


def test_pdf_has_contents_links_and_the_footnote_where_its_mark_comes_first() -> None:
    long = minutes_of_two()
    long = replace(long, blocks=(*long.blocks, *(Paragraph(runs(MACEDONIAN)),) * 60))
    pages = PdfReader(io.BytesIO(write(long, "pdf"))).pages
    first, last = pages[0].extract_text(), pages[-1].extract_text()
    assert "Содржина" in first and first.count("Прилог 1") == 2
    assert len(pages) > 1 and "Оваа назнака" in first and "Оваа назнака" in last
    assert len([each for each in pages[0]["/Annots"] if each.get_object()["/Subtype"] == "/Link"]) >= 4
