"""A PDF into pictures, in a process of its own: what people upload is opened nowhere else.

The process gets none of the server's environment, an empty directory, and limits on time, memory, files and their size. Run as
a program it reads ``deck.pdf`` in its directory and writes ``1.png`` … and ``texts.json`` beside it.
"""

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from facilitation.places import Places

MAX_BYTES = 20 * 1024 * 1024
"""Of an uploaded PDF."""
MAX_PAGES = 120
MAX_TEXT = 3000
"""Characters of a page's text that are kept."""
WIDTH = 1280
"""Pixels of a picture's longer side."""
TIME_LIMIT = 90
"""Seconds, by the clock and, separately, on the processor."""
MEMORY_LIMIT = 2 * 1024**3
FILE_LIMIT = 16 * 1024**2
"""Bytes of any one file that the process may write."""

_IMPORT_ROOT = Path(__file__).resolve().parents[2]
_PLACES = Places(at_a_time=1, in_line=4)
"""Each that waits holds its file in memory."""


class NotRendered(Exception):
    """The file could not be made into pictures. ``why``: ``no_pdf``, ``too_large``, ``too_many`` or ``failed``."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def render(pdf: bytes, folder: Path) -> None:
    """Writes a picture of each page (``1.png`` …) and their texts (``texts.json``) into the folder, which must not exist yet.

    Raises ``NotRendered``, or ``Full`` when too many wait; then there is no folder.
    """
    if len(pdf) > MAX_BYTES:
        raise NotRendered("too_large")
    # What it is decides its content, not its name.
    if b"%PDF-" not in pdf[:1024]:
        raise NotRendered("no_pdf")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _PLACES, tempfile.TemporaryDirectory(prefix=".rendering-", dir=folder.parent) as name:
        directory = Path(name) / "work"
        directory.mkdir()
        (directory / "deck.pdf").write_bytes(pdf)
        environment = {"PYTHONPATH": str(_IMPORT_ROOT), "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            done = subprocess.run(
                [sys.executable, "-P", "-m", "facilitation.activities.rendering"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=TIME_LIMIT,
                cwd=directory,
                env=environment,
            )
        except (subprocess.TimeoutExpired, OSError):
            raise NotRendered("failed") from None
        if done.returncode:
            raise NotRendered({2: "no_pdf", 3: "too_many"}.get(done.returncode, "failed"))
        (directory / "deck.pdf").unlink()
        directory.rename(folder)


def main() -> int:
    """The other end; its exit code says what was wrong: 2 no PDF that can be opened, 3 too many pages."""
    import pypdfium2 as pdfium  # here alone: the server never loads it

    resource.setrlimit(resource.RLIMIT_CPU, (TIME_LIMIT, TIME_LIMIT))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_LIMIT, FILE_LIMIT))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    try:
        document = pdfium.PdfDocument("deck.pdf")
    except pdfium.PdfiumError:
        return 2
    if not 1 <= len(document) <= MAX_PAGES:
        return 3 if len(document) else 2
    texts = []
    for number, page in enumerate(document, 1):
        width, height = page.get_size()
        scale = WIDTH / max(width, height, 1)
        picture = page.render(scale=scale).to_pil().convert("RGB").quantize(256)
        picture.save(f"{number}.png", optimize=True)
        texts.append(" ".join(page.get_textpage().get_text_bounded().split())[:MAX_TEXT])
        page.close()
    Path("texts.json").write_text(json.dumps(texts), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
