"""One module a technique of facilitation; see ``docs/activities.md`` for how to add one."""

MODULES = (
    "announcements",
    "practice",
    "floor",
    "presentation",
    "slides",
    "capture",
    "themes",
    "finding",
    "vote",
    "framework",
    "agreement",
    "consulting",
    "series",
    "ways",
    "equity",
    "notes",
    "translation",
)
"""The registry: importing a module registers its commands and regions. The order is that of the regions on a page."""
