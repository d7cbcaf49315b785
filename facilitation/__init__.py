"""Facilitation: runs online working groups and keeps what they agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from facilitation.config import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The application, wired from its parts. ``settings``: from the environment when not given."""
    from facilitation.wiring import wire

    return wire(settings)
