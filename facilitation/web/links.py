"""Personal links leave the house: as a table, as a sheet to cut up, as letters to send, each in its reader's language.

A link is in the answer of the command that made it and nowhere else, so that these pages make new ones and show them once.
Earlier links stay valid until they are revoked.
"""

import csv
import io
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask_babel import force_locale, gettext
from markupsafe import Markup

from facilitation.extensions import catalog_language, csrf
from facilitation.meeting import signing_in
from facilitation.meeting.acts import load_workshop, may_open
from facilitation.meeting.models import Person, Workshop
from facilitation.meeting.texts import date_range, locale_of
from facilitation.web import door
from facilitation.web.access import route
from facilitation.web.language import marked, reader_language
from facilitation.web.templating import ROLE_NAMES

pages = Blueprint("links", __name__)

COLUMNS = ("key", "name", "role", "delegation", "language", "url")


@dataclass(frozen=True)
class Letter:
    """What one person is given, said in their language where the interface speaks it, in English where it does not."""

    name: str
    lang: str
    """The language of everything but what the meeting itself calls something."""
    invitation: str
    title: Markup
    when: str
    facts: tuple[tuple[str, Markup], ...]
    rule: str
    url: str
    subject: str
    body: str

    @property
    def mailto(self) -> str:
        """An address that opens the letter in a mail program; who it goes to is for its sender to say."""
        body = quote(self.body.replace("\n", "\r\n"), safe="")
        return f"mailto:?subject={quote(self.subject, safe='')}&body={body}"


@route(pages, "/w/<slug>/links", "settings", methods=["GET", "POST"])
def many(workshop: Workshop, me: Person) -> Any:
    """New links for everybody or for some: ``format`` is ``csv``, ``sheet`` or ``mail``."""
    if request.method == "GET":
        return redirect(url_for("settings.settings", slug=workshop.slug, _anchor="settings-links"))
    csrf.protect()
    wanted = request.form.get("format")
    if wanted not in ("csv", "sheet", "mail"):
        abort(400)
    chosen = sorted(set(request.form.getlist("people")))
    if request.form.get("who") == "chosen" and not chosen:
        return _not_made(gettext("Choose at least one person, or everybody."), 400)
    if request.form.get("who") == "everybody" or not chosen:
        chosen = sorted(person.key for person in workshop.people if person.revoked_at is None)
    answer = _run(workshop, me, "make_links", {"people": chosen})
    if not answer["ok"]:
        return _refused(answer)
    found = load_workshop(workshop.id)
    urls = answer["result"]["urls"]
    people = [person for person in found.people if person.key in urls]
    if wanted == "csv":
        return _table(found, people, urls)
    letters = [_letter(found, person, urls[person.key]) for person in people]
    return render_template(f"pages/links_{wanted}.html", meeting=found, letters=letters, lang=reader_language())


@route(pages, "/w/<slug>/links/<path:key>", "console", methods=["GET", "POST"])
def one(workshop: Workshop, me: Person, key: str) -> Any:
    """A new link for one person: GET asks and changes nothing, POST makes it and shows it."""
    person = workshop.person(key)
    if person is None:
        abort(404)
    if request.method == "GET":
        return render_template(
            "pages/link_new.html", meeting=workshop, person=person, lang=reader_language(), back=_back(workshop, me)
        )
    csrf.protect()
    answer = _run(workshop, me, "new_link", {"person": key})
    if not answer["ok"]:
        return _refused(answer)
    found = load_workshop(workshop.id)
    invited = found.person(key)
    assert invited is not None
    letters = [_letter(found, invited, answer["result"]["url"])]
    return render_template(
        "pages/links_mail.html", meeting=found, letters=letters, lang=reader_language(), back=_back(found, me)
    )


def _run(workshop: Workshop, me: Person, name: str, args: dict[str, Any]) -> dict[str, Any]:
    """Gives the command through the door, and answers with links that work.

    A page's form makes its links once: sent again, or in another format, it shows the same, unless one was revoked since.
    """
    slug, first = workshop.slug, _id_of_form(args)
    answer: dict[str, Any] = {}
    for command_id in (first, str(uuid.uuid4())):
        answer = door.receive(slug, me.id, reader_language(), {"id": command_id, "name": name, "args": args})
        if not answer["ok"] or all(map(_works, _urls(answer["result"]))):
            break
    return answer


def _id_of_form(args: dict[str, Any]) -> str:
    """The command's id: another one where the same page asks for other people."""
    try:
        given = uuid.UUID(request.form.get("id", ""))
    except ValueError:
        return str(uuid.uuid4())
    return str(uuid.uuid5(given, repr(args)))


def _urls(result: dict[str, Any]) -> Sequence[str]:
    return [result["url"]] if "url" in result else list(result["urls"].values())


def _works(url: str) -> bool:
    return signing_in.link_of(url.rsplit("/", 1)[1]) is not None


def _back(workshop: Workshop, me: Person) -> str:
    """The page to go back to, which facilitators and organisers do not share."""
    if may_open(me, "settings"):
        return url_for("settings.settings", slug=workshop.slug, _anchor="settings-people")
    return url_for("rooms.console", slug=workshop.slug)


def _refused(answer: dict[str, Any]) -> Response:
    return _not_made(answer["error"]["message"], door.STATUS[answer["error"]["code"]])


def _not_made(why: str, status: int) -> Response:
    html = render_template(
        "pages/error.html",
        headline=gettext("No links were made"),
        explanation=why,
        what_to_do=gettext("Go back and try again."),
    )
    return make_response(html, status)


def _table(workshop: Workshop, people: list[Person], urls: dict[str, str]) -> Response:
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(COLUMNS)
    for person in people:
        name = str(workshop.say(person.name, workshop.default_language))
        code = person.delegation.code if person.delegation else ""
        table.writerow(map(_as_cell, (person.key, name, person.role, code, person.language, urls[person.key])))
    # With the mark at the beginning, Excel too reads it as UTF-8.
    response = make_response(file.getvalue().encode("utf-8-sig"))
    response.mimetype = "text/csv"
    response.headers["Content-Disposition"] = f'attachment; filename="links-{workshop.slug}.csv"'
    return response


def _as_cell(value: str) -> str:
    """A value that no spreadsheet takes for a formula, whatever somebody is called."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else value


def _letter(workshop: Workshop, person: Person, url: str) -> Letter:
    lang = catalog_language(person.language)
    with force_locale(locale_of(lang)):

        def own(texts: dict[str, str]) -> Any:
            return workshop.say(texts, person.language)

        name, title = str(own(person.name)), own(workshop.title)
        dates = date_range(workshop.starts_on, workshop.ends_on, lang)
        first = next((item for item in workshop.agenda if item.day == 1), None)
        begin = first.start if first is not None else None
        when = (
            gettext("%(dates)s, from %(time)s (%(zone)s)", dates=dates, time=begin, zone=workshop.timezone)
            if begin
            else dates
        )
        facts = [(gettext("Role"), Markup.escape(ROLE_NAMES[person.role]))]
        if person.delegation:
            facts.append((gettext("Delegation"), marked(own(person.delegation.name), lang)))
        if workshop.venue:
            facts.append((gettext("Place"), marked(own(workshop.venue), lang)))
        if workshop.video_url:
            facts.append((gettext("Video call"), Markup.escape(workshop.video_url)))
        rule = gettext("The link is yours alone: do not pass it on. On a shared computer, sign out when you leave.")
        lines = (
            gettext("Invitation for %(name)s", name=name),
            "",
            gettext("You are invited to “%(title)s”.", title=str(title)),
            when,
            *(f"{label}: {value.striptags()}" for label, value in facts),
            "",
            gettext("Enter the meeting with your personal link:"),
            url,
            "",
            rule,
            gettext("You need no account and no program: a browser on a phone or a computer is enough."),
            *(("", str(own(workshop.organiser))) if workshop.organiser else ()),
        )
        return Letter(
            name=name,
            lang=lang,
            invitation=gettext("You are invited to"),
            title=marked(title, lang),
            when=when,
            facts=tuple(facts),
            rule=rule,
            url=url,
            subject=gettext("Your link to the meeting: %(title)s", title=str(title)),
            body="\n".join(lines),
        )
