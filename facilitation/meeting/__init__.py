"""What every meeting has: workshops, delegations, people, the agenda and its clock, texts in languages."""

MODULES = ("agenda", "owning", "recovering", "people", "undoing")
"""Whose commands and regions every meeting has."""
