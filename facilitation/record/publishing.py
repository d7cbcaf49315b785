"""Publishing: the record becomes public as a sealed version, and can be taken back; the next version is a dated correction."""

from flask_babel import lazy_gettext as _l

from facilitation.extensions import db
from facilitation.live.commands import Refusal, command
from facilitation.meeting.acts import Language, MeetingAct, Words
from facilitation.meeting.versions import change_of
from facilitation.record import library, seal
from facilitation.record.amending import AS_TAKEN, Amendment, amendments_of, lines_of
from facilitation.record.approval import ParagraphKey
from facilitation.record.document import plain
from facilitation.record.edits import digest_of
from facilitation.record.event_record import unamended


@command(seal.PUBLISHED, by="organiser", during="adopted")
def publish_record(act: MeetingAct) -> dict[str, int | str]:
    """Publishes the record: seals it as a version that is never changed, and shows it to everybody."""
    row = seal.publish(act.workshop, act.now)
    library.enter(act.workshop, row)
    act.workshop.phase = "published"
    act.facts |= {"phase": "published", "version": row.version, "sha256": row.sha256}
    act.concerns("phase", "minutes")
    return {"version": row.version, "sha256": row.sha256}


@command("record_withdrawn", by="organiser", during="published")
def withdraw_record(act: MeetingAct, *, reason: Words, lang: Language | None = None) -> None:
    """Takes the public record back and says why, in ``lang`` or in one's own language. The version stays sealed; publishing
    again makes the next one."""
    row = seal.latest_version(act.workshop)
    if row is None:
        raise Refusal("not_now", _l("No record has been published."))
    row.withdrawn_at, row.reason, row.reason_lang = act.now, reason, act.written_in(lang)
    act.workshop.phase = "adopted"
    act.facts |= {"phase": "adopted", "version": row.version}
    act.concerns("phase", "minutes")


@command("record_corrected", by="rapporteur", during="adopted")
def correct_record(act: MeetingAct, *, paragraph: ParagraphKey, lang: Language, text: Words) -> dict[str, str]:
    """Puts a line of the record right in one language, before it is published or after it was withdrawn; the minutes stay as they
    were adopted. ``paragraph``: the line's key or its number on the page. Sent what the line says by itself, it does so again."""
    if lang not in act.workshop.languages:
        raise Refusal("invalid", _l("The record is not kept in this language."), field="lang")
    if paragraph.startswith(AS_TAKEN):
        raise Refusal(
            "invalid",
            _l("What was concluded and where each delegation stands is printed as it was taken; nobody words it anew."),
            field="paragraph",
        )
    by_itself = list(lines_of(unamended(act.workshop, lang)))
    found = next((line for n, line in enumerate(by_itself, 1) if paragraph in (line[0], f"{n}", f"{n}.")), None)
    if found is None:
        raise Refusal("not_found", _l("The record has no such paragraph."), field="paragraph")
    key, runs = found
    versions = amendments_of(act.workshop).get(key, {})
    row = versions.get(lang)
    if text != plain(runs):
        row = row or Amendment(workshop_id=act.workshop.id, paragraph=key, lang=lang)
        row.text, row.replaced, row.seq = text, digest_of(runs), change_of(versions, lang, act.stream.seq)
        db.session.add(row)
    elif row is not None:
        db.session.delete(row)
    act.facts |= {"paragraph": key, "lang": lang}
    act.concerns("minutes")
    return {"paragraph": key}
