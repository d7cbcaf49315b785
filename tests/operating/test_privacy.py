"""What is kept of a person: theirs to take, and gone without a trace when it is erased or its time is over."""

import io
import json
import os
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import JSON, String, select

from facilitation.activities.slides import Deck
from facilitation.extensions import db
from facilitation.live import commands
from facilitation.live.journal import Entry
from facilitation.meeting.acts import load_workshop
from facilitation.operating import purging
from facilitation.operating.backup import back_up
from facilitation.operating.holdings import HOLDINGS, NOT_ONES_OWN
from facilitation.plan import Plan
from facilitation.plan.storing import import_plan
from facilitation.record import seal
from tests.activities.test_slides import pdf, upload
from tests.conftest import REFERENCE_SCRIPT, Meeting, Person, dump_of
from tests.engines import PostgreSQL
from tests.operating.test_backup import empty, instance_of
from tests.record.conftest import circulate, hold

pytestmark = pytest.mark.timeout(300)  # whole meetings are played
Alone = Callable[[Plan], Meeting]
LANGUAGE_TAG = 35
"""Characters of a language tag: a shorter column holds a tag, a state or an id."""
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


def test_every_column_that_could_hold_words_is_a_persons_or_said_to_be_nobodys(app: Flask) -> None:
    declared = [column for each in HOLDINGS for column in each.columns.split()]
    declared += [column for columns in NOT_ONES_OWN.values() for column in columns.split()]
    assert sorted(declared) == sorted(set(declared))
    there = {f"{table.name}.{column.name}": column for table in db.metadata.sorted_tables for column in table.columns}
    to_declare = {
        name
        for name, column in there.items()
        if isinstance(column.type, JSON)
        or (isinstance(column.type, String) and (column.type.length is None or column.type.length > LANGUAGE_TAG))
        or any(key.column.table.name == "people" for key in column.foreign_keys)
    }
    assert to_declare - set(declared) - {"streams.epoch"} == set()
    assert set(declared) - there.keys() == set()


IN_ONE_SCRIPT = {
    "rs-1": {"sr-Latn": "Đorđe Njegošević", "en": "Mr Djordje"},
    "rs-2": {"sr-Cyrl": "Љубица Џаковић", "en": "Ms Ljubica"},
}


@pytest.fixture
def scripts(new_meeting: Any, reference_plan: Plan, key: str) -> Meeting:
    """A meeting in both scripts of Serbian, with somebody in it whose name is written in one of them."""
    people = tuple(
        replace(person, name=IN_ONE_SCRIPT[key]) if person.key == key else person for person in reference_plan.people
    )
    plan = replace(reference_plan, people=people, languages=(*reference_plan.languages, "sr-Cyrl"))
    made: Meeting = new_meeting(plan)
    return made


@pytest.mark.parametrize(
    ("key", "lang", "text", "elsewhere", "name"),
    [
        ("rs-1", "sr-Latn", "Nedostaje nam osoblja i znanja.", "Недостаје нам особља и знања.", "Ђорђе Његошевић"),
        ("rs-2", "sr-Cyrl", "Недостаје нам љубави и џепова.", "Nedostaje nam ljubavi i džepova.", "Ljubica Džaković"),
    ],
)
def test_erased_words_and_names_are_gone_in_the_other_script_too(
    scripts: Meeting, key: str, lang: str, text: str, elsewhere: str, name: str
) -> None:
    organiser, rapporteur = scripts.as_("organiser"), scripts.as_("rapporteur")
    organiser.do("open_workshop")
    scripts.as_("facilitator").do("start_item", item="presentation-rs")
    card = {"item": "presentation-rs", "kind": "challenge", "lang": lang, "text": text, "anonymity": "delegation"}
    scripts.as_(key).do("add_contribution", **card)
    rapporteur.do("write_note", item="presentation-rs", lang="sr-Latn", text=f"Reč je uzeo/uzela {name}: {elsewhere}")
    scripts.as_("facilitator").do("finish_item", item="presentation-rs")
    organiser.do("close_workshop")
    circulate(scripts)
    for step in ("adopt_minutes", "publish_record"):
        organiser.do(step)
    before = dump_of(scripts.app)
    assert elsewhere in before and name in before and text in before
    organiser.do("erase_person", person=key)
    after = dump_of(scripts.app)
    assert [each for each in (text, elsewhere, name) if each in after] == []
    assert "Reč je uzeo/uzela …" in after


def test_a_name_that_was_corrected_is_erased_as_it_was_before_too(meeting: Meeting) -> None:
    organiser, rapporteur = meeting.as_("organiser"), meeting.as_("rapporteur")
    same = {"person": "rs-3", "role": "participant", "language": "sr-Latn", "delegation": "RS"}
    organiser.do("edit_person", **same, name="Artta Hoksha")
    rapporteur.do("write_note", item="welcome", lang="en", text="Artta Hoksha came late.")
    organiser.do("edit_person", **same, name="Arta Hoxha")
    rapporteur.do("write_note", item="welcome", lang="mk", text="Arta Hoxha доцна дојде.")
    assert {"und": "Artta Hoksha"} in meeting.as_("rs-3").get("mine.json").get_json()["person"]["former_names"]
    organiser.do("erase_person", person="rs-3")
    said = dump_of(meeting.app)
    assert "Artta" not in said and "Arta Hoxha" not in said and "… came late." in said


def test_slides_go_with_who_put_them_in_and_not_with_a_colleague(unwatched: Meeting) -> None:
    first, second, organiser = unwatched.as_("al-1"), unwatched.as_("al-2"), unwatched.as_("organiser")

    assert upload(first, pdf(3))["ok"] and upload(second, pdf(1))["ok"]
    assert first.get("mine.json").get_json()["slides"] == []
    assert second.get("mine.json").get_json()["slides"] == [["Slide 1"]]
    organiser.do("erase_person", person="al-1")
    with unwatched.app.app_context():
        assert db.session.query(Deck).filter_by(workshop_id=unwatched.stream_id).count() == 1
    organiser.do("erase_person", person="al-2")
    with unwatched.app.app_context():
        assert db.session.query(Deck).filter_by(workshop_id=unwatched.stream_id).count() == 0


def test_a_programme_stays_its_delegations_and_no_longer_says_who_entered_it(meeting: Meeting) -> None:
    head = meeting.as_("ba-1")
    head.do("add_programme", title="Craft and reading", status="in_use", summary="On three wings.")
    held = head.get("mine.json").get_json()
    assert held["programmes"] == [
        {"title": {"und": "Craft and reading"}, "status": "in_use", "summary": {"und": "On three wings."}}
    ]
    organiser = meeting.as_("organiser")
    organiser.do("erase_person", person="ba-1")
    assert "Craft and reading" in [next(iter(each["title"].values())) for each in organiser.state()["programmes"]]
    trail = organiser.get("export/journal.json?lang=en").get_json()
    assert [row["who"] for row in trail if row["entry"] == "programme_added"] == [""]


def test_what_somebody_takes_along_is_all_that_they_wrote(meeting: Meeting, ana: Person) -> None:
    rapporteur, head = meeting.as_("rapporteur"), meeting.as_("ba-1")
    ana.do("start_item", item="presentation-al")
    card = {"item": "presentation-al", "kind": "challenge", "lang": "en"}
    made = head.do("add_contribution", **card, text="First said so.", anonymity="delegation")["id"]
    head.do("edit_contribution", contribution=made, text="Then said so.", version=1)
    ana.do("finish_item", item="presentation-al")
    meeting.as_("organiser").do("close_workshop")
    rapporteur.do("draft_minutes")
    rapporteur.do("edit_minutes", paragraph="1", lang="en", text="As I would have it.", version=0)
    rapporteur.do("circulate_minutes")
    proposed = head.do("propose_correction", paragraph="1", lang="en", text="As we would have it.")["id"]
    rapporteur.do("resolve_correction", correction=proposed, decision="reject", answer="It was not so.")
    head.do("sign_minutes")
    head.do("withdraw_signature", reason="We looked again.")
    mine, theirs = head.get("mine.json").get_json(), rapporteur.get("mine.json").get_json()
    assert mine["contributions"][0]["earlier_wordings"] == ["First said so."]
    assert [each["reason"] for each in mine["withdrawn_signatures"]] == ["We looked again."]
    assert [each["text"] for each in theirs["edits_of_minutes"]] == ["As I would have it."]
    assert [each["answer"] for each in theirs["answers_to_corrections"]] == ["It was not so."]
    meeting.as_("organiser").do("erase_person", person="ba-1")
    said = dump_of(meeting.app)
    assert [each for each in ("said so.", "As we would have it.", "We looked again.") if each in said] == []


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


def test_a_meeting_that_cannot_be_let_go_of_does_not_hold_up_the_others(
    alone: Alone, reference_plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = replace(reference_plan, rules=replace(reference_plan.rules, retention_days=30))
    stuck, other = alone(replace(due, slug="stuck")), alone(replace(due, slug="other"))
    old, new = (instance_of(stuck.app) / "slides" / name for name in (".rendering-old", "being-uploaded"))
    for folder in (old, new):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))
    run, wiped = commands.run, []

    def refusing(slug: str, *args: Any, **more: Any) -> dict[str, Any]:
        return {"ok": False, "error": {"code": "unavailable"}} if slug == "stuck" else run(slug, *args, **more)

    monkeypatch.setattr(commands, "run", refusing)
    monkeypatch.setattr(purging, "wipe", lambda: wiped.append(True))
    done = stuck.app.test_cli_runner().invoke(args=["purge", "--json"])
    assert done.exit_code == 1
    assert json.loads(done.stdout) == {"ok": False, "purged": ["other"], "refused": {"stuck": "unavailable"}}
    assert wiped and not old.exists() and new.exists()
    monkeypatch.setattr(commands, "run", run)
    assert cli(stuck.app, "purge") == {"purged": ["stuck"]}
    assert other.slug == "other"


def test_a_new_meeting_does_not_keep_its_people_for_ever(
    meeting: Meeting, new_meeting: Any, reference_plan: Plan
) -> None:
    says_nothing = replace(reference_plan, rules=replace(reference_plan.rules, retention_days=None))
    made = new_meeting(says_nothing)

    def days(of: Meeting) -> Any:
        with of.app.app_context():
            return load_workshop(of.stream_id).rules["retention_days"]

    assert days(made) == 730 and 'value="730"' in made.as_("organiser").get("settings").text
    before = made.seq
    with made.app.app_context():
        import_plan(replace(says_nothing, slug=made.slug))
        assert made.seq == before
        strict = replace(says_nothing.rules, moderation="before")
        import_plan(replace(says_nothing, slug=made.slug, rules=strict))
        import_plan(replace(says_nothing, slug=meeting.slug, rules=strict))
    assert days(made) == 730 and days(meeting) == 30


def test_an_account_is_removed_with_its_address_and_the_meetings_it_opened_are_named(
    alone: Alone, reference_plan: Plan, tmp_path: Path
) -> None:
    meeting = alone(reference_plan)
    cli(meeting.app, "user", "create", "olga@example.org", "--password", "a long password")
    cli(meeting.app, "workshop", "own", meeting.slug, "organiser", "olga@example.org")
    held = cli(meeting.app, "workshop", "held", meeting.slug, "organiser")
    assert held["accounts"] == [{"email": "olga@example.org"}]
    assert cli(meeting.app, "user", "remove", "Olga@example.org") == {"ok": True, "meetings": [meeting.slug]}
    assert not said("olga@example.org", everything_in(meeting, tmp_path / "after"))
    again = meeting.app.test_cli_runner().invoke(args=["user", "remove", "olga@example.org", "--json"])
    assert again.exit_code == 1
    assert meeting.as_("organiser").get("settings").status_code == 200


def test_before_its_time_nothing_is_let_go_of(alone: Alone, reference_plan: Plan) -> None:
    soon = replace(reference_plan.rules, retention_days=36500)
    meeting = alone(replace(reference_plan, rules=soon))
    hold(meeting)
    assert cli(meeting.app, "purge") == {"purged": []}
    assert meeting.as_("al-1").get("").status_code == 200
    assert "Until " in meeting.as_("al-1").get("privacy").text
