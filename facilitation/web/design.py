"""The design page: every component in every state, as the regions' own templates make it, from a sample that is no meeting."""

import re
from datetime import date
from types import SimpleNamespace as Sample
from typing import Any

from flask import Blueprint, render_template
from flask_babel import gettext
from markupsafe import Markup

from facilitation.activities.agreement import STANCE_CHOICES, STATE_NAMES
from facilitation.activities.capture import KINDS
from facilitation.activities.equity import Share
from facilitation.activities.floor import ORDER_NAMES, PURPOSE_NAMES
from facilitation.activities.sources import SOURCE_NAMES, Source
from facilitation.extensions import now_ms
from facilitation.meeting.models import AgendaItem, Delegation, Person, Workshop
from facilitation.meeting.texts import Text
from facilitation.web.access import route
from facilitation.web.client_texts import client_texts
from facilitation.web.language import reader_language
from facilitation.web.templating import STANCE_NAMES

pages = Blueprint("design", __name__)

MINUTE = 60_000
# Long words, two scripts: what makes a label wrap badly does so here first.
TITLE = {
    "en": "Challenges that staff face in working with convicted persons",
    "mk": "Предизвици со кои се соочува персоналот во работата со осудените лица",
    "sq": "Sfidat me të cilat përballet personeli në punën me personat e dënuar",
}
DELEGATIONS = (
    ("mk", {"en": "North Macedonia", "mk": "Северна Македонија", "sq": "Maqedonia e Veriut"}),
    ("ba", {"en": "Bosnia and Herzegovina", "mk": "Босна и Херцеговина", "sq": "Bosnja dhe Hercegovina"}),
    ("al", {"en": "Albania", "mk": "Албанија", "sq": "Shqipëria"}),
)
WORDS = (
    ("sq", "Mbipopullimi dhe mungesa e personelit të specializuar për programet e rehabilitimit"),
    ("mk", "Недоволна институционална соработка при постпеналниот третман"),
    ("en", "Training is offered once a year"),
    ("mk", "Мотивирачкиот разговор дава резултати"),
)


def _meeting() -> Workshop:
    delegations = [
        Delegation(id=n, code=code, name=name, place=n, languages=[], contributors=3)
        for n, (code, name) in enumerate(DELEGATIONS, 1)
    ]
    item = AgendaItem(
        id=1, key="sample", day=1, place=1, start="10:00", minutes=25, extra_minutes=0, kind="capture", title=TITLE
    )
    item.state, item.delegation = "running", delegations[0]
    workshop = Workshop(
        id=0,
        phase="open",
        title=TITLE,
        starts_on=date(2020, 6, 9),
        ends_on=date(2020, 6, 10),
        timezone="Europe/Skopje",
        venue={},
        languages=["en", "mk", "sq"],
        default_language="en",
        rules={},
        delegations=delegations,
        agenda=[item],
    )
    # A stream that is in no table: the sample has an address, and nothing answers there.
    workshop.__dict__["stream"] = Sample(slug="sample")
    return workshop


def _states(meeting: Workshop) -> dict[str, list[tuple[str, str, dict[str, Any]]]]:
    """Component → its states: what to say of the state, the region that shows it, and the region's values."""
    first, second, third = meeting.delegations
    item, now = meeting.agenda[0], now_ms()
    people = [
        Person(id=n, key=f"p{n}", name={"und": name}, title={}, role="participant", delegation=delegation, place=n)
        for n, (name, delegation) in enumerate((("A. Petrovska", first), ("B. Hadžić", second)), 1)
    ]
    made = {"of_version": 1, "translator_id": None, "confirmed": True, "machine": False}
    translation = {"en": Sample(text="Overcrowding, and too few specialised staff", lang="en", **made)}

    def card(number: int, kind: str, state: str = "", **more: Any) -> tuple[str, str, dict[str, Any]]:
        lang, text = WORDS[number]
        contribution = Sample(
            id=f"sample-{number}",
            kind=kind,
            text=text,
            lang=lang,
            version=1,
            theme_id=None,
            parked=False,
            on_behalf=False,
        )
        vars(contribution).update({key: more.pop(key) for key in list(more) if key in vars(contribution)})
        values: dict[str, Any] = {
            "author": None,
            "delegation": meeting.delegations[number % 3],
            "translations": {},
            "endorsed_by": [],
        }
        return state, "card", {"contribution": contribution, **values, **more}

    def slot(state: str, passed: int, behind: int) -> tuple[str, str, dict[str, Any]]:
        running = Sample(
            kind="capture",
            title=TITLE,
            speaker=None,
            delegation=first,
            minutes=25,
            extra_minutes=0,
            seconds=1500,
            started_at=now - passed * 1000,
        )
        ends = {"planned_end": now, "expected_end": now + behind * MINUTE, "behind": behind, "day_late": behind}
        return state, "now", {"item": running, **ends}

    hands = [
        Sample(id=f"hand-{n}", person=person, purpose=purpose, state="waiting", given_at=now)
        for n, (person, purpose) in enumerate(zip(people, ("question", "order"), strict=True))
    ]
    stances = {
        delegation.code: Sample(stance=stance, reason=reason, reason_lang="en", on_behalf=False, seq=1)
        for delegation, stance, reason in ((first, "agree", ""), (second, "reserve", "The costs are not known yet."))
    }
    themes = [Sample(id=f"theme-{n}", kind=kind, title=TITLE) for n, kind in enumerate(("challenge", "positive"))]
    inside: list[Any] = [(card(n, "challenge")[2]["contribution"], {}, meeting.delegations[n], []) for n in (0, 1)]
    conclusion = {
        "words": lambda _lang: Text(WORDS[2][1], "en"),
        "translations": {},
        "earlier": {"en": "Training is offered twice a year, online"},
        "state_names": STATE_NAMES,
        "sources": [],
        "source_names": SOURCE_NAMES,
        "choices": STANCE_CHOICES,
        "reasons": {code: {} for code in stances},
        "tally": lambda _lang: gettext("no position yet"),
    }
    choice = Sample(
        key="trim", moved=None, to_day=None, minutes=10, shorter={"sample": 10}, ends=[(1, now + 20 * MINUTE, now)]
    )
    shares = [
        Share(first, 7, 3, 325, 2, 0, False),
        Share(second, None, 1, 0, 1, 1, True),
        Share(third, 0, 0, 0, 0, 1, False),
    ]
    floor = {"waiting": hands, "chosen": "least_heard", "orders": ORDER_NAMES, "purposes": PURPOSE_NAMES}
    ballot = {"item": item, "themes": themes, "limit": 5}
    return {
        gettext("What is on"): [
            (gettext("before"), "now", {"item": None, "following": item}),
            slot(gettext("on time"), 300, 0),
            slot(gettext("two minutes left"), 1390, 4),
            slot(gettext("thirty seconds left"), 1478, 4),
            slot(gettext("over"), 1640, 12),
        ],
        gettext("Contributions"): [
            card(0, "challenge", gettext("translated"), translations=translation),
            card(1, "challenge", gettext("endorsed"), endorsed_by=[second, third]),
            card(2, "question", gettext("open question"), parked=True),
            card(3, "positive", gettext("on behalf of somebody"), on_behalf=True),
            card(2, "idea", gettext("not named"), delegation=None, acting=False),
        ],
        gettext("Contributing"): [("", "compose", {"item": item, "kinds": KINDS, "rules": meeting.rules})],
        gettext("Themes"): [
            (
                "",
                "theme",
                {
                    "theme": themes[0],
                    "uses": [Source("conclusion-0", "conclusion", {"en": WORDS[2][1]})],
                    "source_names": SOURCE_NAMES,
                    "count": 2,
                    "more": 3,
                    "contributions": inside,
                    "delegations": [first, second],
                },
            ),
        ],
        gettext("The floor"): [
            (gettext("somebody has it, others wait"), "floor", {"speaking": hands[0], **floor}),
            (gettext("my hand is up"), "hand", {"request": hands[0], "purposes": PURPOSE_NAMES}),
            (
                gettext("I have it"),
                "hand",
                {"request": Sample(state="speaking", given_at=now), "purposes": PURPOSE_NAMES},
            ),
        ],
        gettext("Vote"): [
            (gettext("not voted yet"), "ballot", {"mine": {}, "given": 0, **ballot}),
            (gettext("voted"), "ballot", {"mine": {"theme-0": 3}, "given": 3, **ballot}),
            (
                gettext("counted"),
                "outcome",
                {
                    "item": item,
                    "counted": [(themes[0], 7), (themes[1], 2)],
                    "most": 7,
                    "voted": 3,
                    "entitled": 5,
                },
            ),
        ],
        gettext("Conclusions"): [
            (
                str(STATE_NAMES[state]),
                "conclusion",
                {
                    "conclusion": Sample(
                        id=f"sample-{state}", state=state, version=1, positions_until=now + 900 * MINUTE
                    ),
                    "positions": stances,
                    **conclusion,
                },
            )
            for state in STATE_NAMES
            if state != "draft"
        ],
        gettext("Time to recover"): [
            (
                "",
                "recovering",
                {
                    "days": [(1, now, now + 10 * MINUTE, 10), (2, now, now, 0)],
                    "late": 10,
                    "choices": [choice],
                    "protected": [item],
                    "if_longer": [(2, now + 12 * MINUTE), (5, now + 15 * MINUTE)],
                },
            ),
        ],
        gettext("Who has been heard"): [("", "equity", {"shares": shares})],
        gettext("Announcements"): [
            ("", "announcement", {"announcement": Sample(text=WORDS[3][1])}),
            ("", "slowing", {"count": 2}),
        ],
    }


def _with_ids_of_its_own(html: str, number: int) -> str:
    """A region's element, told from the same region in another state: by its ids, and no landmark of its own."""
    html = re.sub(r' aria-labelledby="[^"]*"', "", html, count=1)
    return re.sub(r'\b(id|for|aria-labelledby|aria-describedby)="([\w-]+)"', rf'\1="\2-{number}"', html)


@route(pages, "/design", "public")
def design() -> str:
    """Every component in every state."""
    meeting, lang = _meeting(), reader_language()
    shown, number = [], 0
    for component, states in _states(meeting).items():
        rendered = []
        for state, region, values in states:
            number += 1
            place = Markup('id="state"')
            html = render_template(f"regions/{region}.html", meeting=meeting, place=place, lang=lang, **values)
            rendered.append((state, region, Markup(_with_ids_of_its_own(html, number))))  # noqa: S704 - our own templates
        shown.append((component, rendered))
    return render_template(
        "pages/design.html",
        sample=meeting,
        lang=lang,
        components=shown,
        stances=STANCE_NAMES,
        texts=client_texts(),
    )
