"""What keeps an installation going: backup and restore, retention, figures for those who watch it."""

MODULES = ("privacy",)
"""Importing a module registers its commands."""
