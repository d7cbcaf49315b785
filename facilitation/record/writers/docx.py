"""The document as a Word file with real styles, so that an institution can put it into its own template."""

import io
import zipfile
from typing import Any

import docx
import typst
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from facilitation.record.charts import svg_of
from facilitation.record.document import Bullets, Document, Heading, Paragraph, Run, Runs, Table
from facilitation.record.writers.tidy import foreign_language, language, tidy
from facilitation.record.writing import serve

_FONT = "Cambria"  # has Latin and Cyrillic, and comes with every Word
_NUMBERED, _FACT, _SMALL_PRINT = "Numbered paragraph", "Fact", "Small print"
_NUMBER_WIDTH, _LABEL_WIDTH = Cm(1.1), Cm(4.8)

# The forms under which Word knows the languages: it has a proofing language for each region, none for the bare tag.
_WORD_LANGUAGES = {
    "bs": "bs-Latn-BA",
    "cnr": "sr-Latn-ME",
    "cnr-Cyrl": "sr-Cyrl-ME",
    "cnr-Latn": "sr-Latn-ME",
    "en": "en-GB",
    "hr": "hr-HR",
    "mk": "mk-MK",
    "sq": "sq-AL",
    "sr": "sr-Cyrl-RS",
    "sr-Cyrl": "sr-Cyrl-RS",
    "sr-Latn": "sr-Latn-RS",
}


def write(document: Document) -> bytes:
    """The document as a DOCX file."""
    document = tidy(document)
    file = docx.Document()
    _set_styles(file, document)
    _set_page(file, document)
    _set_properties(file, document)
    _add_runs(file.add_paragraph(style="Title"), (document.title,), document)
    for label, value in document.facts:
        paragraph = file.add_paragraph(style=_FACT)
        _add_runs(paragraph, (label,), document)
        paragraph.add_run("\t")
        _add_runs(paragraph, (value,), document)
    for block in document.blocks:
        _add_block(file, block, document)
    for line in document.small_print:
        _add_runs(file.add_paragraph(style=_SMALL_PRINT), line, document)
    return _saved(file)


def _add_block(file: Any, block: Heading | Paragraph | Bullets | Table, document: Document) -> None:
    match block:
        case Heading():
            _add_runs(file.add_paragraph(style=f"Heading {min(block.level, 9)}"), block.runs, document)
        case Paragraph():
            paragraph = file.add_paragraph(style=_NUMBERED if block.number else "Normal")
            if block.number:
                paragraph.add_run(f"{block.number}\t")
            _add_runs(paragraph, block.runs, document)
        case Bullets():
            for item in block.items:
                _add_runs(file.add_paragraph(style="List Bullet"), item, document)
        case Table():
            _add_table(file, block, document)


def _add_table(file: Any, block: Table, document: Document) -> None:
    if block.caption:
        _add_runs(file.add_paragraph(style="Caption"), block.caption, document)
    if svg := svg_of(block):
        picture = file.add_picture(io.BytesIO(_drawn(svg)), width=Cm(15.8))
        picture._inline.docPr.set("descr", " ".join(run.text for run in block.caption))
    rows = (block.header, *block.rows)
    table = file.add_table(rows=len(rows), cols=len(block.header), style="Table Grid")
    for row, cells in zip(table.rows, rows, strict=True):
        is_header = cells is block.header
        row._tr.get_or_add_trPr().append(_element("w:cantSplit"))
        for cell, runs in zip(row.cells, cells, strict=True):
            cell.paragraphs[0].style = "Table text"
            _add_runs(cell.paragraphs[0], runs, document, bold=is_header)
    table.rows[0]._tr.get_or_add_trPr().append(_element("w:tblHeader"))
    file.add_paragraph(style=_SMALL_PRINT)  # or the next table would join this one


def _drawn(svg: str) -> bytes:
    """The picture as PNG: not every Word shows SVG."""
    source = b'#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.svg), format: "svg", width: 15.8cm)'
    return typst.compile(source, format="png", ppi=220, sys_inputs={"svg": svg}, timestamp=0)


def _add_runs(paragraph: Any, runs: Runs, document: Document, bold: bool = False) -> None:
    for position, run in enumerate(run for run in runs if run.text):
        if position:
            paragraph.add_run(" ")
        _add_run(paragraph, run, document, bold)


def _add_run(paragraph: Any, run: Run, document: Document, bold: bool) -> None:
    added = paragraph.add_run(run.text)
    added.bold = bold or run.strong or None
    if lang := foreign_language(run, document):
        added._r.get_or_add_rPr().append(_element("w:lang", {"w:val": _word_language(lang)}))
    if run.note:
        paragraph.add_run(" ")
        paragraph.add_run(f"[{run.note}]").italic = True


def _set_styles(file: Any, document: Document) -> None:
    if lang := language(document.lang):
        file.styles.element.find(f".//{qn('w:docDefaults')}//{qn('w:lang')}").set(qn("w:val"), _word_language(lang))
    _style(file, "Normal", size=11, after=6)
    _style(file, "Title", size=18, bold=True, after=12)
    for level in range(1, 10):
        _style(file, f"Heading {level}", size={1: 14, 2: 12}.get(level, 11), bold=True, before=14, after=6)
    _style(file, "List Bullet", size=11, after=4)
    _style(file, "Caption", size=10, bold=True, before=10, after=4).paragraph_format.keep_with_next = True
    _style(file, "Header", size=8.5).paragraph_format.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _style(file, "Footer", size=8.5).paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _style(file, "Table text", size=10)
    _style(file, _SMALL_PRINT, size=8.5, before=2, after=2)
    for name, indent in ((_NUMBERED, _NUMBER_WIDTH), (_FACT, _LABEL_WIDTH)):
        style_format = _style(file, name, size=11, after=6 if name == _NUMBERED else 2).paragraph_format
        style_format.left_indent, style_format.first_line_indent = indent, -indent
        style_format.tab_stops.add_tab_stop(indent)


def _style(file: Any, name: str, size: float, bold: bool = False, before: float = 0, after: float = 0) -> Any:
    """The style of this name, made if the template lacks it, in our font; sizes are in points."""
    styles = file.styles
    style = styles[name] if name in styles else styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    if name in (_NUMBERED, _FACT, _SMALL_PRINT, "Table text"):
        style.base_style = styles["Normal"]
        style.quick_style = True
    properties = style.element.get_or_add_rPr()
    for theirs in properties.findall(qn("w:rFonts")) + style.element.findall(f"{qn('w:pPr')}/{qn('w:pBdr')}"):
        theirs.getparent().remove(theirs)  # the template's own fonts, and the line under its titles
    style.font.name, style.font.size, style.font.bold = _FONT, Pt(size), bold
    style.font.italic, style.font.color.rgb = False, RGBColor(0, 0, 0)
    properties.rFonts.set(qn("w:cs"), _FONT)
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    return style


def _set_page(file: Any, document: Document) -> None:
    section = file.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.6)
    section.top_margin = section.bottom_margin = Cm(2.8)
    section.header.paragraphs[0].add_run(document.marking)
    footer = section.footer.paragraphs[0]
    footer._p.append(_element("w:fldSimple", {"w:instr": "PAGE"}))
    footer.add_run(" / ")
    footer._p.append(_element("w:fldSimple", {"w:instr": "NUMPAGES"}))


def _set_properties(file: Any, document: Document) -> None:
    properties = file.core_properties
    properties.title, properties.language = document.title.text[:255], language(document.lang)
    properties.author = properties.comments = ""
    for template_date in ("dcterms:created", "dcterms:modified"):
        for element in properties._element.findall(qn(template_date)):
            properties._element.remove(element)


def _word_language(lang: str) -> str:
    return _WORD_LANGUAGES.get(lang, lang)


def _element(name: str, attributes: dict[str, str] | None = None) -> Any:
    element = OxmlElement(name)
    for key, value in (attributes or {}).items():
        element.set(qn(key), value)
    return element


def _saved(file: Any) -> bytes:
    """The file's bytes, packed anew without the time of packing: the same document gives the same bytes."""
    packed, repacked = io.BytesIO(), io.BytesIO()
    file.save(packed)
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(repacked, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name), source.read(name), zipfile.ZIP_DEFLATED)
    return repacked.getvalue()


if __name__ == "__main__":
    serve(write)
