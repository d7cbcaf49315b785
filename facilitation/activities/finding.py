"""Finding contributions among thousands, and seeing which of them are alike."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Select, String, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column, selectinload

from facilitation.activities.capture import LIVING, Contribution
from facilitation.activities.themes import themes_of
from facilitation.activities.translation import PUBLISHED, Translation
from facilitation.extensions import db
from facilitation.live.commands import Refusal, command
from facilitation.live.regions import region
from facilitation.meeting.acts import Key, MeetingAct
from facilitation.meeting.models import Model, Workshop

UNGROUPED = "-"
"""Stands for "in no theme" where a theme is asked for."""
LOOKED_AT = 200
"""Contributions in no theme, the latest, among which likenesses are looked for."""


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for; empty: anything."""

    words: str = ""
    delegation: str = ""
    lang: str = ""
    theme: str = ""
    kind: str = ""


def find_contributions(
    workshop: Workshop, wanted: Wanted, limit: int, sees_hidden: bool = False
) -> tuple[int, list[Contribution]]:
    """How many contributions there are of what is wanted, and the latest of them. Names of delegations that may not be
    told find nothing."""
    query = select(Contribution).where(Contribution.workshop_id == workshop.id)
    if sees_hidden:
        query = query.where(Contribution.state.in_(LIVING))
    else:
        shown_items = [item.id for item in workshop.agenda if not item.hides_cards]
        query = query.where(Contribution.state == "shown", Contribution.item_id.in_(shown_items))
    query = _narrowed(workshop, query, wanted)
    if query is None:
        return 0, []
    count = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    of_each = selectinload(Contribution.endorsements)
    return count, list(db.session.scalars(query.options(of_each).order_by(Contribution.seq.desc()).limit(limit)))


def _narrowed(workshop: Workshop, query: Select[Any], wanted: Wanted) -> Any:
    if wanted.delegation:
        delegation = workshop.delegation(wanted.delegation)
        if delegation is None:
            return None
        query = query.where(Contribution.delegation_id == delegation.id)
        if delegation.contributors < workshop.minimum_contributors:
            query = query.where(Contribution.anonymity == "named")
    if wanted.lang:
        query = query.where(Contribution.lang == wanted.lang)
    if wanted.kind:
        query = query.where(Contribution.kind == wanted.kind)
    if wanted.theme:
        query = query.where(Contribution.theme_id == (None if wanted.theme == UNGROUPED else wanted.theme))
    for word in wanted.words.split():
        there = Contribution.text.icontains(word, autoescape=True)
        translated = select(Translation.subject).where(
            Translation.workshop_id == workshop.id, PUBLISHED, Translation.text.icontains(word, autoescape=True)
        )
        query = query.where(or_(there, Contribution.id.in_(translated)))
    return query


class Unlike(Model):
    """Two contributions that a facilitator has said are not alike; they are not suggested again."""

    __tablename__ = "unlikes"
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"), primary_key=True)
    one: Mapped[str] = mapped_column(String(12), primary_key=True)
    other: Mapped[str] = mapped_column(String(12), primary_key=True)


@dataclass(frozen=True)
class Likeness:
    """A contribution in no theme, another one that it is like, and why."""

    contribution: Contribution
    like: Contribution
    words: tuple[str, ...]
    """The words that they share, as the first of them has it."""
    through_translation: bool
    """Whether they share them in a translation."""


@command("suggestion_refused", by="facilitator", during="open closed")
def refuse_suggestion(act: MeetingAct, *, contribution: Key, like: Key) -> None:
    """Says that two contributions are not alike."""
    one, other = sorted((contribution, like))
    for each in (one, other):
        act.made(Contribution, each, "contribution")
    if one == other:
        raise Refusal("invalid", _l("Choose two contributions."), field="like")
    if db.session.get(Unlike, (act.workshop.id, one, other)) is None:
        db.session.add(Unlike(workshop_id=act.workshop.id, one=one, other=other))
    act.touch("suggesting")


_WORD = re.compile(r"[^\W\d_]{3,}")
_LATIN = str.maketrans(
    {
        **dict(zip("абвгдежзијклмнопрстуфхцчш", "abvgdezzijklmnoprstufhccs", strict=True)),
        **{"ѓ": "g", "ђ": "d", "đ": "d", "ѕ": "z", "љ": "lj", "њ": "nj", "ќ": "k", "ћ": "c", "џ": "dz"},
    }
)
# Words of three letters and more that say nothing of what a text is about, without their marks: en; sq; bs, sr, cnr; mk.
_SAYS_NOTHING = frozenset(
    "about after also been before both does each from have into just many more most much must need only other over should "
    "some such than that their them then there these they this those very were what when where which while will with "
    "without would your all and any are but can did for get has had her him his how its may nor not off our out she the "
    "too was who why yet you"
    " duhet gjate jane jone kane ketij ketyre keto kishte mund nese nuk pasi permes sepse shume tyre vetem "
    "ajo bazuar dhe edhe ata ato cdo cfare kjo kur mos nga nje ose per pas por pra qe tek tij "
    "bila bili bilo biti bude budu cesto gdje gde imaju jesu jednom jedan jedna jedno kada kako kao koja koje koji "
    "kojih kojima moze mogu nakon nema nemaju nije nisu njih njihov njihova njihove oko ovaj ova ovo preko prema prije pre samo "
    "svaki svake svih takoder takode treba vise zato zbog ali bez dok ili ima jer kad kod nad nas pod pri smo sto sve taj "
    "bese bidat bide bidejki ednas imaat kade kaj kolku koga koi mnogu mozat moze nivnata nivnite nivniot nekoi nemaat "
    "nivni ama dali deka dve eden ili ima kako koe koj koja kon neka niv ova ovaa ovie ovoj pak "
    "pod pokraj pred pri sega sme sto toj tie niz odnosno poradi posto povece samo sekoj sekoja site toa treba ushte veke".split()
)
STEM = 5
"""Letters by which words count as the same: the languages of the region inflect at the end."""
_SHORTEST_STEM = 3
_SAYS_MUCH = 4
"""Letters from which a word counts where two texts are compared."""
_SLAVIC = "ovite evite ovima evima ova ovi ove eva evi eve ata ite ete eto oto ama ima ot om og ih a e i o u j".split()
_ENDINGS = {
    "en": ["s"],
    "sq": "avet evet ave eve at et it ut en in un a e i o u j s".split(),
    **dict.fromkeys(("mk", "bs", "cnr", "hr", "sr"), _SLAVIC),
}
"""Language → the endings that its words change: articles, plurals, cases. The longer of two goes first."""


def letters_of(text: str, least: int = 3) -> dict[str, str]:
    """A word's letters, without marks and in Latin → the word as it stands in the text, for words that say something."""
    found: dict[str, str] = {}
    for word in _WORD.findall(text):
        plain = unicodedata.normalize("NFD", word.lower().translate(_LATIN))
        letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
        if len(letters) >= least and letters not in _SAYS_NOTHING:
            found.setdefault(letters, word)
    return found


def stem_of(letters: str, lang: str) -> str:
    """What is left of a word of this language without its endings, cut to the letters by which words count as the same."""
    while ending := next((each for each in _endings_of(lang) if _is_left(letters, each)), ""):
        letters = letters.removesuffix(ending)
    return letters[:STEM]


def _endings_of(lang: str) -> list[str]:
    return _ENDINGS.get(lang.partition("-")[0], [])


def _is_left(letters: str, ending: str) -> bool:
    return letters.endswith(ending) and len(letters) - len(ending) >= _SHORTEST_STEM


def stems_of(text: str, lang: str) -> dict[str, str]:
    """Stem → the word as it stands in the text, by which two texts in one language are compared."""
    found: dict[str, str] = {}
    for letters, word in letters_of(text, _SAYS_MUCH).items():
        found.setdefault(stem_of(letters, lang), word)
    return found


def entered_of(text: str, lang: str) -> list[str]:
    """By what a text in this language is found, each as often as it says it: the stems of its words, and where a stem is
    shorter their first letters, too, which words of other endings or another class share."""
    forms: list[str] = []
    for word in _WORD.findall(text):
        for letters in letters_of(word):
            forms += {letters[:STEM], stem_of(letters, lang)}
    return forms


def asked_of(text: str) -> list[set[str]]:
    """What a search asks for, one set a word: any of what its word is entered under, in whatever language it is. What ends in
    ``*`` is the beginning of a word: what is shorter than a stem."""
    return [
        {
            letters[:STEM],
            *(stem_of(letters, lang) for lang in _ENDINGS),
            *([f"{letters}*"] if len(letters) < STEM else []),
        }
        for letters in letters_of(text)
    ]


def likeliest(workshop: Workshop) -> Likeness | None:
    """The two contributions of one kind, at least one of them in no theme, that share most of their rarer words."""
    query = select(Contribution).where(
        Contribution.workshop_id == workshop.id, Contribution.state == "shown", Contribution.merged_into.is_(None)
    )
    latest = list(db.session.scalars(query.order_by(Contribution.seq.desc()).limit(LOOKED_AT)))
    cards = [card for card in latest if card.visible]
    stems = _stems_by_language(workshop, cards)
    rarity = Counter(stem for each in stems.values() for stem in {stem for by in each.values() for stem in by})
    common = max(3, len(cards) // 4)
    refused = {(row.one, row.other) for row in db.session.scalars(select(Unlike).filter_by(workshop_id=workshop.id))}
    best: tuple[float, Likeness] | None = None
    for first, second in _pairs(cards, stems, rarity, common):
        one, other = sorted((first.id, second.id))
        if first.kind != second.kind or (one, other) in refused or _together(first, second):
            continue
        for lang in stems[first.id].keys() & stems[second.id].keys():
            here, there = stems[first.id][lang], stems[second.id][lang]
            shared = [stem for stem in here if stem in there and rarity[stem] <= common]
            weight = sum(1 / rarity[stem] for stem in shared) / (min(len(here), len(there)) or 1)
            if len(shared) >= 2 and (best is None or weight > best[0]):
                free, like = (first, second) if first.theme_id is None else (second, first)
                translated = lang not in (first.lang, second.lang) or first.lang != second.lang
                best = weight, Likeness(free, like, tuple(here[stem] for stem in shared[:6]), translated)
    return best[1] if best else None


def _together(first: Contribution, second: Contribution) -> bool:
    return first.theme_id is not None and second.theme_id is not None


def _stems_by_language(workshop: Workshop, cards: list[Contribution]) -> dict[str, dict[str, dict[str, str]]]:
    """Contribution's id → language → its stems in it."""
    found = {card.id: {card.lang: stems_of(card.text, card.lang)} for card in cards}
    query = select(Translation).where(
        Translation.workshop_id == workshop.id, PUBLISHED, Translation.subject.in_(list(found))
    )
    for row in db.session.scalars(query):
        found[row.subject].setdefault(row.lang, stems_of(row.text, row.lang))
    return found


def _pairs(
    cards: list[Contribution], stems: dict[str, dict[str, dict[str, str]]], rarity: Counter[str], common: int
) -> Iterable[tuple[Contribution, Contribution]]:
    """The pairs that share some word that is not in everybody's mouth."""
    by_stem: dict[str, list[Contribution]] = defaultdict(list)
    for card in cards:
        for stem in {stem for by in stems[card.id].values() for stem in by}:
            if rarity[stem] <= common:
                by_stem[stem].append(card)
    seen = set()
    for several in by_stem.values():
        for n, first in enumerate(several):
            for second in several[n + 1 :]:
                if (first.id, second.id) not in seen:
                    seen.add((first.id, second.id))
                    yield first, second


@region(slot="suggesting", views="console", audience="facilitator", on="grouping themes translations items phase")
def suggesting(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """Two contributions that are alike, and why; to be put together or not with one key."""
    if workshop.phase not in ("open", "closed"):
        return None
    found = likeliest(workshop)
    if found is None:
        return None
    theme = next((each for each in themes_of(workshop, found.like.kind) if each.id == found.like.theme_id), None)
    return {"found": found, "theme": theme}


@region(slot="filters", views="room console", on="themes phase people translations")
def filters(workshop: Workshop, _key: str) -> dict[str, Any]:
    """What contributions can be filtered by."""
    return {"themes": themes_of(workshop)}
