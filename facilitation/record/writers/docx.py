"""The document as a Word file with real styles, so that an institution can put it into its own template."""

import hashlib
import io
import zipfile
from typing import Any

import docx
import typst
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.opc.oxml import serialize_part_xml
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph as WordParagraph

from facilitation.record.charts import pictures_of
from facilitation.record.document import Bullets, Document, Footnote, Heading, Paragraph, Run, Runs, Table, Trail
from facilitation.record.writers.tidy import around_mark, first_mentions, foreign_language, language, tidy, without_mark
from facilitation.record.writing import serve

_FONT = "Cambria"  # has Latin and Cyrillic, and comes with every Word
_NUMBERED, _FACT, _SMALL_PRINT, _TRAIL = "Numbered paragraph", "Fact", "Small print", "Trail"
_CONTENTS, _CONTENTS_LINE = "Contents", "Contents line"
_CONTENTS_DEPTH = 2
"""Levels of headings in the table of contents."""
_FOOTNOTES_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
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


class _Sheet:
    """The file that is being written, and what is counted in it."""

    def __init__(self, document: Document, file: Any) -> None:
        self.document, self.file = document, file
        self.mentions = first_mentions(document)
        self._bookmarks = 0
        self._footnotes: list[Footnote] = []

    def bookmark(self, paragraph: Any, key: str) -> None:
        """Lets links find the paragraph by its key."""
        if key:
            self._bookmarks += 1
            name = {"w:id": str(self._bookmarks), "w:name": _bookmark_of(key)}
            paragraph._p.append(_element("w:bookmarkStart", name))
            paragraph._p.append(_element("w:bookmarkEnd", {"w:id": str(self._bookmarks)}))

    def footnote(self, footnote: Footnote) -> int:
        """The number under which Word finds the footnote."""
        self._footnotes.append(footnote)
        return len(self._footnotes)

    def finish(self) -> None:
        """Adds the part with the footnotes, which python-docx does not know."""
        if not self._footnotes:
            return
        root = _element("w:footnotes")
        for number, kind in ((-1, "separator"), (0, "continuationSeparator")):
            line, paragraph, run = (
                _element("w:footnote", {"w:type": kind, "w:id": str(number)}),
                _element("w:p"),
                _element("w:r"),
            )
            run.append(_element(f"w:{kind}"))
            paragraph.append(run)
            line.append(paragraph)
            root.append(line)
        for number, footnote in enumerate(self._footnotes, start=1):
            note = _element("w:footnote", {"w:id": str(number)})
            paragraph = WordParagraph(_element("w:p"), self.file)
            style = _element("w:pPr")
            style.append(_element("w:pStyle", {"w:val": self.file.styles[_SMALL_PRINT].style_id}))
            paragraph._p.append(style)
            paragraph.add_run(f"{footnote.mark} ")
            _add_runs(paragraph, without_mark(footnote), self)
            note.append(paragraph._p)
            root.append(note)
        main = self.file.part
        part = Part(PackURI("/word/footnotes.xml"), _FOOTNOTES_TYPE, serialize_part_xml(root), main.package)
        main.relate_to(part, RT.FOOTNOTES)


def write(document: Document) -> bytes:
    """The document as a DOCX file."""
    document = tidy(document)
    file = docx.Document()
    _set_styles(file, document)
    _set_page(file, document)
    _set_properties(file, document)
    sheet = _Sheet(document, file)
    _add_runs(file.add_paragraph(style="Title"), (document.title,), sheet)
    for label, value in document.facts:
        paragraph = file.add_paragraph(style=_FACT)
        _add_runs(paragraph, (label,), sheet)
        paragraph.add_run("\t")
        _add_runs(paragraph, (value,), sheet)
    if document.contents:
        _add_contents(sheet)
    for block in document.blocks:
        _add_block(block, sheet)
    for line in document.small_print:
        _add_runs(file.add_paragraph(style=_SMALL_PRINT), line, sheet)
    sheet.finish()
    return _saved(file)


def _add_block(block: Heading | Paragraph | Bullets | Table, sheet: _Sheet) -> None:
    match block:
        case Heading():
            heading = sheet.file.add_paragraph(style=f"Heading {min(block.level, 9)}")
            _add_runs(heading, block.runs, sheet)
            sheet.bookmark(heading, block.key)
        case Paragraph():
            paragraph = sheet.file.add_paragraph(style=_NUMBERED if block.number else "Normal")
            if block.number:
                paragraph.add_run(f"{block.number}\t")
            _add_runs(paragraph, block.runs, sheet)
            sheet.bookmark(paragraph, block.key)
            if block.trails:
                _add_trails(block.trails, sheet)
        case Bullets():
            for item in block.items:
                _add_runs(sheet.file.add_paragraph(style="List Bullet"), item, sheet)
        case Table():
            _add_table(block, sheet)


def _add_table(block: Table, sheet: _Sheet) -> None:
    if block.caption:
        _add_runs(sheet.file.add_paragraph(style="Caption"), block.caption, sheet)
    for svg in pictures_of(block, sheet.document.lang):
        picture = sheet.file.add_picture(io.BytesIO(_drawn(svg)), width=Cm(15.8))
        picture._inline.docPr.set("descr", " ".join(run.text for run in block.caption))
    rows = (block.header, *block.rows)
    table = sheet.file.add_table(rows=len(rows), cols=len(block.header), style="Table Grid")
    for row, cells in zip(table.rows, rows, strict=True):
        is_header = cells is block.header
        row._tr.get_or_add_trPr().append(_element("w:cantSplit"))
        for cell, runs in zip(row.cells, cells, strict=True):
            cell.paragraphs[0].style = "Table text"
            _add_runs(cell.paragraphs[0], runs, sheet, bold=is_header)
    look = table._tbl.tblPr.find(qn("w:tblLook"))
    look.set(qn("w:val"), "04A0" if block.names_rows else "0420")
    look.set(qn("w:firstColumn"), "1" if block.names_rows else "0")
    table.rows[0]._tr.get_or_add_trPr().append(_element("w:tblHeader"))
    sheet.file.add_paragraph(style=_SMALL_PRINT)  # or the next table would join this one


def _drawn(svg: str) -> bytes:
    """The picture as PNG: not every Word shows SVG."""
    source = b'#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.svg), format: "svg", width: 15.8cm)'
    return typst.compile(source, format="png", ppi=220, sys_inputs={"svg": svg}, timestamp=0)


def _add_runs(paragraph: Any, runs: Runs, sheet: _Sheet, bold: bool = False) -> None:
    for position, run in enumerate(run for run in runs if run.text):
        if position:
            paragraph.add_run(" ")
        _add_run(paragraph, run, sheet, bold)


def _add_run(paragraph: Any, run: Run, sheet: _Sheet, bold: bool) -> None:
    footnote = sheet.mentions.get(id(run))
    before, after = around_mark(run.text, footnote.mark) if footnote else (run.text, "")
    _add_text(paragraph, before, run, sheet, bold)
    if footnote:
        _refer(paragraph, footnote, sheet)
        _add_text(paragraph, after, run, sheet, bold)
    if run.note:
        paragraph.add_run(" ")
        paragraph.add_run(f"[{run.note}]").italic = True


def _add_text(paragraph: Any, text: str, run: Run, sheet: _Sheet, bold: bool) -> None:
    added = paragraph.add_run(text)
    added.bold = bold or run.strong or None
    if lang := foreign_language(run, sheet.document):
        added._r.get_or_add_rPr().append(_element("w:lang", {"w:val": _word_language(lang)}))


def _add_trails(trails: tuple[Trail, ...], sheet: _Sheet) -> None:
    """``Rests on: 12, 14``: each number leads to its paragraph."""
    paragraph = sheet.file.add_paragraph(style=_TRAIL)
    for position, trail in enumerate(trails):
        paragraph.add_run(". " if position else "")
        _add_run(paragraph, trail.label, sheet, bold=False)
        for place, (key, number) in enumerate(trail.to):
            paragraph.add_run(", " if place else " ")
            _add_link(paragraph, key, (Run(number, sheet.document.lang),), sheet)


def _add_link(paragraph: Any, key: str, runs: Runs, sheet: _Sheet) -> None:
    """Runs that lead to what has this key."""
    before = len(paragraph._p)
    _add_runs(paragraph, runs, sheet)
    link = _element("w:hyperlink", {"w:anchor": _bookmark_of(key)})
    link.extend(list(paragraph._p)[before:])
    paragraph._p.append(link)


def _text_run(text: str) -> Any:
    run, content = _element("w:r"), _element("w:t")
    content.text = text
    run.append(content)
    return run


def _refer(paragraph: Any, footnote: Footnote, sheet: _Sheet) -> None:
    """The mark in the text, which stays a character of it, and the footnote that Word prints at the page's foot."""
    number = sheet.footnote(footnote)
    run = _text_run(footnote.mark)
    run.insert(0, _element("w:footnoteReference", {"w:customMarkFollows": "1", "w:id": str(number)}))
    paragraph._p.append(run)


def _add_contents(sheet: _Sheet) -> None:
    """A table of contents: Word fills in the pages when it opens the file; until then its lines lead to the headings."""
    sheet.file.add_paragraph(sheet.document.contents, style=_CONTENTS)
    headings = [
        block for block in sheet.document.blocks if isinstance(block, Heading) and block.level <= _CONTENTS_DEPTH
    ]
    for position, block in enumerate(headings):
        paragraph = sheet.file.add_paragraph(style=_CONTENTS_LINE)
        paragraph.paragraph_format.left_indent = Cm(0.6 * (block.level - 1))
        if position == 0:
            begin = _element("w:fldChar", {"w:fldCharType": "begin", "w:dirty": "true"})
            for part in (begin, _instruction(), _element("w:fldChar", {"w:fldCharType": "separate"})):
                paragraph.add_run()._r.append(part)
        _add_link(paragraph, block.key, block.runs, sheet)
        if block is headings[-1]:
            paragraph.add_run()._r.append(_element("w:fldChar", {"w:fldCharType": "end"}))


def _instruction() -> Any:
    instruction = _element("w:instrText", {"xml:space": "preserve"})
    instruction.text = f' TOC \\o "1-{_CONTENTS_DEPTH}" \\h \\z '
    return instruction


def _bookmark_of(key: str) -> str:
    """A bookmark's name: Word takes 40 characters, letters, digits and underscores."""
    return f"p_{hashlib.sha256(key.encode()).hexdigest()[:16]}"


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
    _style(file, _TRAIL, size=9, after=6).paragraph_format.left_indent = _NUMBER_WIDTH
    _style(file, _CONTENTS, size=12, bold=True, before=14, after=4)
    _style(file, _CONTENTS_LINE, size=10, after=2)
    for name, indent in ((_NUMBERED, _NUMBER_WIDTH), (_FACT, _LABEL_WIDTH)):
        style_format = _style(file, name, size=11, after=6 if name == _NUMBERED else 2).paragraph_format
        style_format.left_indent, style_format.first_line_indent = indent, -indent
        style_format.tab_stops.add_tab_stop(indent)


def _style(file: Any, name: str, size: float, bold: bool = False, before: float = 0, after: float = 0) -> Any:
    """The style of this name, made if the template lacks it, in our font; sizes are in points."""
    styles = file.styles
    style = styles[name] if name in styles else styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    if name in (_NUMBERED, _FACT, _SMALL_PRINT, _TRAIL, _CONTENTS, _CONTENTS_LINE, "Table text"):
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
