"""One writer per file format. Those that take long or much memory run in a process of their own."""

from collections.abc import Mapping

from facilitation.record.writers import html, json, markdown
from facilitation.record.writing import Writer, in_own_process

# pdf and docx are named, not imported: only their own processes load what they need.
WRITERS: Mapping[str, Writer] = {
    "html": Writer("text/html; charset=utf-8", "html", html.write),
    "md": Writer("text/markdown; charset=utf-8", "md", markdown.write),
    "docx": Writer(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "docx",
        in_own_process(f"{__name__}.docx"),
    ),
    "pdf": Writer("application/pdf", "pdf", in_own_process(f"{__name__}.pdf")),
    "json": Writer("application/json", "json", json.write),
}
"""Format name → its writer."""
