"""The event record: what a meeting makes public of itself. Every sentence follows from stored rows.

It names speakers and delegations, nobody else; and it says that all agreed only where each delegation's position, as
stored, says so. Where it says what one paragraph of the minutes says, it says it as people edited it there.
"""

from collections.abc import Callable, Iterable

from facilitation.activities import agreement
from facilitation.activities.agreement import Conclusion
from facilitation.activities.presentation import STATUSES
from facilitation.activities.themes import Theme
from facilitation.meeting.models import AgendaItem, Workshop
from facilitation.meeting.texts import date_range
from facilitation.record import passages
from facilitation.record.amending import amended
from facilitation.record.approval import edits_of
from facilitation.record.document import Block, Bullets, Document, Heading, Paragraph, Run, Runs, Table
from facilitation.record.edits import edited_runs
from facilitation.record.material import Material
from facilitation.record.wording import Wording, gettext, ngettext, speaking

_FIRST_KINDS = ("challenge", "positive")


def record_of(workshop: Workshop, lang: str) -> Document:
    """The event record in one language, as the meeting's rows tell it now, with what was put right in it."""
    with speaking(lang):
        return amended(Wording(workshop, lang), unamended(workshop, lang))


def unamended(workshop: Workshop, lang: str) -> Document:
    """The event record without what was put right in it after the minutes had been adopted."""
    with speaking(lang):
        w, m = Wording(workshop, lang), Material(workshop)
        edits = edits_of(workshop)

        def as_edited(paragraph: str, runs: Runs) -> Runs:
            return edited_runs(w, runs, edits.get(paragraph, {})) if runs else runs

        return Document(
            kind="record",
            slug=workshop.slug,
            lang=lang,
            title=w.own(workshop.headline if any(workshop.headline.values()) else workshop.title),
            facts=tuple(_facts(w)),
            blocks=(
                *_opening(w, m, as_edited),
                *_series(w, as_edited),
                *_programmes(w, m),
                *(block for kind in _FIRST_KINDS for block in _themes(w, m, kind)),
                *_framework(w, m),
                *(block for kind in passages.KIND_NAMES if kind not in _FIRST_KINDS for block in _themes(w, m, kind)),
                *_conclusions(w, m, as_edited),
            ),
            small_print=passages.small_print(w),
            footnotes=passages.footnotes(w),
        )


AsEdited = Callable[[str, Runs], Runs]
"""From a paragraph of the minutes, by its key, and what it says by itself to what it says as people edited it."""


def _facts(w: Wording) -> Iterable[tuple[Run, Run]]:
    workshop = w.workshop
    yield w.label(gettext("Date")), Run(date_range(workshop.starts_on, workshop.ends_on, w.lang), w.lang)
    if place := passages.place_of(w):
        yield w.label(gettext("Place")), place
    if any(workshop.organiser.values()):
        yield w.label(gettext("Organiser")), w.own(workshop.organiser)


def _opening(w: Wording, m: Material, as_edited: AsEdited) -> Iterable[Block]:
    workshop = w.workshop
    title = w.put(w.own(workshop.title))
    dates = date_range(workshop.starts_on, workshop.ends_on, w.spoken)
    if place := passages.place_of(w):
        held = gettext(
            "The meeting “%(title)s” was held on %(dates)s (%(place)s).", title=title, dates=dates, place=w.put(place)
        )
    else:
        held = gettext("The meeting “%(title)s” was held on %(dates)s.", title=title, dates=dates)
    names = w.listed([w.own(delegation.name) for delegation in workshop.delegations])
    came = ngettext(
        "The participants came from %(num)s delegation: %(delegations)s.",
        "The participants came from %(num)s delegations: %(delegations)s.",
        len(workshop.delegations),
        delegations=names,
    )
    yield Paragraph((*w.sentence(held), *w.sentence(came)), "held")
    for item in m.held:
        # Who spoke is news for the public only with what they said.
        if item.kind == "address" and item.speaker is not None and m.notes.get(item.id):
            yield Paragraph(_address(w, m, item, as_edited), f"address:{item.key}")


def _address(w: Wording, m: Material, item: AgendaItem, as_edited: AsEdited) -> Runs:
    assert item.speaker is not None
    name, title = w.put(w.own(item.speaker.name)), w.put(w.own(item.title))
    if any(item.speaker.title.values()):
        position = w.put(w.own(item.speaker.title))
        spoke = gettext("%(name)s, %(position)s, spoke (“%(item)s”).", name=name, position=position, item=title)
    else:
        spoke = gettext("%(name)s spoke (“%(item)s”).", name=name, item=title)
    return (*w.sentence(spoke), *as_edited(f"item:{item.key}:note", (w.read(m.notes[item.id]),)))


def _series(w: Wording, as_edited: AsEdited) -> Iterable[Block]:
    followed, fates = passages.followed(w), passages.fates(w)
    if followed:
        yield Paragraph(as_edited("series:followed", followed), "series:followed")
    if fates:
        yield Table(
            (w.label(gettext("What became of the conclusions of earlier meetings")),),
            passages.header(w, gettext("Conclusion"), gettext("What became of it")),
            tuple(((w.read(told.words),), fate) for told, fate in fates),
            "series:fates",
        )


def _programmes(w: Wording, m: Material) -> Iterable[Block]:
    if not m.programmes:
        return
    presented = {item.delegation_id for item in m.held if item.kind == "presentation"}
    if not any(programme.delegation_id in presented for programme in m.programmes):
        return
    yield Heading(1, (w.label(gettext("Programmes")),), "programmes")
    sentence = gettext("The delegations presented the programmes that they are developing and those that they use.")
    yield Paragraph(w.sentence(sentence), "programmes:presented")
    rows = []
    for delegation in w.workshop.delegations:
        if delegation.id in presented:
            mine = [programme for programme in m.programmes if programme.delegation_id == delegation.id]
            cells = ([w.own(each.title) for each in mine if each.status == status] for status in STATUSES)
            rows.append(((w.own(delegation.name),), *(_apart(cell) for cell in cells)))
    yield Table(
        (w.label(gettext("Programmes by delegation")),),
        passages.header(w, gettext("Delegation"), *(passages.STATUS_NAMES[status] for status in STATUSES)),
        tuple(rows),
        "programmes:table",
    )


def _apart(runs: list[Run]) -> Runs:
    """Several texts of one cell, with semicolons between them."""
    return tuple(
        Run(f"{run.text};" if n + 1 < len(runs) else run.text, run.lang, run.note) for n, run in enumerate(runs)
    )


def _themes(w: Wording, m: Material, kind: str) -> Iterable[Block]:
    themes = [theme for theme in m.themes if theme.kind == kind]
    said = sum(contribution.kind == kind for contribution in m.contributions)
    if not themes and not said:
        return
    match kind:
        case "challenge":
            heading = gettext("Challenges")
            named = ngettext("One challenge was named.", "%(num)s challenges were named.", said)
        case "positive":
            heading = gettext("Positive aspects")
            named = ngettext("One positive aspect was identified.", "%(num)s positive aspects were identified.", said)
        case "question":
            heading = gettext("Questions")
            named = ngettext("One question was asked.", "%(num)s questions were asked.", said)
        case _:
            heading = gettext("Ideas")
            named = ngettext("One idea was put forward.", "%(num)s ideas were put forward.", said)
    yield Heading(1, (w.label(heading),), f"themes:{kind}")
    if themes:
        grouped = (
            gettext("It comes down to one theme:")
            if len(themes) == 1
            else ngettext("They come down to %(num)s themes:", "They come down to %(num)s themes:", len(themes))
        )
        yield Paragraph(w.sentence(f"{named} {grouped}" if said else grouped), f"themes:{kind}:named")
        yield Bullets(tuple(_theme(w, m, theme) for theme in themes), f"themes:{kind}:list")
    else:
        yield Paragraph(w.sentence(named), f"themes:{kind}:named")


def _theme(w: Wording, m: Material, theme: Theme) -> Runs:
    counts = []
    if inside := len(m.contributions_by_theme[theme.id]):
        counts.append(ngettext("%(num)s contribution", "%(num)s contributions", inside))
    all_named = all(m.delegation_of(contribution) for contribution in m.contributions_by_theme[theme.id])
    if all_named and (delegations := len(m.delegations_in(theme))):
        counts.append(ngettext("from %(num)s delegation", "from %(num)s delegations", delegations))
    if votes := m.votes.get(theme.id):
        counts.append(ngettext("%(num)s vote", "%(num)s votes", votes))
    counted = (w.label(f"({', '.join(counts)})"),) if counts else ()
    before = passages.named_before(w, theme)
    return (w.own(theme.title), *counted, *((w.label("–"), *before) if before else ()))


def _framework(w: Wording, m: Material) -> Iterable[Block]:
    if not m.elements:
        return
    yield Heading(1, (w.label(gettext("Towards a more unified framework")),), "framework")
    sentence = ngettext(
        "As a path to a more unified framework, this element was worked out:",
        "As a path to a more unified framework, these %(num)s elements were worked out:",
        len(m.elements),
    )
    yield Paragraph(w.sentence(sentence), "framework:elements")
    elements = ((w.own(each.title), *((w.label("–"), w.own(each.text)) if each.text else ())) for each in m.elements)
    yield Bullets(tuple(elements), "framework:list")


def _conclusions(w: Wording, m: Material, as_edited: AsEdited) -> Iterable[Block]:
    if not m.conclusions:
        return
    yield Heading(1, (w.label(gettext("Conclusions")),), "conclusions")
    agreed = [each for each in m.conclusions if agreement.is_unanimous(w.workshop, each)]
    if agreed:
        count = len(w.workshop.delegations)
        sentence = (
            gettext("The only delegation agreed that:")
            if count == 1
            else ngettext("All %(num)s delegations agreed that:", "All %(num)s delegations agreed that:", count)
        )
        yield Paragraph(w.sentence(sentence), "conclusions:unanimous", sources=tuple(each.id for each in agreed))
        yield Bullets(tuple((passages.words_of(w, m, each),) for each in agreed), "conclusions:unanimous:list")
    for conclusion in m.conclusions:
        if conclusion not in agreed:
            yield from _not_unanimous(w, m, conclusion, as_edited)


def _not_unanimous(w: Wording, m: Material, conclusion: Conclusion, as_edited: AsEdited) -> Iterable[Block]:
    key = f"conclusion:{conclusion.id}"
    words = w.put(passages.words_of(w, m, conclusion))
    put = w.sentence(gettext("This was put to the delegations: “%(conclusion)s”", conclusion=words))
    yield Paragraph((*put, *passages.tally(w, conclusion)), key, sources=(conclusion.id,))
    reservations = passages.reservations(w, m, conclusion)
    lines = [as_edited(f"{key}:{delegation.code}", sentence) for delegation, sentence in reservations]
    if missing := passages.without_position(w, conclusion):
        lines.append(as_edited(f"{key}:missing", missing))
    if lines:
        yield Bullets(tuple(lines), f"{key}:positions")
