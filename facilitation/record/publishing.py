"""Publishing: the record becomes public as a sealed version, and can be taken back; the next version is a dated correction."""

from flask_babel import lazy_gettext as _l

from facilitation.live.commands import Refusal, command
from facilitation.meeting.acts import MeetingAct, Words
from facilitation.record import library, seal


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
def withdraw_record(act: MeetingAct, *, reason: Words) -> None:
    """Takes the public record back and says why. The version stays sealed; publishing again makes the next one."""
    row = seal.latest_version(act.workshop)
    if row is None:
        raise Refusal("not_now", _l("No record has been published."))
    row.withdrawn_at, row.reason = act.now, reason
    act.workshop.phase = "adopted"
    act.facts |= {"phase": "adopted", "version": row.version}
    act.concerns("phase", "minutes")
