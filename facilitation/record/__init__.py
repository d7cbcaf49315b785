"""Minutes and event record: a document model, what fills it, and one writer per format."""

MODULES: tuple[str, ...] = ("approval", "publishing", "minutes_page", "erasing", "following")
"""Modules with commands and regions of their own."""
