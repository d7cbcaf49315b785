"""What the meeting says about itself, edited in the browser: title, dates, boilerplate, principles, footnotes, delegations."""

import re
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, Field, StringConstraints
from sqlalchemy.exc import IntegrityError

from facilitation.extensions import db
from facilitation.live.commands import Refusal, command, too_long
from facilitation.meeting.acts import Key, Language, MeetingAct, TextsArgument
from facilitation.meeting.models import Delegation, Workshop, new_id
from facilitation.meeting.texts import UNDETERMINED

MAX_SHORT = 500
"""Characters in a title, a name, a place."""
MAX_ADDRESS = 2000
"""Characters in an address."""
WHILE_NOT_PUBLISHED = "prepared open closed adopted"
"""Also when a published record was withdrawn, to be published again with a name or a title corrected."""
SHORT_TEXTS = ("headline", "venue", "organiser", "programme")
"""The meeting's short texts, besides its title; each may be empty."""
BOILERPLATE = ("funding", "disclaimer", "copyright")
"""The texts that are printed exactly as given; each may be empty."""


def _check_short(texts: dict[str, str]) -> dict[str, str]:
    if any(len(text) > MAX_SHORT for text in texts.values()):
        raise ValueError(too_long(MAX_SHORT))
    return texts


def _check_address(address: str) -> str:
    try:
        parts = urlsplit(address)
        sound = parts.scheme in ("http", "https") and parts.hostname and not re.search(r"[\s\\<>\"]", address)
    except ValueError:
        sound = False
    if not sound:
        raise ValueError(_l("This is not an address that begins with http:// or https://."))
    return address


def _check_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (LookupError, ValueError, OSError):  # OSError: a folder of zones
        raise ValueError(_l("“%(name)s” is not a time zone that we know.", name=name)) from None


def _usual_spelling(tag: str) -> str:
    """The tag in the usual capitals (``sr-Latn``, ``pt-BR``), so that the same language is not there twice."""
    first, *rest = re.split("[-_]", tag.lower())
    spelled = "-".join([first, *(part.title() if len(part) == 4 else part.upper() for part in rest)])
    if not re.fullmatch("[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", spelled) or spelled == UNDETERMINED:
        raise ValueError(_l("“%(tag)s” is not a language that we know.", tag=tag))
    return spelled


Title = Annotated[TextsArgument, AfterValidator(_check_short)]
Tag = Annotated[Language, AfterValidator(_usual_spelling)]
Address = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=MAX_ADDRESS), AfterValidator(_check_address)
]
Zone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_check_zone)]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2999, 12, 31))]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,15}$")]
FootnoteKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Clearable = Literal[
    "headline", "venue", "organiser", "programme", "video_url", "funding", "disclaimer", "copyright", "notice"
]


def has_begun(workshop: Workshop) -> bool:
    """Whether anything of the agenda has happened: from then on dates and time zone stay as they are."""
    return any(item.state != "planned" for item in workshop.agenda)


@command("workshop_described", by="organiser", during=WHILE_NOT_PUBLISHED)
def describe_workshop(
    act: MeetingAct,
    *,
    title: Title | None = None,
    headline: Title | None = None,
    starts_on: Day | None = None,
    ends_on: Day | None = None,
    timezone: Zone | None = None,
    languages: list[Tag] | None = None,
    default_language: Tag | None = None,
    venue: Title | None = None,
    video_url: Address | None = None,
    organiser: Title | None = None,
    programme: Title | None = None,
    funding: TextsArgument | None = None,
    disclaimer: TextsArgument | None = None,
    copyright: TextsArgument | None = None,
    notice: TextsArgument | None = None,
    clear: list[Clearable] | None = None,
) -> None:
    """Changes what is given of what the meeting says about itself. What ``clear`` names and is not given becomes empty."""
    given: dict[str, Any] = {
        "title": title,
        "headline": headline,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "timezone": timezone,
        "languages": list(dict.fromkeys(languages)) if languages else None,
        "default_language": default_language,
        "venue": venue,
        "video_url": video_url,
        "organiser": organiser,
        "programme": programme,
        "funding": funding,
        "disclaimer": disclaimer,
        "copyright": copyright,
        "notice": notice,
    }
    wanted: dict[str, Any] = {name: None if name == "video_url" else {} for name in clear or ()}
    wanted |= {name: value for name, value in given.items() if value is not None}
    changed = {name: value for name, value in wanted.items() if getattr(act.workshop, name) != value}
    if not wanted:
        raise Refusal("invalid", _l("Name at least one thing to change."))
    if has_begun(act.workshop):
        for name in ("starts_on", "ends_on", "timezone"):
            if name in changed:
                raise Refusal("conflict", _l("The meeting has begun; this can no longer change."), field=name)
    for name, value in changed.items():
        setattr(act.workshop, name, value)
    _check_whole(act.workshop)
    act.facts["changed"] = list(changed)
    act.touch("*")


def _check_whole(workshop: Workshop) -> None:
    if workshop.ends_on < workshop.starts_on:
        raise Refusal("invalid", _l("The last day is before the first."), field="ends_on")
    last_day = (workshop.ends_on - workshop.starts_on).days + 1
    beyond = next((item for item in workshop.agenda if item.day > last_day), None)
    if beyond is not None:
        message = _l("The agenda has items on day %(day)s. Move or remove them first.", day=beyond.day)
        raise Refusal("conflict", message, field="ends_on")
    if workshop.default_language not in workshop.languages:
        raise Refusal("invalid", _l("The default language must be one of the languages."), field="default_language")
    _check_says_default(workshop, workshop.title, "title")
    for delegation in workshop.delegations:
        _check_says_default(workshop, delegation.name, "default_language")


def _check_says_default(workshop: Workshop, texts: dict[str, str], field: str) -> None:
    """Titles and names stand in for missing translations, so that they must be there in the default language."""
    if workshop.default_language not in texts and UNDETERMINED not in texts:
        message = _l("A text in the default language (%(tag)s) is missing.", tag=workshop.default_language)
        raise Refusal("invalid", message, field=field)


@command("principle_added", by="organiser", during="prepared open closed")
def add_principle(act: MeetingAct, *, text: TextsArgument) -> dict[str, str]:
    """Pins a principle for the whole meeting, after those that are there."""
    key = f"principle-{new_id()}"
    act.workshop.principles = [*act.workshop.principles, {"key": key, "text": text}]
    act.touch("*")
    return {"id": key, "key": key}


@command("principle_changed", by="organiser", during="prepared open closed")
def edit_principle(act: MeetingAct, *, principle: Key, text: TextsArgument) -> None:
    """Words a principle anew."""
    _check_principle(act, principle)
    act.workshop.principles = [
        {**each, "text": text} if each["key"] == principle else each for each in act.workshop.principles
    ]
    act.touch("*")


@command("principle_removed", by="organiser", during="prepared open closed")
def remove_principle(act: MeetingAct, *, principle: Key) -> None:
    """Takes a principle down."""
    _check_principle(act, principle)
    act.workshop.principles = [each for each in act.workshop.principles if each["key"] != principle]
    act.touch("*")


def _check_principle(act: MeetingAct, key: str) -> None:
    if all(each["key"] != key for each in act.workshop.principles):
        raise Refusal("not_found", _l("This is no longer there."), field="principle")
    act.facts["principle"] = key


@command("footnote_written", by="organiser", during=WHILE_NOT_PUBLISHED)
def write_footnote(act: MeetingAct, *, footnote: FootnoteKey, text: TextsArgument) -> dict[str, str]:
    """Writes the footnote with this key, or words it anew; delegations refer to it by the key."""
    act.workshop.footnotes = {**act.workshop.footnotes, footnote: text}
    act.facts["footnote"] = footnote
    act.touch("*")
    return {"id": footnote, "key": footnote}


@command("footnote_removed", by="organiser", during="prepared open closed")
def remove_footnote(act: MeetingAct, *, footnote: Key) -> None:
    """Removes a footnote that no delegation's name carries."""
    if footnote not in act.workshop.footnotes:
        raise Refusal("not_found", _l("This is no longer there."), field="footnote")
    if any(delegation.footnote == footnote for delegation in act.workshop.delegations):
        raise Refusal("conflict", _l("A delegation's name carries this footnote."), field="footnote")
    act.workshop.footnotes = {key: text for key, text in act.workshop.footnotes.items() if key != footnote}
    act.facts["footnote"] = footnote
    act.touch("*")


@command("delegation_added", by="organiser", during="prepared open")
def add_delegation(
    act: MeetingAct, *, code: Code, name: Title, languages: list[Tag] | None = None, footnote: Key | None = None
) -> dict[str, str]:
    """Adds a delegation, after those that are there."""
    # "al" and "AL" are one delegation to whoever reads a table
    if any(other.code.casefold() == code.casefold() for other in act.workshop.delegations):
        raise Refusal("conflict", _l("There is a delegation “%(code)s” already.", code=code), field="code")
    place = max((other.place for other in act.workshop.delegations), default=-1) + 1
    added = Delegation(workshop_id=act.workshop.id, code=code, place=place)
    _fill(act, added, name, languages, footnote)
    db.session.add(added)
    return {"id": code, "code": code}


@command("delegation_changed", by="organiser", during=WHILE_NOT_PUBLISHED)
def edit_delegation(
    act: MeetingAct, *, code: Key, name: Title, languages: list[Tag] | None = None, footnote: Key | None = None
) -> None:
    """Changes what a delegation is called, what it writes in, and the footnote that its name carries."""
    _fill(act, act.delegation(code), name, languages, footnote)


@command("delegation_removed", by="organiser", during="prepared")
def remove_delegation(act: MeetingAct, *, code: Key) -> None:
    """Removes a delegation that nobody and nothing belongs to."""
    found = act.delegation(code)
    db.session.delete(found)
    try:
        db.session.flush()
    except IntegrityError:
        message = _l("People, agenda items or programmes belong to this delegation.")
        raise Refusal("conflict", message, field="code") from None
    act.facts["delegation"] = code
    act.touch("*")


def _fill(
    act: MeetingAct, delegation: Delegation, name: dict[str, str], languages: list[str] | None, footnote: str | None
) -> None:
    _check_says_default(act.workshop, name, "name")
    if footnote is not None and footnote not in act.workshop.footnotes:
        raise Refusal("not_found", _l("There is no footnote “%(key)s”.", key=footnote), field="footnote")
    delegation.name, delegation.footnote = name, footnote
    delegation.languages = list(dict.fromkeys(languages or (act.workshop.default_language,)))
    act.facts["delegation"] = delegation.code
    act.touch("*")
