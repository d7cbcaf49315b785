"""The seal: a published version is never changed; what was erased is not broken, what was altered is found."""

import hashlib
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update

from facilitation.extensions import db
from facilitation.live import commands
from facilitation.live.journal import Entry
from facilitation.meeting.acts import SYSTEM
from facilitation.record import seal
from facilitation.record.document import to_json
from facilitation.record.event_record import record_of
from facilitation.record.seal import RecordVersion
from tests.conftest import Meeting
from tests.record.conftest import circulate, rows_of, words


@pytest.fixture
def published(closed: Meeting) -> Meeting:
    """A meeting whose record is published."""
    circulate(closed)
    closed.as_("organiser").do("adopt_minutes")
    closed.as_("organiser").do("publish_record")
    return closed


def states(meeting: Meeting) -> list[tuple[int, str]]:
    with rows_of(meeting) as workshop:
        return [(finding.version, finding.state) for finding in seal.verify(workshop)]


def alter(meeting: Meeting, old: str, new: str) -> None:
    with rows_of(meeting) as workshop:
        row = seal.latest_version(workshop)
        assert row is not None and old in row.document
        row.document = row.document.replace(old, new)
        db.session.commit()


def units(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "sha256" in value:
            yield value
        for each in value.values():
            yield from units(each)
    elif isinstance(value, list):
        for each in value:
            yield from units(each)


def test_a_published_record_is_unchanged(published: Meeting) -> None:
    assert states(published) == [(1, "unchanged")]


def test_the_sealed_document_is_the_record_in_every_language(published: Meeting) -> None:
    with rows_of(published) as workshop:
        row = seal.latest_version(workshop)
        assert row is not None
        assert seal.languages_of(row) == (workshop.languages, "en")
        for lang in workshop.languages:
            assert to_json(seal.document_of(row, lang)) == to_json(record_of(workshop, lang))


def test_the_stored_text_is_canonical_and_every_text_carries_the_hash_of_its_salt_and_itself(
    published: Meeting,
) -> None:
    with rows_of(published) as workshop:
        row = seal.latest_version(workshop)
        assert row is not None
        content = json.loads(row.document)
        assert row.document == json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        found = list(units(content))
        assert len({unit["salt"] for unit in found}) == len(found) > 100
        for unit in found:
            assert unit["sha256"] == hashlib.sha256((unit["salt"] + unit["text"]).encode()).hexdigest()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("9–10 June 2020", "8–10 June 2020"),
        ("Mr Gianluca Esposito", "Mr Somebody Else"),
        ('"key":"held"', '"key":"hell"'),
        ('"default_language":"en"', '"default_language":"mk"'),
        ('"version":1', '"version":2'),
        ('{"default_language"', '{ "default_language"'),
    ],
)
def test_whatever_is_altered_is_found(published: Meeting, old: str, new: str) -> None:
    alter(published, old, new)
    assert {state for _, state in states(published)} == {"changed"}


def test_a_text_altered_together_with_its_hash_is_found(published: Meeting) -> None:
    with rows_of(published) as workshop:
        row = seal.latest_version(workshop)
        assert row is not None
        content = json.loads(row.document)
        unit = next(unit for unit in units(content) if "9–10 June 2020" in unit["text"])
        unit["text"] = unit["text"].replace("9–10", "8–10")
        unit["sha256"] = seal.hash_of_text(unit["salt"], unit["text"])
        row.document = seal.canonical(content)
        db.session.commit()
    assert states(published) == [(1, "changed")]


def forge(meeting: Meeting, old: str, new: str) -> None:
    """Alters a text together with its hash and the version's seal: the row by itself is without a fault."""
    with rows_of(meeting) as workshop:
        row = seal.latest_version(workshop)
        assert row is not None
        content = json.loads(row.document)
        for unit in units(content):
            if old in unit["text"]:
                unit["text"] = unit["text"].replace(old, new)
                unit["sha256"] = seal.hash_of_text(unit["salt"], unit["text"])
        row.document, row.sha256 = seal.canonical(content), seal.seal_of(content)
        db.session.commit()


def verified(meeting: Meeting) -> tuple[int, list[tuple[int, str]]]:
    """How ``workshop verify`` ends, and what it says."""
    done = meeting.app.test_cli_runner().invoke(args=["workshop", "verify", meeting.slug, "--json"])
    return done.exit_code, [(each["version"], each["state"]) for each in json.loads(done.stdout)["findings"]]


def test_a_text_altered_with_its_hash_and_the_seal_is_found_by_the_journal(published: Meeting) -> None:
    assert verified(published) == (0, [(1, "unchanged")])
    forge(published, "9–10 June 2020", "8–10 June 2020")
    assert verified(published) == (1, [(1, "changed")])


def test_a_version_that_was_taken_away_is_missing(published: Meeting) -> None:
    published.as_("organiser").do("withdraw_record", reason="A name was misspelt.")
    published.as_("organiser").do("publish_record")
    with rows_of(published) as workshop:
        db.session.delete(seal.versions_of(workshop)[0])
        db.session.commit()
    assert verified(published) == (1, [(1, "missing"), (2, "unchanged")])
    with rows_of(published) as workshop:
        db.session.delete(seal.versions_of(workshop)[0])
        db.session.commit()
    assert verified(published) == (1, [(1, "missing"), (2, "missing")])


def test_a_version_that_the_journal_does_not_know_was_never_published(published: Meeting) -> None:
    with rows_of(published) as workshop:
        row = seal.latest_version(workshop)
        assert row is not None
        content = {**json.loads(row.document), "version": 2}
        document, sha256 = seal.canonical(content), seal.seal_of(content)
        db.session.add(
            RecordVersion(workshop_id=workshop.id, version=2, document=document, sha256=sha256, published_at=1)
        )
        db.session.commit()
    assert verified(published) == (1, [(1, "unchanged"), (2, "changed")])


def test_where_the_journals_facts_are_gone_a_version_still_has_its_own_seal(published: Meeting) -> None:
    """As an earlier release left the journal of a meeting whose retention had ended."""
    with rows_of(published) as workshop:
        db.session.execute(update(Entry).where(Entry.stream_id == workshop.id).values(facts={}))
        db.session.commit()
    assert states(published) == [(1, "unchanged")]


def test_what_is_not_json_any_more_is_changed(published: Meeting) -> None:
    alter(published, '{"default_language"', "{")
    assert states(published) == [(1, "changed")]


def test_erasing_somebodys_words_leaves_the_seal_whole(published: Meeting) -> None:
    with rows_of(published) as workshop:
        row = seal.latest_version(workshop)
        assert row is not None
        before = row.sha256
        assert seal.erase(row, lambda text: "Gianluca Esposito" in text) > 0
        db.session.commit()
        assert "Gianluca Esposito" not in row.document
        assert seal.seal_of(json.loads(row.document)) == row.sha256 == before
        assert {finding.state for finding in seal.verify(workshop)} == {"erased"} and seal.holds(workshop)
        printed = words(seal.document_of(row, "en"))
        assert "Gianluca" not in printed and "[…]" in printed


def test_a_later_version_leaves_the_earlier_one_as_it_was(published: Meeting) -> None:
    with rows_of(published) as workshop:
        first = seal.versions_of(workshop)[0].document
    published.as_("organiser").do("withdraw_record", reason="A name was misspelt.")
    published.as_("organiser").do("publish_record")
    with rows_of(published) as workshop:
        rows = seal.versions_of(workshop)
        assert [row.version for row in rows] == [1, 2]
        assert rows[0].document == first and rows[0].reason == "A name was misspelt." and rows[0].withdrawn_at
        assert rows[1].reason is None and rows[1].sha256 != rows[0].sha256
    assert states(published) == [(1, "unchanged"), (2, "unchanged")]


def test_a_correction_makes_a_new_version_and_the_page_says_what_changed(published: Meeting) -> None:
    organiser = published.as_("organiser")
    organiser.do("withdraw_record", reason="The place was missing.")
    organiser.do("describe_workshop", venue={"en": "Online, from Ohrid", "mk": "Онлајн, од Охрид"})
    organiser.do("publish_record")
    page = organiser.client.get(f"/records/{published.slug}?lang=en").text
    assert "Version 1" in page and "The place was missing." in page and "2 lines changed after it" in page
    assert "<ins>, from Ohrid</ins>" in page.replace("</ins><ins>", "")
    page = organiser.client.get(f"/records/{published.slug}?lang=mk").text
    assert '<p class="difference"><span lang="mk">' in page and '<html lang="en"' in page


def test_a_record_that_was_published_twice_by_one_message_is_one_version(published: Meeting) -> None:
    organiser, once = published.as_("organiser"), str(uuid.uuid4())
    organiser.do("withdraw_record", reason="x")
    first = organiser.do("publish_record", once)
    assert organiser.do("publish_record", once) == first
    with rows_of(published) as workshop:
        assert db.session.query(RecordVersion).filter_by(workshop_id=workshop.id).count() == 2


def test_the_system_may_publish_nothing_out_of_turn(closed: Meeting) -> None:
    with closed.app.app_context():
        answer = commands.run(closed.slug, SYSTEM, str(uuid.uuid4()), "publish_record", {})
    assert answer["error"]["code"] == "not_now"
