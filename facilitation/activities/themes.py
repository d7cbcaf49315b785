"""Themes: what contributions have in common. A contribution never disappears in a theme or in a merge."""

from typing import Annotated, Any

from flask_babel import lazy_gettext as _l
from pydantic import Field
from sqlalchemy import JSON, ForeignKey, Select, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from facilitation.activities.capture import (
    LIVING,
    Contribution,
    Endorsement,
    card_values,
    find,
    ids_in_window,
    in_window,
    named_delegation,
    read_contributions,
    touch_contribution,
)
from facilitation.activities.sources import SOURCE_NAMES, Source, citable, uses_of
from facilitation.activities.translation import Subject, kept_in_row, reworded, translatable, translations_of
from facilitation.extensions import db
from facilitation.live.commands import Refusal, command
from facilitation.live.kept import asked_once
from facilitation.live.regions import region
from facilitation.meeting.acts import Key, MeetingAct, TextsArgument
from facilitation.meeting.agenda import ContributionKind
from facilitation.meeting.models import Delegation, Model, Workshop, new_id

WHILE_GROUPING = "open closed"
SHOWN_IN_A_THEME = 60
"""Contributions, the latest, that stand in a theme; all of them are found by their theme."""


Several = Annotated[list[Key], Field(max_length=500)]


class Theme(Model):
    """A theme of contributions of one kind."""

    __tablename__ = "themes"
    id: Mapped[str] = mapped_column(String(12), primary_key=True, default=new_id)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"), index=True)
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    title: Mapped[dict[str, str]] = mapped_column(JSON)
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("themes.id"))
    version: Mapped[int] = mapped_column(default=1)
    """Of the title."""


@command("theme_added", by="facilitator", during=WHILE_GROUPING, undoable=_l("the new theme"))
def add_theme(
    act: MeetingAct, *, kind: ContributionKind, title: TextsArgument, contributions: Several | None = None
) -> dict[str, str]:
    """Opens a theme for contributions of this kind. ``contributions``: those that it begins with."""
    theme = Theme(id=new_id(), workshop_id=act.workshop.id, seq=act.stream.seq, kind=kind, title=title)
    db.session.add(theme)
    db.session.flush()
    for contribution in contributions or []:
        _group(act, find(act, contribution), theme)
    _touch(act, theme)
    return {"id": theme.id}


@command("theme_renamed", by="facilitator", during=WHILE_GROUPING, undoable=_l("the theme's new title"))
def rename_theme(act: MeetingAct, *, theme: Key, title: TextsArgument) -> None:
    """Gives a theme another title."""
    found = find_theme(act, theme)
    found.title, found.version = reworded(act, found.id, found.title, title, found.version)
    _touch(act, found)


@command("themes_merged", by="facilitator", during=WHILE_GROUPING, undoable=_l("merging two themes"))
def merge_themes(act: MeetingAct, *, theme: Key, into: Key) -> None:
    """Moves all contributions of a theme into another one of the same kind; the emptied theme goes."""
    found, target = find_theme(act, theme), find_theme(act, into, "into")
    if found is target:
        raise Refusal("invalid", _l("A theme cannot be merged into itself."), field="into")
    if found.kind != target.kind:
        raise Refusal("invalid", _l("Only themes of the same kind can be merged."), field="into")
    for contribution in grouped(found):
        contribution.theme_id = target.id
        touch_contribution(act, contribution)
    found.merged_into = target.id
    _touch(act, found)
    _touch(act, target)


@command("theme_split", by="facilitator", during=WHILE_GROUPING, undoable=_l("splitting a theme"))
def split_theme(act: MeetingAct, *, theme: Key, contributions: list[Key], title: TextsArgument) -> dict[str, str]:
    """Moves some contributions of a theme into a new one."""
    found = find_theme(act, theme)
    moved = [find(act, contribution) for contribution in contributions]
    if not moved or any(contribution.theme_id != found.id for contribution in moved):
        raise Refusal("invalid", _l("Choose contributions of this theme."), field="contributions")
    new = Theme(id=new_id(), workshop_id=act.workshop.id, seq=act.stream.seq, kind=found.kind, title=title)
    db.session.add(new)
    db.session.flush()
    for contribution in moved:
        contribution.theme_id = new.id
        touch_contribution(act, contribution)
    _touch(act, found)
    _touch(act, new)
    return {"id": new.id}


@command(
    "contribution_grouped", by="facilitator", during=WHILE_GROUPING, undoable=_l("moving a contribution into a theme")
)
def group_contribution(act: MeetingAct, *, contribution: Key, theme: Key, others: Several | None = None) -> None:
    """Puts a contribution into a theme of its kind; it leaves the one that it was in. ``others``: those that go with it."""
    target = find_theme(act, theme)
    for each in dict.fromkeys((contribution, *(others or []))):
        _group(act, find(act, each), target)
    act.facts["theme"] = target.id
    act.concerns("grouping")


def _group(act: MeetingAct, found: Contribution, target: Theme) -> None:
    if found.kind != target.kind:
        raise Refusal("invalid", _l("This theme is for another kind of contributions."), field="theme")
    touch_contribution(act, found)
    found.theme_id = target.id
    touch_contribution(act, found)


@command(
    "contribution_ungrouped",
    by="facilitator",
    during=WHILE_GROUPING,
    undoable=_l("moving a contribution out of its theme"),
)
def ungroup_contribution(act: MeetingAct, *, contribution: Key) -> None:
    """Moves a contribution back, out of its theme."""
    found = find(act, contribution)
    if found.theme_id is None:
        raise Refusal("conflict", _l("This contribution is in no theme."), field="contribution")
    touch_contribution(act, found)
    found.theme_id = None
    act.concerns("grouping")


@command(
    "contributions_merged", by="facilitator", during=WHILE_GROUPING, undoable=_l("showing two contributions together")
)
def merge_contributions(act: MeetingAct, *, contribution: Key, into: Key) -> None:
    """Says that one contribution tells the same as another. Both stay; the first is shown with the second from now on."""
    found, target = find(act, contribution), find(act, into)
    if found is target or target.merged_into is not None:
        raise Refusal("invalid", _l("Choose another contribution to merge it with."), field="into")
    if found.kind != target.kind:
        raise Refusal("invalid", _l("Only contributions of the same kind can be merged."), field="into")
    touch_contribution(act, found)
    found.merged_into = target.id
    if target.theme_id is not None:
        found.theme_id = target.theme_id
    touch_contribution(act, found)
    touch_contribution(act, target)
    act.concerns("grouping")


def find_theme(act: MeetingAct, theme_id: str, field: str = "theme") -> Theme:
    """The theme, unless it was merged into another one."""
    found: Theme = act.made(Theme, theme_id, field)
    if found.merged_into is not None:
        raise Refusal("not_found", _l("This is no longer there."), field=field)
    return found


@asked_once
def themes_of(workshop: Workshop, kind: str | None = None) -> list[Theme]:
    """The meeting's themes, of one kind or of all, in the order they were made."""
    query = select(Theme).where(Theme.workshop_id == workshop.id, Theme.merged_into.is_(None))
    if kind is not None:
        query = query.where(Theme.kind == kind)
    return list(db.session.scalars(query.order_by(Theme.seq)))


def grouped(theme: Theme, latest: int | None = None) -> list[Contribution]:
    """The theme's contributions that are not withdrawn or redacted, or the latest of them, in the order they were made."""
    query = select(Contribution).where(Contribution.theme_id == theme.id, Contribution.state.in_(LIVING))
    found = list(db.session.scalars(query.order_by(Contribution.seq.desc()).limit(latest)))
    return found[::-1]


def delegations_in(workshop: Workshop, theme: Theme) -> list[Delegation]:
    """The delegations that contributed to the theme or endorsed one of its contributions, as far as they may be named."""
    inside = _visible_in(workshop, theme)
    wrote = db.session.scalars(inside.with_only_columns(Contribution.delegation_id).distinct())
    endorsing = select(Endorsement.delegation_id).where(Endorsement.contribution_id.in_(inside))
    told = {each.id for each in workshop.delegations if each.contributors >= workshop.minimum_contributors}
    ids = (set(wrote) & told) | set(db.session.scalars(endorsing.distinct()))
    return [delegation for delegation in workshop.delegations if delegation.id in ids]


def _visible_in(workshop: Workshop, theme: Theme) -> Select[Any]:
    """The ids of the theme's contributions that everybody may see."""
    items = [item.id for item in workshop.agenda if not item.hides_cards]
    return select(Contribution.id).where(
        Contribution.theme_id == theme.id, Contribution.state == "shown", Contribution.item_id.in_(items)
    )


def _touch(act: MeetingAct, theme: Theme) -> None:
    act.touch(f"theme-{theme.id}", f"naming-{theme.id}", f"translating-{theme.id}")
    act.concerns("themes", "grouping")
    act.facts["theme"] = theme.id


def _theme_ids(workshop: Workshop) -> list[str]:
    return [theme.id for theme in themes_of(workshop)]


def _shown(key: str) -> Theme | None:
    found = db.session.get(Theme, key)
    return None if found is None or found.merged_into is not None else found


@region(slot="themes", views="room console screen delegation", keys=_theme_ids, on="framework conclusions")
def theme(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """A theme with its contributions and the delegations behind them."""
    found = _shown(key)
    if found is None:
        return None
    inside = [contribution for contribution in grouped(found, SHOWN_IN_A_THEME) if contribution.visible]
    ids = {contribution.id for contribution in inside}
    count = db.session.scalar(select(func.count()).select_from(_visible_in(workshop, found).subquery())) or 0
    return {
        "order": f"{found.seq:08}",
        "theme": found,
        "count": count,
        "more": max(0, count - len(inside)),
        "contributions": [
            (
                contribution,
                translations_of(workshop.id, contribution.id),
                named_delegation(workshop, contribution),
                [other for other in inside if other.merged_into == contribution.id],
            )
            for contribution in inside
            if contribution.merged_into not in ids
        ],
        "delegations": delegations_in(workshop, found),
        "uses": uses_of(workshop, found.id),
        "source_names": SOURCE_NAMES,
    }


@region(slot="themes", views="console", audience="facilitator", keys=_theme_ids, on="themes translations")
def naming(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """What a facilitator can do about a theme."""
    found = _shown(key)
    if found is None:
        return None
    others = [other for other in themes_of(workshop, found.kind) if other is not found]
    inside = [each for each in grouped(found, SHOWN_IN_A_THEME) if each.merged_into is None]
    return {"order": f"{found.seq:08}+", "theme": found, "others": others, "contributions": inside}


@region(slot="board", views="console", audience="facilitator", on="phase")
def opening(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """The form to open a theme."""
    return {} if workshop.phase in ("open", "closed") else None


@region(
    slot="cards",
    views="console",
    audience="facilitator",
    keys=ids_in_window("handling"),
    read_ahead=read_contributions,
    on="themes items translations",
)
def handling(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """What a facilitator can do about a contribution; shows its text too while the others cannot see it."""
    contribution = db.session.get(Contribution, key)
    if contribution is None or contribution.state not in LIVING or not in_window("handling", contribution):
        return None
    return {"order": f"{contribution.seq:08}+", **handling_values(workshop, contribution)}


def handling_values(workshop: Workshop, contribution: Contribution) -> dict[str, Any]:
    """What is needed to do something about a contribution."""
    return {"themes": themes_of(workshop, contribution.kind), **card_values(workshop, contribution)}


def _subject(workshop: Workshop, subject_id: str) -> Subject | None:
    found = db.session.get(Theme, subject_id)
    if found is None or found.workshop_id != workshop.id or found.merged_into is not None:
        return None

    touches = (
        f"theme-{found.id}",
        f"naming-{found.id}",
        *(f"handling-{each.id}" for each in grouped(found, SHOWN_IN_A_THEME)),
    )
    return kept_in_row(found, "title", touches, _l("theme"))


translatable(_subject, _theme_ids)


def _theme_source(workshop: Workshop, source_id: str) -> Source | None:
    found = db.session.get(Theme, source_id)
    seen = set()
    while found is not None and found.merged_into is not None and found.id not in seen:
        seen.add(found.id)
        found = db.session.get(Theme, found.merged_into)
    if found is None or found.workshop_id != workshop.id:
        return None
    return Source(found.id, "theme", found.title)


citable(_theme_source)
