"""Reminders for heads of delegation who have not signed the circulated minutes: a text each, in their language, to copy."""

from dataclasses import dataclass

from flask import Blueprint, abort, current_app, render_template, url_for
from flask_babel import force_locale, gettext

from facilitation.extensions import catalog_language
from facilitation.meeting import clock
from facilitation.meeting.models import Delegation, Person, Workshop
from facilitation.meeting.texts import date_range, locale_of, long_date
from facilitation.record.approval import minutes_row, signed_by
from facilitation.web.access import route
from facilitation.web.language import reader_language

pages = Blueprint("reminding", __name__)


@dataclass(frozen=True)
class Reminder:
    """What one head of delegation is written, said in their language where the interface speaks it."""

    delegation: Delegation
    name: str
    lang: str
    subject: str
    body: str


@route(pages, "/w/<slug>/reminders", "minutes-approval")
def reminders(workshop: Workshop, me: Person) -> str:
    """The reminders of all whose signatures are missing; the delegations without a head are named."""
    row = minutes_row(workshop)
    if row is None or row.state != "circulated":
        abort(404)
    signed = signed_by(workshop)
    missing = [delegation for delegation in workshop.delegations if delegation not in signed]
    heads = {head.delegation_id: head for head in workshop.people if head.is_head and head.revoked_at is None}
    return render_template(
        "pages/reminders.html",
        meeting=workshop,
        lang=reader_language(),
        reminders=[_reminder(workshop, heads[each.id], row.sign_until) for each in missing if each.id in heads],
        without_head=[each for each in missing if each.id not in heads],
    )


def _reminder(workshop: Workshop, head: Person, until: int | None) -> Reminder:
    lang = catalog_language(head.language)
    with force_locale(locale_of(lang)):
        name, title = (str(workshop.say(texts, head.language)) for texts in (head.name, workshop.title))
        assert head.delegation is not None
        delegation = str(workshop.say(head.delegation.name, head.language))
        lines = [
            name,
            "",
            gettext(
                "The minutes of “%(title)s” (%(dates)s) wait for the signature of %(delegation)s.",
                title=title,
                dates=date_range(workshop.starts_on, workshop.ends_on, lang),
                delegation=delegation,
            ),
        ]
        if until is not None:
            at = clock.wall_time(workshop, until)
            day = f"{long_date(at.date(), lang)}, {at:%H:%M} ({workshop.timezone})"
            lines.append(gettext("Signatures are awaited until %(time)s.", time=day))
        lines += [
            gettext(
                "Please read them, propose corrections to single paragraphs where something is not right, and sign:"
            ),
            current_app.config["BASE_URL"] + url_for("rooms.minutes", slug=workshop.slug),
            "",
            gettext(
                "You enter with your personal link, as before. Whoever has lost it gets a new one from the organiser."
            ),
        ]
        return Reminder(
            head.delegation, name, lang, gettext("Please sign: minutes of “%(title)s”", title=title), "\n".join(lines)
        )
