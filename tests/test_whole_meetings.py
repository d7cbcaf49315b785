"""Whole meetings, from the plan to the published record."""

import io
import re
from collections import Counter
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from docx import Document
from pypdf import PdfReader

from facilitation.config import REFERENCE_PLAN
from facilitation.plan import Plan, read_plan
from tests.conftest import OBSERVERS, PLANS, REFERENCE_SCRIPT, Meeting

# What the record that the organiser published says, as it must come out of the system.
FACTS = (
    "Практики поврзани со рехабилитација на затвореници насилни екстремисти (ЗНЕ) разменети помеѓу затворскиот персонал"
    " од регионот на Западен Балкан",
    "9–10 јуни 2020",
    "Онлајн",
    "Г-дин Џанлука Еспосито, раководител на Одделот за акција против криминал на Советот на Европа",
    "почитување на највисоките стандарди за професионални и човекови права при рехабилитација",
    "неопходноста од обезбедување холистички пристап во процесот на дистанцирање од насилство",
    "Босна и Херцеговина",
    "Косово*",
    "Risk and needs assessment for individual sentence planning",
    "мотивирање на ЗНЕ да учествуваат во рехабилитацијата",
    "градење доверлива комуникација",
    "прилагодување на интервенциите за најдобро да одговараат на индивидуалните потреби на сторителите",
    "ангажирање на надворешни засегнати страни во поддршка на процесот на дистанцирање",
    "кофинансирана од Европската унија и Советот на Европа во рамките на „Хоризонталниот инструмент",
    "На ниеден начин не може да се смета дека гледиштата искажани на неа го одразуваат мислењето",
    "Оваа назнака не е во спротивност со ставовите за статусот",
    "Оградување - © Совет на Европа 2020 - © фото",
)


def words_of(content: bytes, format: str) -> str:
    """What a reader reads in the file, white space folded."""
    match format:
        case "pdf":
            text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
        case "docx":
            document = Document(io.BytesIO(content))
            text = "\n".join(node.text or "" for node in document.element.body.iter() if node.tag.endswith("}t"))
        case "html":
            text = unescape(re.sub(r"<[^>]+>", "", content.decode()))
        case _:
            text = re.sub(r"\\([^\w\s])", r"\1", content.decode())
    return re.sub(r"\s+", " ", text)


def squeezed(text: str) -> str:
    """Without white space: a PDF breaks lines, and hyphenates, where it likes."""
    return re.sub(r"[\s\u00ad‐-]+", "", text)


def test_the_reference_meeting_ends_as_the_real_one_did(played: Meeting) -> None:
    state = played.as_("organiser").state()
    assert Counter(c["kind"] for c in state["contributions"]) == {"challenge": 25, "positive": 18}
    assert Counter(theme["kind"] for theme in state["themes"]) == {"challenge": 5, "positive": 3}
    assert len(state["conclusions"]) == 4
    for conclusion in state["conclusions"]:
        assert conclusion["unanimous"]
        assert {position["stance"] for position in conclusion["positions"].values()} == {"agree"}
        assert len(conclusion["positions"]) == 6
    assert len(state["framework"]) == 3
    assert state["minutes"]["state"] == "adopted"
    assert sorted(state["minutes"]["signed_by"]) == ["AL", "BA", "ME", "MK", "RS", "XK"]
    assert state["record"]["version"] == 1
    assert state["workshop"]["phase"] == "published"


@pytest.mark.parametrize("format", ["html", "md", "docx", "pdf"])
def test_the_macedonian_record_holds_every_fact_of_the_real_one(played: Meeting, format: str) -> None:
    answer = played.as_("organiser").get(f"export/record.{format}?lang=mk")
    assert answer.status_code == 200
    text = squeezed(words_of(answer.data, format))
    for fact in FACTS:
        assert squeezed(fact) in text, fact
    assert re.search(squeezed(r"Сите 6 делегации"), text)


@pytest.mark.parametrize("format", ["html", "md", "docx", "pdf"])
@pytest.mark.parametrize("lang", ["en", "sq", "cnr"])
def test_minutes_come_in_every_language_and_mark_what_is_in_another(played: Meeting, format: str, lang: str) -> None:
    answer = played.as_("rapporteur").get(f"export/minutes.{format}?lang={lang}")
    text = squeezed(words_of(answer.data, format))
    assert squeezed("Stafi ndërron turnin dhe marrëdhënia fillon nga zero.") in text or lang == "en"
    assert squeezed("The holistic approach") not in text
    assert len(text) > 5_000


def test_the_published_record_is_public_in_macedonian(played: Meeting) -> None:
    stranger = played.app.test_client()
    assert stranger.get(f"/records/{played.slug}?lang=mk").status_code == 200
    assert "разменети помеѓу затворскиот персонал" in stranger.get(f"/records/{played.slug}?lang=mk").text
    assert stranger.get(f"/w/{played.slug}/export/minutes.html?lang=mk").status_code == 401


@pytest.mark.timeout(600)
def test_every_page_is_right_after_every_kind_of_command(
    new_meeting: Callable[[Plan], Meeting], reference_plan: Plan
) -> None:
    """*Old page + patch == fresh page*, for the first two uses of each command of the script."""
    meeting = new_meeting(reference_plan)
    for key, view, lang in OBSERVERS:
        meeting.observe(key, view, lang)
    uses: Counter[str] = Counter()

    def first_uses(_n: int, name: str) -> bool:
        uses[name] += 1
        return uses[name] <= 2

    meeting.play(REFERENCE_SCRIPT, first_uses)
    meeting.look_around("the whole script")


@pytest.fixture(scope="session")
def river_plan() -> Plan:
    return read_plan((PLANS / "river-2021.plan.yaml").read_bytes())


@pytest.mark.timeout(300)
def test_a_meeting_that_did_not_agree_says_so(new_meeting: Callable[[Plan], Meeting], river_plan: Plan) -> None:
    """Three days, nine delegations, French and German; one head is absent, one delegation objects."""
    meeting = new_meeting(river_plan)
    meeting.play(PLANS / "river-2021.script.yaml")
    organiser = next(person.key for person in river_plan.people if person.role == "organiser")
    state: dict[str, Any] = meeting.as_(organiser).state()
    assert [conclusion["unanimous"] for conclusion in state["conclusions"]] == [False, False, False]
    assert sorted(state["minutes"]["signed_by"]) == sorted({d.code for d in river_plan.delegations} - {"VR"})
    watch = state["conclusions"][-1]
    assert {code: p["stance"] for code, p in watch["positions"].items() if p["stance"] != "agree"} == {
        "GA": "accept",
        "PB": "object",
        "LS": "abstain",
    }
    for lang in ("fr", "de"):
        text = words_of(meeting.as_(organiser).get(f"export/record.html?lang={lang}").data, "html")
        assert watch["positions"]["PB"]["reason"] in text
        assert "All 9 delegations" not in text
        assert "VR" in text or str(next(d for d in river_plan.delegations if d.code == "VR").name[lang]) in text


def test_the_plan_that_is_shipped_is_the_one_that_is_tested() -> None:
    assert REFERENCE_SCRIPT.exists() and REFERENCE_PLAN.exists()
