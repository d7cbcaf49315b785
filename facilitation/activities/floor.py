"""The floor: hands in order, who has it now, and the seconds each delegation has had it."""

from typing import Any, Literal

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship
from typing_extensions import TypedDict

from facilitation.extensions import db
from facilitation.live.commands import Refusal, command
from facilitation.live.regions import region
from facilitation.meeting import agenda
from facilitation.meeting.acts import Key, MeetingAct
from facilitation.meeting.models import AgendaItem, Model, Person, Workshop, new_id

PURPOSES = ("question", "comment", "order")
PURPOSE_NAMES = {"question": _l("Question"), "comment": _l("Comment"), "order": _l("Point of order")}
OPEN_STATES = ("waiting", "speaking")

Purpose = Literal["question", "comment", "order"]
Order = Literal["raised", "first_time", "least_heard"]
ORDER_NAMES = {
    "raised": _l("as hands were raised"),
    "first_time": _l("who has not spoken yet first"),
    "least_heard": _l("delegations heard least first"),
}


class FloorRequest(Model):
    """A hand that somebody raised in an agenda item."""

    __tablename__ = "floor_requests"
    id: Mapped[str] = mapped_column(String(12), primary_key=True, default=new_id)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"), index=True)
    seq: Mapped[int]
    """The number of the command that made it: the order of the hands."""
    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_items.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    purpose: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    """``waiting``, ``speaking``, ``done`` or ``withdrawn``."""
    given_at: Mapped[int | None] = mapped_column(BigInteger)
    """When the floor was given to it, in milliseconds."""
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    item: Mapped[AgendaItem] = relationship(lazy="joined")
    person: Mapped[Person] = relationship(lazy="joined")


@command("floor_requested", by="contributor", during="open")
def request_floor(act: MeetingAct, *, item: Key, purpose: Purpose) -> dict[str, str]:
    """Raises one's hand in the item that is on."""
    running = act.running(item)
    if running.kind == "break":
        raise Refusal("not_now", _l("There is a break. Raise your hand when the meeting goes on."), field="item")
    if any(other.person_id == act.me.id for other in _open_requests(act.workshop)):
        raise Refusal("conflict", _l("Your hand is up already."))
    request = FloorRequest(
        id=new_id(),
        workshop_id=act.workshop.id,
        seq=act.stream.seq,
        item_id=running.id,
        person_id=act.me.id,
        purpose=purpose,
        state="waiting",
    )
    db.session.add(request)
    act.facts["purpose"] = purpose
    _touch(act, request, running)
    return {"id": request.id}


@command("floor_withdrawn", by="contributor", during="open")
def withdraw_floor(act: MeetingAct, *, request: Key) -> None:
    """Lowers one's own hand again."""
    found = _find(act, request)
    if found.person_id != act.me.id:
        raise Refusal("forbidden", _l("Only who raised a hand can lower it."), field="request")
    _check_waits(found)
    found.state = "withdrawn"
    _touch(act, found, found.item)


@command("floor_given", by="facilitator", during="open")
def give_floor(act: MeetingAct, *, request: Key) -> None:
    """Gives somebody with a raised hand the floor; whoever had it has spoken."""
    found = _find(act, request)
    _check_waits(found)
    for other in _open_requests(act.workshop):
        if other.state == "speaking":
            _end(act, other)
    found.state, found.given_at = "speaking", act.now
    _touch(act, found, found.item)


@command("floor_ended", by="facilitator contributor", during="open")
def end_floor(act: MeetingAct, *, request: Key) -> None:
    """Whoever has the floor has spoken: they say so themselves, or a facilitator does."""
    found = _find(act, request)
    if found.person_id != act.me.id and "facilitator" not in act.capacities:
        raise Refusal("forbidden", _l("Only a facilitator, or whoever has the floor, can say that."), field="request")
    if found.state != "speaking":
        raise Refusal("conflict", _l("This person does not have the floor."), field="request")
    _end(act, found)


@command("floor_ordered", by="facilitator", during="prepared open")
def order_floor(act: MeetingAct, *, order: Order) -> None:
    """Chooses in which order hands are shown, and so who is next."""
    act.workshop.rules = {**act.workshop.rules, "floor_order": order}
    act.facts["order"] = order
    act.concerns("floor")


def in_order(workshop: Workshop, waiting: list[FloorRequest]) -> list[FloorRequest]:
    """The hands in the meeting's order; among equals in the order they were raised."""
    order = workshop.rules.get("floor_order", "raised")
    heard = _heard(workshop) if order == "first_time" else set()
    spoken = seconds_by_delegation(workshop) if order == "least_heard" else {}
    return sorted(
        waiting,
        key=lambda request: (
            request.person_id in heard,
            spoken.get(request.person.delegation_id or 0, 0),
            request.seq,
        ),
    )


def _heard(workshop: Workshop) -> set[int]:
    """The ids of those who have had the floor and given it back."""
    return {request.person_id for request in requests_of(workshop) if request.state == "done"}


def _find(act: MeetingAct, request_id: str) -> FloorRequest:
    found: FloorRequest = act.made(FloorRequest, request_id, "request")
    return found


def _check_waits(request: FloorRequest) -> None:
    if request.state != "waiting":
        raise Refusal("conflict", _l("This hand is not up any more."), field="request")


def _end(act: MeetingAct, request: FloorRequest) -> None:
    request.state, request.ended_at = "done", act.now
    _touch(act, request, request.item)


def _touch(act: MeetingAct, request: FloorRequest, item: AgendaItem) -> None:
    act.facts |= {"request": request.id, "item": item.key}
    act.touch(f"hand-{request.person_id}")
    act.concerns("floor")


def _clear(act: MeetingAct, item: AgendaItem) -> None:
    """An item ends: whoever speaks in it has spoken, and the hands go down."""
    for request in _open_requests(act.workshop):
        if request.item_id == item.id:
            request.state = "done" if request.state == "speaking" else "withdrawn"
            request.ended_at = act.now if request.state == "done" else None
            act.touch(f"hand-{request.person_id}")
            act.concerns("floor")


agenda.finishing.append(_clear)


def requests_of(workshop: Workshop) -> list[FloorRequest]:
    """All hands that were raised in the meeting, in order."""
    query = select(FloorRequest).where(FloorRequest.workshop_id == workshop.id).order_by(FloorRequest.seq)
    return list(db.session.scalars(query))


def _open_requests(workshop: Workshop) -> list[FloorRequest]:
    query = select(FloorRequest).where(FloorRequest.workshop_id == workshop.id, FloorRequest.state.in_(OPEN_STATES))
    return list(db.session.scalars(query.order_by(FloorRequest.seq)))


def seconds(request: FloorRequest, now: int) -> int:
    """Seconds that somebody has had the floor for, so far; ``now`` in milliseconds."""
    if request.given_at is None:
        return 0
    return max(0, round(((request.ended_at or now) - request.given_at) / 1000))


def seconds_by_delegation(workshop: Workshop, item: AgendaItem | None = None) -> dict[int, int]:
    """Delegation's id → seconds that it has had the floor for and given it back, in one item or in all; 0 for the silent."""
    found = {delegation.id: 0 for delegation in workshop.delegations}
    for request in requests_of(workshop):
        delegation_id = request.person.delegation_id
        if request.ended_at is None or delegation_id not in found or (item is not None and request.item_id != item.id):
            continue
        found[delegation_id] += seconds(request, request.ended_at)
    return found


def delegation_speaking(workshop: Workshop) -> int | None:
    """The id of the delegation that has the floor now."""
    return next(
        (each.person.delegation_id for each in _open_requests(workshop) if each.state == "speaking"),
        None,
    )


class FloorState(TypedDict):
    """A raised hand in ``state.json``, and how long it has spoken."""

    id: str
    person: str
    delegation: str | None
    state: str
    seconds: int


def floor_state(workshop: Workshop, now: int) -> list[FloorState]:
    """The floor's part of ``state.json``; ``now`` in milliseconds."""
    return [
        {
            "id": request.id,
            "person": request.person.key,
            "delegation": request.person.delegation.code if request.person.delegation else None,
            "state": request.state,
            "seconds": seconds(request, now),
        }
        for request in requests_of(workshop)
    ]


def _who_is_up(workshop: Workshop) -> dict[str, Any]:
    requests = _open_requests(workshop)
    return {
        "speaking": next((request for request in requests if request.state == "speaking"), None),
        "waiting": in_order(workshop, [request for request in requests if request.state == "waiting"]),
        "purposes": PURPOSE_NAMES,
        "chosen": workshop.rules.get("floor_order", "raised"),
        "orders": ORDER_NAMES,
    }


def _item_with_hands(workshop: Workshop) -> AgendaItem | None:
    item = workshop.running_item()
    return None if workshop.phase != "open" or item is None or item.kind == "break" else item


@region(slot="floor", views="room screen", on="floor items people")
def floor(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """Who has the floor, and the hands in order."""
    values = _who_is_up(workshop)
    return values if values["speaking"] or values["waiting"] else None


@region(slot="floor", views="console", audience="facilitator", on="floor items people phase")
def moderating(workshop: Workshop, _key: str) -> dict[str, Any]:
    """The floor with what a facilitator can do about it."""
    return {**_who_is_up(workshop), "item": _item_with_hands(workshop), "heard": _heard(workshop)}


@region(slot="hands", views="room", audience="contributor", on="items phase")
def raising(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """The buttons to raise a hand with. The page hides them while one's own hand is up (``hand`` is there)."""
    item = _item_with_hands(workshop)
    return None if item is None else {"item": item, "purposes": PURPOSE_NAMES}


@region(
    slot="hands",
    views="room",
    audience=lambda key: f"person-{key}",
    keys=lambda workshop: [str(person.id) for person in workshop.people],
)
def hand(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """My raised hand, to lower it again, or that I have the floor."""
    mine = next((request for request in _open_requests(workshop) if request.person_id == int(key)), None)
    return None if mine is None else {"request": mine, "purposes": PURPOSE_NAMES}
