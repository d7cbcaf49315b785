"""Sentences that minutes and event record share: who agreed to what, who said what, what stands below every document."""

import re
from datetime import date

from flask_babel import lazy_gettext as _l

from facilitation.activities import agreement, series
from facilitation.activities.agreement import Conclusion, Position
from facilitation.activities.capture import Contribution
from facilitation.activities.series import FATE_NAMES, Told
from facilitation.activities.themes import Theme
from facilitation.meeting import clock
from facilitation.meeting.acts import readers_of
from facilitation.meeting.models import Delegation, Workshop
from facilitation.meeting.scripts import other_script
from facilitation.meeting.texts import UNDETERMINED, Texts, date_range, join_list, long_date, understands
from facilitation.record.document import Footnote, Run, Runs
from facilitation.record.material import Material
from facilitation.record.wording import Translations, Wording, gettext, ngettext

_MARK = re.compile(r"[^\w\s]+")
"""What a footnote begins with: ``*``."""

KIND_NAMES = {
    "challenge": _l("Challenge"),
    "positive": _l("Positive aspect"),
    "question": _l("Question"),
    "idea": _l("Idea"),
}
READER_NAMES = {
    "members": _l("For members of this meeting"),
    "delegations": _l("For the delegations and the staff of this meeting"),
    "heads": _l("For the heads of delegations and the staff of this meeting"),
    "staff": _l("For the staff of this meeting"),
}
STATUS_NAMES = {"in_development": _l("In development"), "in_use": _l("In use")}
STANCE_NAMES = {
    "agree": _l("agrees"),
    "accept": _l("can accept"),
    "reserve": _l("has a reservation"),
    "object": _l("objects"),
    "abstain": _l("abstains"),
}


def tally(w: Wording, conclusion: Conclusion) -> Runs:
    """How the delegations stand to a conclusion. Says that all agree only where every position, as stored, says so."""
    return w.sentence(agreement.tally_words(w.workshop, conclusion, w.lang))


def words_of(w: Wording, m: Material, conclusion: Conclusion) -> Run:
    """What a conclusion says: as it was put, or a translation of just that wording."""
    return w.read(conclusion.text, m.translated(conclusion.id, conclusion.version))


def reservations(w: Wording, m: Material, conclusion: Conclusion) -> list[tuple[Delegation, Runs]]:
    """Each reservation and objection, and every other position that gives a reason, in words."""
    positions = agreement.positions_of(conclusion)
    found = []
    for delegation in w.workshop.delegations:
        position = positions.get(delegation.code)
        if position is not None and (position.stance in ("reserve", "object") or position.reason):
            translations = m.translated(f"{conclusion.id}.{delegation.code}", position.seq)
            found.append((delegation, _reservation(w, delegation, position, translations)))
    return found


def _reservation(w: Wording, delegation: Delegation, position: Position, translations: Translations) -> Runs:
    name = w.put(w.own(delegation.name))
    stance = str(STANCE_NAMES[position.stance])
    ending = ":" if position.reason else "."
    if position.on_behalf:
        sentence = gettext(
            "%(delegation)s %(stance)s, as entered on its behalf by a facilitator", delegation=name, stance=stance
        )
    else:
        sentence = gettext("%(delegation)s %(stance)s", delegation=name, stance=stance)
    if not position.reason:
        return w.sentence(sentence + ending)
    reason = w.read({position.reason_lang or UNDETERMINED: position.reason}, translations)
    return (*w.sentence(sentence + ending), reason)


def without_position(w: Wording, conclusion: Conclusion) -> Runs:
    """Which delegations have taken no position; empty when all have."""
    positions = agreement.positions_of(conclusion)
    missing = [delegation for delegation in w.workshop.delegations if delegation.code not in positions]
    if not missing:
        return ()
    names = w.listed([w.own(delegation.name) for delegation in missing])
    return w.sentence(gettext("No position was taken by %(delegations)s.", delegations=names))


def reworded(w: Wording, m: Material, conclusion: Conclusion) -> tuple[Runs, list[Runs]]:
    """How often a conclusion was worded anew after it had been put, and what it said before; nothing where it was not."""
    earlier = agreement.earlier_wordings(conclusion)
    if not earlier:
        return (), []
    sentence = ngettext(
        "It was reworded once after it had been put, and positions were taken anew. Before, it said:",
        "It was reworded %(num)s times after it had been put, and positions were taken anew. Before, it said, in order:",
        len(earlier),
    )
    texts = ({**m.translations_of(conclusion.id, each.version), **each.text} for each in earlier)
    return w.sentence(sentence), [(w.read(each),) for each in texts]


def deadline(w: Wording, conclusion: Conclusion) -> Runs:
    """Until when positions are awaited on a conclusion that is still open; empty where no time was set."""
    if conclusion.state != "put" or conclusion.positions_until is None:
        return ()
    return w.sentence(gettext("The deadline for positions: %(time)s.", time=moment(w, conclusion.positions_until)))


def taken_afterwards(w: Wording, conclusion: Conclusion) -> Runs:
    """Which positions were taken after the meeting's last day; empty where none was."""
    last, positions = _last_day(w.workshop), agreement.positions_of(conclusion)
    late = [
        gettext("%(delegation)s (%(time)s)", delegation=w.put(w.own(each.name)), time=moment(w, at))
        for each in w.workshop.delegations
        if each.code in positions and (at := positions[each.code].at) and clock.wall_time(w.workshop, at).date() > last
    ]
    if not late:
        return ()
    delegations = join_list(late, w.spoken)
    sentence = gettext(
        "These delegations took their position after the last day of the meeting: %(delegations)s.",
        delegations=delegations,
    )
    return w.sentence(sentence)


def _last_day(workshop: Workshop) -> date:
    """The last day as planned, or the one on which something was last held, where that was later."""
    ended = (item.finished_at or item.started_at for item in workshop.agenda)
    return max((workshop.ends_on, *(clock.wall_time(workshop, at).date() for at in ended if at)))


def moment(w: Wording, instant: int) -> str:
    """``10 June 2020, 18:00``, in the meeting's time zone."""
    at = clock.wall_time(w.workshop, instant)
    return f"{long_date(at.date(), w.spoken)}, {at:%H:%M}"


def position_rows(w: Wording, conclusion: Conclusion) -> list[tuple[Runs, ...]]:
    """The rows of a table of positions: each delegation and where it stands."""
    positions = agreement.positions_of(conclusion)
    return [
        (
            (w.own(delegation.name),),
            (w.label(STANCE_NAMES[positions[delegation.code].stance] if delegation.code in positions else "–"),),
        )
        for delegation in w.workshop.delegations
    ]


def contribution(w: Wording, m: Material, said: Contribution) -> Runs:
    """A contribution with its kind, as much of who said it as may be printed, and who faces the same."""
    kind = str(KIND_NAMES[said.kind])
    who = _attribution(w, m, said)
    opening = gettext("%(kind)s (%(who)s):", kind=kind, who=who) if who else gettext("%(kind)s:", kind=kind)
    endorsed_by = m.endorsed_by(said)
    endorsement: Runs = ()
    if endorsed_by:
        names = w.listed([w.own(delegation.name) for delegation in endorsed_by])
        endorsement = w.sentence(gettext("Endorsed by %(delegations)s.", delegations=names))
    return (*w.sentence(opening), *w.said(m.words_of(said), said.lang, m.translated(said.id)), *endorsement)


def _attribution(w: Wording, m: Material, said: Contribution) -> str:
    delegation, author = m.delegation_of(said), m.author_of(said)
    if said.on_behalf:
        if delegation is None:
            return gettext("on behalf of a delegation, by a facilitator")
        name = w.put(w.own(delegation.name))
        return gettext("on behalf of %(delegation)s, by a facilitator", delegation=name)
    return ", ".join(w.put(w.own(named.name)) for named in (author, delegation) if named is not None)


def named_before(w: Wording, theme: Theme) -> Runs:
    """In which earlier meetings the same was named; empty where in none."""
    before = series.named_before(w.workshop, theme)
    places = (
        gettext("“%(theme)s” (%(meeting)s)", theme=w.put(w.own(earlier.title)), meeting=_dated(w, meeting))
        for meeting, earlier in before
    )
    return w.sentence(gettext("Named before: %(places)s.", places="; ".join(places))) if before else ()


def followed(w: Wording) -> Runs:
    """Which meetings this one follows; empty where none."""
    earlier = series.earlier_meetings(w.workshop)
    names = (_dated(w, meeting) for meeting in earlier)
    return w.sentence(gettext("This meeting followed: %(meetings)s.", meetings="; ".join(names))) if earlier else ()


def fates(w: Wording) -> list[tuple[Told, Runs]]:
    """The earlier meetings' conclusions of which it is known what became of them, and that."""
    return [(told, _fate(w, told)) for told in series.told_in(w.workshop) if told.fate is not None]


def _fate(w: Wording, told: Told) -> Runs:
    assert told.fate is not None
    state = w.label(f"{FATE_NAMES[told.fate.state]}{':' if told.note else '.'}", strong=True)
    return (state, w.read(told.note)) if told.note else (state,)


def _dated(w: Wording, meeting: Workshop) -> str:
    """An earlier meeting with its days, for a message."""
    return f"{w.put(w.own(meeting.title))}, {date_range(meeting.starts_on, meeting.ends_on, w.spoken)}"


def who_may_read(workshop: Workshop, document: str) -> str:
    """Who may read the minutes or a record that is not published."""
    return str(READER_NAMES[readers_of(workshop, document)])


def small_print(w: Wording) -> tuple[Runs, ...]:
    """Funding, disclaimer, the footnotes of the delegations that carry a mark, copyright: exactly as given."""
    workshop = w.workshop
    lines = (workshop.funding, workshop.disclaimer, *_carried(workshop), workshop.copyright)
    runs = [w.own(_as_given(texts, w)) for texts in lines]
    return tuple((run,) for run in runs if run.text)


def footnotes(w: Wording) -> tuple[Footnote, ...]:
    """The footnotes that delegations carry; each begins with the mark that it explains."""
    runs = [w.own(_as_given(texts, w)) for texts in _carried(w.workshop)]
    return tuple(Footnote(mark[0], (run,)) for run in runs if (mark := _MARK.match(run.text)))


def _carried(workshop: Workshop) -> list[Texts]:
    marks = dict.fromkeys(delegation.footnote for delegation in workshop.delegations if delegation.footnote)
    return [workshop.footnotes[key] for key in marks if key in workshop.footnotes]


def _as_given(texts: Texts, w: Wording) -> Texts:
    """Without what is in a sister language of the one asked for, which never stands in for it."""
    kept = (w.lang, other_script(w.lang), w.default, UNDETERMINED)
    return {tag: text for tag, text in texts.items() if tag in kept or not understands(w.lang, tag)}


def place_of(w: Wording) -> Run | None:
    """Where the meeting is held."""
    return w.own(w.workshop.venue) if any(w.workshop.venue.values()) else None


def header(w: Wording, *labels: object) -> tuple[Runs, ...]:
    """A table's header row."""
    return tuple((w.label(label),) for label in labels)


def counted_delegations(workshop: Workshop) -> str:
    """``6 delegations``."""
    return ngettext("%(num)s delegation", "%(num)s delegations", len(workshop.delegations))
