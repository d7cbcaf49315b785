"""The state of a meeting as JSON, as the member who asks may see it (see the contract, section 6)."""

from flask import Blueprint

from facilitation.meeting.acts import capacities_of
from facilitation.meeting.models import Person, Workshop
from facilitation.record.state import State, state_of
from facilitation.web.access import route

pages = Blueprint("state", __name__)


@route(pages, "/w/<slug>/state.json", "state")
def state(workshop: Workshop, me: Person) -> State:
    """The meeting's state; what the viewer may not see is absent."""
    return state_of(workshop, sees_hidden="facilitator" in capacities_of(me), viewer_id=me.id)
