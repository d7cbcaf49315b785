"""One module a technique of facilitation; see ``docs/activities.md`` for how to add one."""
