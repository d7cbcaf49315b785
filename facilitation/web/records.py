"""Published event records, for everybody."""

from flask import Blueprint
from sqlalchemy import select

from facilitation.extensions import db
from facilitation.meeting.models import Workshop

pages = Blueprint("records", __name__)


def published_workshops() -> list[Workshop]:
    """Meetings whose record is published, latest first."""
    return list(db.session.scalars(select(Workshop).filter_by(phase="published").order_by(Workshop.starts_on.desc())))
