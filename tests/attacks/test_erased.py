"""What was erased comes out again nowhere: the words of a person who was erased, whatever is asked for afterwards."""

import io
import json
import re
import zipfile
from typing import Any

import pypdf
import pytest

from facilitation.record.exports import EXPORTS
from tests.attacks.preparing import CLOSED
from tests.attacks.production import Target
from tests.servers import SLUG

ERASED = "xk-2"
WORD = "Quicksilverbirch"
"""A word that nobody else says."""
CHANGES = ("streams", "entries", "receipts", "contributions", "people", "delegations", "steps", "windows", "links", "sign_ins",
           "advices", "contribution_revisions", "translations", "workshops", "attendance", "endorsements", "votes",
           "floor_requests", "translations_taken", "admissions", "ownerships")  # fmt: skip


def read(content: bytes, format: str) -> str:
    """All that is written in a file."""
    if format in ("docx", "xlsx"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    if format == "pdf":
        reader = pypdf.PdfReader(io.BytesIO(content))
        return "".join(page.extract_text() for page in reader.pages) + str(reader.metadata)
    text = content.decode("utf-8", "replace")
    return text + (json.dumps(json.loads(text), ensure_ascii=False) if format == "json" else "")


def says(text: str) -> bool:
    return WORD.lower() in re.sub(r"[\s\u00ad-]", "", text).lower()


@pytest.mark.changes(*CHANGES)
@pytest.mark.timeout(240)
def test_an_erased_persons_words_are_in_no_file_page_table_log_or_backup(target: Target, tmp_path: Any) -> None:
    person, organiser = target[ERASED], target["organiser"]
    card = {"item": "presentation-al", "kind": "challenge", "lang": "en", "anonymity": "named"}
    made = person.do("add_contribution", **card, text=f"Said by me: {WORD}.")["id"]
    person.do("edit_contribution", contribution=made, text=f"Mended by me: {WORD}.", version=1)
    target["interpreter-mk"].do("translate", subject=made, lang="mk", text=f"Преведено: {WORD}.")
    conclusion = target.known["ids"][SLUG]["conclusion"]
    person.do("advise_position", conclusion=conclusion, stance="object", reason=f"Advised: {WORD}.", lang="en")
    organiser.do("edit_person", person=ERASED, name=f"Ms {WORD}", role="participant", language="sq", delegation="XK")
    assert says(organiser.get(f"/w/{SLUG}/export/contributions.csv?lang=en").text)
    assert says(organiser.get(f"/w/{SLUG}/settings").text)
    organiser.do("erase_person", person=ERASED)
    assert person.get(f"/w/{SLUG}/").status_code == 401
    for document, formats in EXPORTS.items():
        for format in formats:
            for lang in ("en", "mk", "sr-Latn") if format not in ("pdf", "docx") else ("en",):
                answer = organiser.get(f"/w/{SLUG}/export/{document}.{format}?lang={lang}")
                assert answer.status_code == 200 and not says(read(answer.content, format)), (document, format, lang)
    for key in ("organiser", "facilitator", "rapporteur", "xk-1", "observer"):
        for page in (
            "",
            "console",
            "minutes",
            "settings",
            "delegation",
            "state.json",
            f"found?q={WORD}",
            "privacy",
            "mine.json",
        ):
            response = target[key].get(f"/w/{SLUG}/{page}")
            text = response.text.replace(f'value="{WORD}"', "")  # what was asked for stands in its field
            assert response.status_code == 403 or not says(text), (key, page)
    with target["xk-1"].line() as line:
        assert not says(json.dumps(line.join("delegation", since=0)["regions"]))
    assert not says("".join(map("".join, target.server.stored().values())))
    target.server.flask("backup", str(tmp_path / "backup"))
    assert WORD.encode() not in (tmp_path / "backup").read_bytes()
    assert WORD not in target.server.log.read_text()


def test_the_words_of_one_meeting_are_held_against_nobody_in_another(target: Target) -> None:
    """Erasing is for the organisers of that meeting, and of a person of that meeting."""
    for key in ("al-1", "facilitator", "rapporteur"):
        assert target.of(CLOSED, key).refused("erase_person", {"person": "al-1"}, CLOSED) == "forbidden"
    assert target["organiser"].send("erase_person", {"person": "al-1"}, slug=CLOSED).status_code == 401
