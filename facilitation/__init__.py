"""Facilitation: runs online working groups and keeps what they agree."""
