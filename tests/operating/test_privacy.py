"""What is kept of a person: theirs to take, and gone without a trace when it is erased or its time is over."""

import io
import json
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select

from facilitation.extensions import db
from facilitation.live.journal import Entry
from facilitation.operating.backup import back_up
from facilitation.plan import Plan
from facilitation.plan.storing import import_plan
from facilitation.record import seal
from tests.conftest import REFERENCE_SCRIPT, Meeting
from tests.engines import PostgreSQL
from tests.operating.test_backup import empty, instance_of
from tests.record.conftest import hold

pytestmark = pytest.mark.timeout(300)  # whole meetings are played
Alone = Callable[[Plan], Meeting]
LONG = 12
"""Characters of a text that can be nobody else's by chance."""


@pytest.fixture(params=["sqlite", "postgresql"])
def alone(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Alone]:
    """Makes the only meeting of an instance, on either engine."""
    database = None
    if request.param == "postgresql":
        engine: PostgreSQL = request.getfixturevalue("postgresql")
        database = engine.new_database(f"alone_{time.monotonic_ns()}")
    app = empty(tmp_path / "instance", database)
    app.config["TESTING"] = True
    with app.app_context():
        upgrade()

    def make(plan: Plan) -> Meeting:
        with app.app_context():
            return Meeting(app, import_plan(plan))

    yield make
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def cli(app: Flask, *words: str) -> Any:
    done = app.test_cli_runner().invoke(args=[*words, "--json"])
    assert done.exit_code == 0, (done.output, done.exception)
    return json.loads(done.stdout)


def everything_in(meeting: Meeting, file: Path) -> bytes:
    """A backup, unpacked; on SQLite the files of the database as well."""
    with meeting.app.app_context():
        back_up(file, instance_of(meeting.app))
    with tarfile.open(file) as archive:
        members = [archive.extractfile(member) for member in archive.getmembers() if member.isfile()]
        found = b"".join((member or io.BytesIO()).read() for member in members)
    return found + b"".join(path.read_bytes() for path in sorted(instance_of(meeting.app).glob("facilitation.db*")))


def texts_in(held: Any) -> set[str]:
    """The texts of what is held on a person that can be looked for."""
    words = [each["text"] for each in held["contributions"] + held["corrections"]] + held["announcements"]
    words += [each["reason"] for each in held["positions"] + held["advice"] if each["reason"]]
    return {text for text in words if len(text) >= LONG}


def said(text: str, found: bytes) -> bool:
    """Whether a text stands there, as it is or as JSON writes it."""
    return any(form in found for form in (text.encode(), json.dumps(text)[1:-1].encode()))


def test_an_erased_person_leaves_no_byte_of_their_words(alone: Alone, reference_plan: Plan, tmp_path: Path) -> None:
    meeting = alone(reference_plan)
    meeting.play(REFERENCE_SCRIPT)
    slug, erased = meeting.slug, [person.key for person in reference_plan.people if person.role == "participant"]
    words = {text for key in erased for text in texts_in(cli(meeting.app, "workshop", "held", slug, key))}
    assert len(words) > 5
    before = everything_in(meeting, tmp_path / "before")
    assert all(said(text, before) for text in words)
    for key in erased:
        assert cli(meeting.app, "workshop", "erase", slug, key) == {"ok": True}
    after = everything_in(meeting, tmp_path / "after")
    assert [text for text in words if said(text, after)] == []
    organiser = meeting.as_("organiser")
    for path in ("minutes", "state.json", "console", "export/minutes.html", "export/contributions.csv", "found?q=a"):
        page = organiser.get(path).text
        assert [text for text in words if text in page] == [], path
    assert cli(meeting.app, "workshop", "verify", slug)["ok"]


def test_a_name_is_erased_from_the_sealed_record_which_says_so(
    alone: Alone, reference_plan: Plan, tmp_path: Path
) -> None:
    meeting = alone(reference_plan)
    meeting.play(REFERENCE_SCRIPT)
    speaker = next(person for person in reference_plan.people if "Mr Gianluca Esposito" in person.name.values())
    address = f"/records/{meeting.slug}?lang=en"
    assert "Gianluca Esposito" in meeting.app.test_client().get(address).text
    meeting.as_("organiser").do("erase_person", person=speaker.key)
    assert "Gianluca Esposito" not in meeting.app.test_client().get(address).text
    findings = cli(meeting.app, "workshop", "verify", meeting.slug)["findings"]
    assert {finding["state"] for finding in findings} == {"erased"}
    cli(meeting.app, "purge")
    after = everything_in(meeting, tmp_path / "after")
    assert [name for name in speaker.name.values() if said(name, after)] == []
    assert "Gianluca Esposito" not in meeting.as_("organiser").get("settings").text
    minutes = meeting.as_("organiser").get("minutes?lang=en").text
    title = "Head of the Council of Europe&#39;s Action against Crime Department"
    assert title not in minutes.partition("Appendix 1")[2].partition("Appendix 2")[0], (
        "nor is there a title without a name"
    )


def test_erasing_a_person_signs_them_out_and_leaves_the_others_their_words(meeting: Meeting, ana: Any) -> None:
    ben = meeting.as_("rs-1")
    ana.do("start_item", item="presentation-al")
    card = {"item": "presentation-al", "kind": "challenge", "lang": "en"}
    mine = ben.do("add_contribution", **card, text="This is mine alone.", anonymity="delegation")["id"]
    other = meeting.as_("al-2").do("add_contribution", **card, text="This is another's.", anonymity="named")["id"]
    hidden = ben.do("add_contribution", **card, text="Nobody knows whose this is.", anonymity="anonymous")["id"]
    ben.do("request_floor", item="presentation-al", purpose="comment")
    organiser = meeting.as_("organiser")
    organiser.do("erase_person", person="rs-1")
    assert ben.get("").status_code == 401
    there = {each["id"]: each for each in organiser.state()["contributions"]}
    assert mine not in there or there[mine]["text"] == ""
    assert there[other]["text"] == "This is another's." and there[hidden]["text"] == "Nobody knows whose this is."
    assert organiser.refused("erase_person", person="rs-1")["code"] == "not_found"


def test_only_an_organiser_erases_and_nobody_themselves(meeting: Meeting, ana: Any, ben: Any) -> None:
    for person in (ana, ben, meeting.as_("rapporteur")):
        assert person.refused("erase_person", person="al-2")["code"] == "forbidden"
    assert meeting.as_("organiser").refused("erase_person", person="organiser")["code"] == "conflict"


def test_everybody_takes_what_is_kept_of_them_and_of_nobody_else(meeting: Meeting, ana: Any, ben: Any) -> None:
    ana.do("start_item", item="presentation-al")
    card = {"item": "presentation-al", "kind": "challenge", "lang": "en"}
    ben.do("add_contribution", **card, text="This is mine alone.", anonymity="delegation")
    ben.do("add_contribution", **card, text="Nobody knows whose this is.", anonymity="anonymous")
    notice = ben.get("privacy").text
    assert f"/w/{meeting.slug}/mine.json" in notice and "Until " in notice
    held = ben.get("mine.json").get_json()
    assert [each["text"] for each in held["contributions"]] == ["This is mine alone."]
    assert held["person"]["key"] == "al-1" and held["person"]["delegation"] == "AL"
    assert "contribution_added" in [each["name"] for each in held["journal"]]
    assert "mine alone" not in meeting.as_("al-2").get("mine.json").text
    assert meeting.app.test_client().get(f"/w/{meeting.slug}/mine.json").status_code == 401


def test_when_its_time_is_over_only_the_public_record_is_left(
    alone: Alone, reference_plan: Plan, tmp_path: Path
) -> None:
    meeting = alone(replace(reference_plan, rules=replace(reference_plan.rules, retention_days=30)))
    meeting.play(REFERENCE_SCRIPT)
    link = meeting.link("al-1")
    slug = meeting.slug
    held = [cli(meeting.app, "workshop", "held", slug, person.key) for person in reference_plan.people]
    words = {text for each in held for text in texts_in(each)}
    address = f"/records/{slug}?lang=mk"
    record = meeting.app.test_client().get(address).text.partition("<article")[2]
    words = {text for text in words if text not in record}
    assert len(words) > 30
    assert cli(meeting.app, "purge") == {"purged": [slug]}
    after = everything_in(meeting, tmp_path / "after")
    assert [text for text in words if said(text, after)] == []
    assert meeting.app.test_client().get(address).text.partition("<article")[2] == record
    assert cli(meeting.app, "workshop", "verify", slug)["ok"]
    with meeting.app.app_context():
        kept = db.session.scalars(select(Entry).filter_by(stream_id=meeting.stream_id, name=seal.PUBLISHED)).one()
        assert kept.facts["sha256"] and kept.actor_id is None, "what proves the public record stays, nobody with it"
    assert meeting.app.test_client().get(link).status_code == 404
    assert meeting.as_("organiser").get("").status_code == 401
    assert cli(meeting.app, "purge") == {"purged": []}


def test_before_its_time_nothing_is_let_go_of(alone: Alone, reference_plan: Plan) -> None:
    soon = replace(reference_plan.rules, retention_days=36500)
    meeting = alone(replace(reference_plan, rules=soon))
    hold(meeting)
    assert cli(meeting.app, "purge") == {"purged": []}
    assert meeting.as_("al-1").get("").status_code == 200
    assert "Until " in meeting.as_("al-1").get("privacy").text
