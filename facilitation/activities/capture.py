"""Capture: what people contribute, live or in silent writing; who said it; who faces the same."""

from collections.abc import Callable, Iterable
from typing import Any, Literal

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, ForeignKey, Index, String, bindparam, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from facilitation.activities.presentation import find_programme
from facilitation.activities.sources import Source, citable
from facilitation.activities.translation import (
    LATER,
    ON_NOW,
    Subject,
    Translation,
    on_screen_with,
    read_translations_of,
    translatable,
    translations_of,
)
from facilitation.extensions import db
from facilitation.live.commands import CHANGED_MEANWHILE, Refusal, command, hash_of
from facilitation.live.regions import region
from facilitation.live.steps import Step
from facilitation.meeting import undoing, workshops
from facilitation.meeting.acts import Key, Language, MeetingAct, Words
from facilitation.meeting.agenda import ContributionKind
from facilitation.meeting.models import AgendaItem, Delegation, Model, Person, Workshop, new_id
from facilitation.meeting.workshops import Anonymity

KINDS = ("challenge", "positive", "question", "idea")
LIVING = ("shown", "waiting", "hidden")
"""States of a contribution that is still there."""
WINDOWS = {"card": 300, "handling": 60}
"""Region → how many contributions, the latest, stand on the pages with it. Earlier ones are found by what they say
(``finding``); browsers look through every form of a page whenever it changes, and are slow with thousands."""
LEAVE_AT_ONCE = 20
"""Contributions that leave the pages together, once so many more stand there: so that not every new one costs a look."""
LAST_OF_ALL = 999_999_999
"""Greater than every number: what is taken from it is ordered the other way round."""


redacting: list[Callable[[MeetingAct, "Contribution"], None]] = []
"""Who else keeps a contribution's text and must let go of it: called with the act and the contribution."""


class Contribution(Model):
    """Something that a person wrote in an agenda item."""

    __tablename__ = "contributions"
    __table_args__ = (
        Index("ix_contributions_place", "workshop_id", "seq"),
        Index("ix_contributions_delegation", "delegation_id"),
        Index("ix_contributions_item", "item_id"),
        Index("ix_contributions_theme", "theme_id"),
    )
    id: Mapped[str] = mapped_column(String(12), primary_key=True, default=new_id)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"))
    seq: Mapped[int]
    """The number of the command that made it."""
    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_items.id"))
    kind: Mapped[str] = mapped_column(String(16))
    lang: Mapped[str] = mapped_column(String(35))
    text: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    anonymity: Mapped[str] = mapped_column(String(16))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    """Nobody, when anonymous or written on somebody's behalf."""
    delegation_id: Mapped[int | None] = mapped_column(ForeignKey("delegations.id"))
    """None, when anonymous."""
    on_behalf: Mapped[bool] = mapped_column(default=False)
    """Whether a facilitator wrote it for the delegation."""
    key_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    """Of the making command's id: what proves an anonymous author."""
    programme_id: Mapped[str | None] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(16))
    """``shown``, ``waiting`` (for moderation), ``hidden``, ``withdrawn`` or ``redacted``."""
    parked: Mapped[bool] = mapped_column(default=False)
    """Put aside as an open question."""
    theme_id: Mapped[str | None] = mapped_column(ForeignKey("themes.id"))
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("contributions.id"))
    made_at: Mapped[int] = mapped_column(BigInteger)
    """For an anonymous one: when its item began."""
    item: Mapped[AgendaItem] = relationship()
    author: Mapped[Person | None] = relationship()
    delegation: Mapped[Delegation | None] = relationship()
    endorsements: Mapped[list["Endorsement"]] = relationship(order_by="Endorsement.seq")

    @property
    def visible(self) -> bool:
        """Whether everybody of the meeting may see it."""
        return self.state == "shown" and not self.item.hides_cards


class Revision(Model):
    """An earlier wording; goes when its contribution is redacted."""

    __tablename__ = "contribution_revisions"
    contribution_id: Mapped[str] = mapped_column(ForeignKey("contributions.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


class Endorsement(Model):
    """A delegation says: we face this too."""

    __tablename__ = "endorsements"
    contribution_id: Mapped[str] = mapped_column(ForeignKey("contributions.id", ondelete="CASCADE"), primary_key=True)
    delegation_id: Mapped[int] = mapped_column(ForeignKey("delegations.id"), primary_key=True)
    seq: Mapped[int]
    delegation: Mapped[Delegation] = relationship()


class Window(Model):
    """Which contributions of a meeting stand on its pages with a region: the latest that are still there."""

    __tablename__ = "windows"
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"), primary_key=True)
    region: Mapped[str] = mapped_column(String(16), primary_key=True)
    begins: Mapped[int]
    """The least number of a contribution in it."""
    inside: Mapped[int]


def named_delegation(workshop: Workshop, contribution: Contribution) -> Delegation | None:
    """The delegation as others may see it beside the contribution: not while too few of it have contributed."""
    delegation = workshop.delegation_by_id(contribution.delegation_id)
    if delegation is None or delegation.contributors < workshop.minimum_contributors:
        return None
    return delegation


def _is_written_for_a_delegation(workshop: Workshop) -> bool:
    written = select(Contribution.id).where(
        Contribution.workshop_id == workshop.id, Contribution.anonymity == "delegation"
    )
    return db.session.scalar(written.limit(1)) is not None


workshops.hidden_by_number.append(_is_written_for_a_delegation)


def named_author(contribution: Contribution) -> Person | None:
    """The author, where the contribution is named."""
    return contribution.author if contribution.anonymity == "named" else None


@command("contribution_added", by="contributor facilitator", during="open")
def add_contribution(
    act: MeetingAct,
    *,
    item: Key,
    kind: ContributionKind,
    lang: Language,
    text: Words,
    anonymity: Anonymity,
    programme: Key | None = None,
    on_behalf_of: Key | None = None,
) -> dict[str, Any]:
    """Contributes to the item that is on. Anonymous: nothing ties the author to it but this command's id."""
    if on_behalf_of is None and "contributor" not in act.capacities:
        raise Refusal("forbidden", _l("Say on behalf of which delegation you write this."), field="on_behalf_of")
    if on_behalf_of is not None and "facilitator" not in act.capacities:
        raise Refusal("forbidden", _l("Only a facilitator writes on behalf of a delegation."), field="on_behalf_of")
    if on_behalf_of is not None and anonymity == "named":
        raise Refusal(
            "invalid", _l("What is written on behalf of a delegation carries no person's name."), field="anonymity"
        )
    running = act.running(item)
    if running.kind == "break":
        raise Refusal(
            "not_now", _l("There is a break. Your text is kept; send it when the meeting goes on."), field="item"
        )
    contribution = Contribution(
        id=new_id(),
        workshop_id=act.workshop.id,
        seq=act.stream.seq,
        item_id=running.id,
        kind=kind,
        lang=lang,
        text=text,
        anonymity=anonymity,
        programme_id=_programme_id(act, programme) if anonymity != "anonymous" else None,
        state="waiting" if act.workshop.rules.get("moderation") == "before" else "shown",
        made_at=act.now,
        on_behalf=on_behalf_of is not None,
    )
    if anonymity == "anonymous":
        contribution.key_hash = _key_hash(act.command_id)
        contribution.made_at = running.started_at or act.now
        act.forget_the_actor(at=contribution.made_at)
    elif on_behalf_of is not None:
        contribution.delegation_id = act.delegation(on_behalf_of).id
    else:
        contribution.author_id, contribution.delegation_id = act.me.id, act.me.delegation_id
        _count_contributor(act)
    # Just an insert: the unit of work would cost as much as all the rest of the command.
    db.session.bulk_save_objects([contribution])
    act.facts |= {"contribution": contribution.id, "item": item}
    touch_contribution(act, contribution)
    _one_more(act)
    return {"id": contribution.id}


def _count_contributor(act: MeetingAct) -> None:
    """Counts the acting person among those who have contributed under their delegation's name, once."""
    me, delegation = act.me, act.me.delegation
    if me.has_contributed and me.contributed_for == me.delegation_id:
        return
    me.has_contributed, me.contributed_for = True, me.delegation_id
    act.touch(f"contributed-{me.id}")
    if delegation is not None:
        delegation.contributors += 1
        if delegation.contributors == act.workshop.minimum_contributors:
            for earlier in db.session.scalars(select(Contribution).filter_by(delegation_id=delegation.id)):
                touch_contribution(act, earlier)


@command("contribution_edited", by="contributor facilitator", during="open")
def edit_contribution(
    act: MeetingAct, *, contribution: Key, text: Words, version: int, made_by: str | None = None
) -> dict[str, Any]:
    """Mends one's own contribution. ``version``: the one that was mended; ``made_by``: the making command's id, for an
    anonymous one (it may also stand for ``contribution``)."""
    found = _own(act, contribution, made_by)
    if found.version != version:
        raise Refusal("stale", CHANGED_MEANWHILE, field="version")
    db.session.add(Revision(contribution_id=found.id, version=found.version, text=found.text))
    found.text, found.version = text, found.version + 1
    if found.state == "shown" and act.workshop.rules.get("moderation") == "before":
        found.state = "waiting"
    touch_contribution(act, found)
    return {"id": found.id, "version": found.version}


@command("contribution_withdrawn", by="contributor facilitator", during="open closed")
def withdraw_contribution(act: MeetingAct, *, contribution: Key, made_by: str | None = None) -> None:
    """Takes one's own contribution back."""
    found = _own(act, contribution, made_by)
    touch_contribution(act, found)
    found.state, found.theme_id = "withdrawn", None
    _one_less(act, found)


@command(
    "contribution_moderated", by="facilitator", during="open closed", undoable=_l("showing or hiding a contribution")
)
def moderate_contribution(
    act: MeetingAct, *, contribution: Key, decision: Literal["show", "hide"], reason: Words | None = None
) -> None:
    """Shows a contribution to everybody, or hides it from them."""
    found = find(act, contribution)
    found.state = "shown" if decision == "show" else "hidden"
    act.facts["decision"] = decision
    touch_contribution(act, found)


@command("contribution_redacted", by="facilitator", during="open closed")
def redact_contribution(act: MeetingAct, *, contribution: Key, reason: Words) -> None:
    """Removes a contribution's text, its earlier wordings and its translations for good; only that it was there remains."""
    redact(act, find(act, contribution))


def redact(act: MeetingAct, found: Contribution) -> None:
    """Removes a contribution's text wherever it is kept."""
    touch_contribution(act, found)
    db.session.query(Revision).filter_by(contribution_id=found.id).delete()
    db.session.query(Translation).filter_by(workshop_id=act.workshop.id, subject=found.id).delete()
    for hook in redacting:
        hook(act, found)
    was_there = found.state in LIVING
    found.text, found.state, found.theme_id = "", "redacted", None
    if was_there:
        _one_less(act, found)
    act.concerns("translations")


@command("contributions_revealed", by="facilitator", during="open closed")
def reveal_contributions(act: MeetingAct, *, item: Key) -> None:
    """Shows what was written silently in an item."""
    chosen = act.item(item)
    chosen.revealed_at = chosen.revealed_at or act.now
    act.facts["item"] = chosen.key
    for contribution in contributions_of(act.workshop, item=chosen):
        touch_contribution(act, contribution)
    act.concerns("items")


@command("contribution_parked", by="facilitator", during="open closed", undoable=_l("putting a contribution aside"))
def park(act: MeetingAct, *, contribution: Key) -> None:
    """Puts a contribution aside as an open question; parked again: takes it back."""
    found = find(act, contribution)
    found.parked = not found.parked
    touch_contribution(act, found)
    act.facts["parked"] = found.parked


@command("contribution_endorsed", by="contributor", during="open")
def endorse(act: MeetingAct, *, contribution: Key) -> None:
    """Says for one's delegation: we face this too."""
    found, delegation_id = find(act, contribution), _my_delegation(act)
    if not found.visible:
        raise Refusal("not_found", _l("This is no longer there."), field="contribution")
    # Not more: a refusal to others of the delegation would tell them whose unnamed card it is.
    is_known = found.anonymity == "named" or named_delegation(act.workshop, found) is not None
    if found.author_id == act.me.id or (is_known and found.delegation_id == delegation_id):
        raise Refusal("conflict", _l("This is your delegation's own already."), field="contribution")
    if db.session.get(Endorsement, (found.id, delegation_id)) is None:
        db.session.add(Endorsement(contribution_id=found.id, delegation_id=delegation_id, seq=act.stream.seq))
    touch_contribution(act, found)


@command("endorsement_withdrawn", by="contributor", during="open")
def withdraw_endorsement(act: MeetingAct, *, contribution: Key) -> None:
    """Takes one's delegation's endorsement back."""
    found = find(act, contribution)
    row = db.session.get(Endorsement, (found.id, _my_delegation(act)))
    if row is not None:
        db.session.delete(row)
    touch_contribution(act, found)


def _keep_what_was_written(act: MeetingAct, step: Step) -> None:
    """An item that somebody has contributed to since it started has begun, whether by mistake or not."""
    started = [item for item in act.workshop.agenda if item.state == "running"] if step.name == "start_item" else []
    if any(db.session.scalar(_WRITTEN_SINCE, {"item": item.id, "seq": step.seq}) for item in started):
        raise Refusal(
            "conflict", _l("Somebody has contributed to this item meanwhile. Finish it, or reopen the other one.")
        )


_WRITTEN_SINCE = select(Contribution.id).where(
    Contribution.item_id == bindparam("item"), Contribution.seq > bindparam("seq"), Contribution.state.in_(LIVING)
)
undoing.guards.append(_keep_what_was_written)


def find(act: MeetingAct, contribution_id: str) -> Contribution:
    """The contribution, unless it was withdrawn or redacted."""
    found: Contribution = act.made(Contribution, contribution_id, "contribution")
    if found.state in ("withdrawn", "redacted"):
        raise Refusal("not_found", _l("This is no longer there."), field="contribution")
    return found


def _programme_id(act: MeetingAct, key: str | None) -> str | None:
    if key is None:
        return None
    programme = find_programme(act.workshop, key)
    if programme is None:
        raise Refusal("not_found", _l("This is no longer there."), field="programme")
    return programme.id


def _key_hash(command_id: str) -> str:
    return hash_of("contribution", command_id.lower())


def _own(act: MeetingAct, contribution_id: str, made_by: str | None) -> Contribution:
    """The acting person's own contribution; for an anonymous one, whoever knows the making command's id is its author."""
    proof = _key_hash(made_by or contribution_id)
    by_proof = db.session.scalar(select(Contribution).filter_by(workshop_id=act.workshop.id, key_hash=proof))
    if by_proof is not None and contribution_id in (by_proof.id, made_by or contribution_id):
        act.forget_the_actor(at=by_proof.made_at)
        return find(act, by_proof.id)
    found = find(act, contribution_id)
    if found.author_id is None or found.author_id != act.actor_id:
        raise Refusal("forbidden", _l("Only who wrote it can change it."), field="contribution")
    return found


def _my_delegation(act: MeetingAct) -> int:
    if act.me.delegation_id is None:
        raise Refusal("forbidden", _l("Only delegations endorse."))
    return act.me.delegation_id


def in_window(region: str, contribution: Contribution) -> bool:
    """Whether it stands on the pages with this region, as far as its age decides that."""
    return contribution.seq >= _window_begins(contribution.workshop_id, region)


def _window_begins(workshop_id: int, region: str) -> int:
    window = db.session.get(Window, (workshop_id, region))
    return window.begins if window is not None else 0


# Said once, without the mapper: every contribution pays for it.
_ONE_MORE = (
    update(Window)
    .where(Window.workshop_id == bindparam("workshop"))
    .values(inside=Window.inside + 1)
    .returning(Window.region, Window.begins, Window.inside)
    .execution_options(synchronize_session=False)
)


def _one_more(act: MeetingAct) -> None:
    """A contribution came: where a window is more than full, the earliest in it leave the pages."""
    connection = db.session.connection()
    windows = connection.execute(_ONE_MORE, {"workshop": act.workshop.id}).all()
    if not windows:
        connection.execute(insert(Window), [_first(act, name) for name in WINDOWS])
    for name, begins, inside in windows:
        if inside >= WINDOWS[name] + LEAVE_AT_ONCE:
            _let_leave(act, name, begins, inside - WINDOWS[name])


def _first(act: MeetingAct, name: str) -> dict[str, Any]:
    return {"workshop_id": act.workshop.id, "region": name, "begins": 0, "inside": 1}


def _let_leave(act: MeetingAct, name: str, begins: int, number: int) -> None:
    living = select(Contribution.id, Contribution.seq).where(
        Contribution.workshop_id == act.workshop.id, Contribution.state.in_(LIVING), Contribution.seq >= begins
    )
    leaving = db.session.execute(living.order_by(Contribution.seq).limit(number)).all()
    act.touch(*(f"{name}-{contribution_id}" for contribution_id, _ in leaving))
    window = db.session.get_one(Window, (act.workshop.id, name), populate_existing=True)
    window.begins, window.inside = leaving[-1][1] + 1, window.inside - len(leaving)


def _one_less(act: MeetingAct, gone: Contribution) -> None:
    """A contribution went: where it was in a window, the latest before it comes back to the pages."""
    db.session.flush()
    for window in db.session.scalars(select(Window).filter_by(workshop_id=act.workshop.id)):
        if gone.seq < window.begins:
            continue
        before = select(Contribution.id, Contribution.seq).where(
            Contribution.workshop_id == act.workshop.id,
            Contribution.state.in_(LIVING),
            Contribution.seq < window.begins,
        )
        coming = db.session.execute(before.order_by(Contribution.seq.desc()).limit(1)).one_or_none()
        if coming is None:
            window.inside -= 1
        else:
            window.begins = coming[1]
            act.touch(f"{window.region}-{coming[0]}")


def touch_contribution(act: MeetingAct, contribution: Contribution) -> None:
    """Touches everything that shows this contribution."""
    act.touch(
        "capturing",
        "suggesting",
        f"card-{contribution.id}",
        f"handling-{contribution.id}",
        f"translating-{contribution.id}",
    )
    if contribution.author_id is not None:
        act.touch(f"mine-{contribution.author_id}-{contribution.id}")
    delegation = act.workshop.delegation_by_id(contribution.delegation_id)
    if delegation is not None and (contribution.anonymity == "named" or named_delegation(act.workshop, contribution)):
        # Not while too few have contributed: that the delegation's own page changed would tell whose card it is.
        act.touch(f"points-{delegation.code}")
    if contribution.theme_id is not None:
        act.touch(f"theme-{contribution.theme_id}", f"naming-{contribution.theme_id}")
    act.facts.setdefault("contribution", contribution.id)


def contributions_of(
    workshop: Workshop, item: AgendaItem | None = None, states: Iterable[str] = LIVING
) -> list[Contribution]:
    """Contributions in the order they were made."""
    query = select(Contribution).where(Contribution.workshop_id == workshop.id, Contribution.state.in_(tuple(states)))
    if item is not None:
        query = query.where(Contribution.item_id == item.id)
    return list(db.session.scalars(query.order_by(Contribution.seq)))


def visible_contributions(workshop: Workshop) -> list[Contribution]:
    """What everybody may see."""
    return [contribution for contribution in contributions_of(workshop, states=("shown",)) if contribution.visible]


def ids_in_window(region: str) -> Callable[[Workshop], list[str]]:
    """From a meeting to the ids of its contributions that stand on the pages with this region."""

    def ids(workshop: Workshop) -> list[str]:
        query = select(Contribution.id).where(
            Contribution.workshop_id == workshop.id,
            Contribution.state.in_(LIVING),
            Contribution.seq >= _window_begins(workshop.id, region),
        )
        return list(db.session.scalars(query.order_by(Contribution.seq)))

    return ids


def _contributor_ids(workshop: Workshop) -> list[str]:
    return [str(person.id) for person in workshop.people if person.has_contributed]


def _own_ids(workshop: Workshop) -> list[str]:
    query = select(Contribution.author_id, Contribution.id).where(
        Contribution.workshop_id == workshop.id, Contribution.author_id.is_not(None), Contribution.state.in_(LIVING)
    )
    return [f"{author_id}-{contribution_id}" for author_id, contribution_id in db.session.execute(query)]


def _their_owner(key: str) -> str:
    return f"person-{key.partition('-')[0]}"


def read_contributions(workshop: Workshop, ids: list[str]) -> None:
    """Reads contributions and what is shown of them, at once; they are in the session afterwards."""
    with_endorsements = selectinload(Contribution.endorsements).joinedload(Endorsement.delegation)
    db.session.scalars(select(Contribution).where(Contribution.id.in_(ids)).options(with_endorsements)).all()
    read_translations_of(workshop.id, ids)


def _read_own(workshop: Workshop, keys: list[str]) -> None:
    read_contributions(workshop, [key.partition("-")[2] for key in keys])


def card_values(workshop: Workshop, contribution: Contribution) -> dict[str, Any]:
    """What a card shows."""
    return {
        "contribution": contribution,
        "author": named_author(contribution),
        "delegation": named_delegation(workshop, contribution),
        "translations": translations_of(workshop.id, contribution.id),
        "endorsed_by": [endorsement.delegation for endorsement in contribution.endorsements],
    }


@region(slot="compose", views="room", audience="contributor", on="items phase")
def compose(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """The form to contribute with; in the lobby there is the practice card in its place."""
    item = workshop.running_item()
    if workshop.phase != "open" or item is None or item.kind in ("break", "lobby"):
        return None
    return {"item": item, "kinds": KINDS, "rules": workshop.rules}


@region(slot="cards", views="room console screen", keys=ids_in_window("card"), read_ahead=read_contributions)
def card(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """A contribution that everybody may see; the same for everybody."""
    contribution = db.session.get(Contribution, key)
    if contribution is None or not contribution.visible or not in_window("card", contribution):
        return None
    return {"order": f"{contribution.seq:08}", **card_values(workshop, contribution)}


@region(slot="mine", views="room", audience=_their_owner, keys=_contributor_ids)
def contributed(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """The headline above what I have contributed."""
    person = workshop.person_by_id(int(key))
    return {} if person is not None and person.has_contributed else None


@region(slot="mine", views="room", audience=_their_owner, keys=_own_ids, on="phase", read_ahead=_read_own)
def mine(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """Something I have contributed under my or my delegation's name, to mend or take back; the latest first."""
    contribution = db.session.get(Contribution, key.partition("-")[2])
    if contribution is None or contribution.state not in LIVING:
        return None
    return {"order": f"{LAST_OF_ALL - contribution.seq:09}", "contribution": contribution}


@region(slot="capture", views="room console screen", on="items")
def capturing(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """Silent writing: how much has been written that nobody sees yet, also when its item is over."""
    item = workshop.running_item()
    if item is None or item.kind != "capture":
        over = [each for each in workshop.agenda if each.state == "done" and each.hides_cards]
        item = next((each for each in reversed(over) if _written_in(each)), None)
    return None if item is None else {"item": item, "count": _written_in(item), "hidden": item.hides_cards}


def _written_in(item: AgendaItem) -> int:
    query = select(func.count()).where(Contribution.item_id == item.id, Contribution.state.in_(LIVING))
    return db.session.scalar(query) or 0


def _subject(workshop: Workshop, subject_id: str) -> Subject | None:
    found = db.session.get(Contribution, subject_id)
    if found is None or found.workshop_id != workshop.id or not found.visible:
        return None
    touches = [f"card-{found.id}", f"handling-{found.id}"]
    if found.theme_id is not None:
        touches.append(f"theme-{found.theme_id}")
    running = workshop.running_item()
    urgency = ON_NOW if running is not None and found.item_id == running.id else LATER
    return Subject(
        {found.lang: found.text}, found.version, tuple(touches), _l("contribution"), found.seq, urgency=urgency
    )


def _translating_in(act: MeetingAct, item: AgendaItem) -> list[str]:
    return [each.id for each in contributions_of(act.workshop, item=item) if each.visible]


on_screen_with(_translating_in)
translatable(
    _subject,
    lambda workshop: [contribution.id for contribution in visible_contributions(workshop)],
    read_contributions,
)


def _contribution_source(workshop: Workshop, source_id: str) -> Source | None:
    found = db.session.get(Contribution, source_id)
    if found is None or found.workshop_id != workshop.id:
        return None
    return Source(found.id, "contribution", {found.lang: found.text} if found.visible else {}, found.kind)


citable(_contribution_source)
