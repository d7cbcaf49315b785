"""The catalogs speak the terms of the field: what the glossary has a word for is called by that word."""

import yaml
from babel.messages.pofile import read_po

from facilitation.config import ROOT

GLOSSARY = ROOT / "docs" / "reference" / "glossary.yaml"
CATALOGS = {"mk": "mk", "sq": "sq", "bs": "bs", "sr-Latn": "sr_Latn", "cnr": "sr_Latn_ME"}

# Term, language → the words of the catalog, where they are others for a reason.
_DEFINITE = "Albanian names a thing that stands alone, as a label does, in the definite form."
_VOTING = "The term is a ballot, the text names an item of the agenda: the voting."
DEPARTURES = {
    ("meeting", "sq"): ({"takimi"}, _DEFINITE),
    ("theme", "sq"): ({"tema"}, _DEFINITE),
    ("organiser", "sq"): ({"organizatori"}, _DEFINITE),
    ("minutes", "sq"): ({"procesverbali"}, _DEFINITE),
    ("vote", "sq"): ({"votim", "votimi"}, _VOTING),
    ("vote", "mk"): ({"гласање"}, _VOTING),
    ("vote", "bs"): ({"glasanje"}, _VOTING),
    ("vote", "sr-Latn"): ({"glasanje"}, _VOTING),
    ("vote", "cnr"): ({"glasanje"}, _VOTING),
}


def terms() -> dict[str, dict[str, str]]:
    """English term → language → term."""
    return {each["en"]: each for each in yaml.safe_load(GLOSSARY.read_text(encoding="utf-8"))}


def words_of(folder: str) -> dict[str, set[str]]:
    """What a catalog says for each of its texts, whatever their capitals."""
    found: dict[str, set[str]] = {}
    with (ROOT / "translations" / folder / "LC_MESSAGES" / "messages.po").open("rb") as file:
        for message in read_po(file):
            if isinstance(message.id, str) and message.id:
                found.setdefault(message.id.casefold(), set()).add(str(message.string).casefold())
    return found


def test_a_term_of_the_glossary_is_said_as_the_glossary_says_it() -> None:
    others: dict[tuple[str, str], set[str]] = {}
    for tag, folder in CATALOGS.items():
        said = words_of(folder)
        for term, languages in terms().items():
            if departing := said.get(term.casefold(), set()) - {languages[tag].casefold()}:
                others[term, tag] = departing
    assert others == {place: words for place, (words, _) in DEPARTURES.items()}
