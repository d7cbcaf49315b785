"""A second meeting, which follows the reference meeting when that one's record is public."""

from pathlib import Path

import yaml

from facilitation.config import REFERENCE_PLAN

SLUG = "wb-rehabilitation-2021"
SCRIPT = Path(__file__).parent / "plans" / "second-meeting.script.yaml"


def second_plan() -> str:
    """The reference plan a year later, as text."""
    plan = yaml.safe_load(REFERENCE_PLAN.read_text(encoding="utf-8"))
    titles = {"en": "Second working group", "mk": "Втора работна група", "sq": "Grupi i dytë i punës"}
    changed = {"slug": SLUG, "starts_on": "2021-06-08", "ends_on": "2021-06-09", "title": titles}
    return yaml.safe_dump({**plan, **changed}, allow_unicode=True, sort_keys=False)
