"""Each engine's full text finds a word in its other forms: the stems that both are given, in an instance on each."""

from pathlib import Path

import pytest
from flask_migrate import upgrade
from sqlalchemy import text

from facilitation.extensions import db
from facilitation.record import library
from tests.operating.test_backup import empty

INFLECTED = [
    ("mk", "казна", "казните"),
    ("mk", "казни", "казна"),
    ("mk", "мерка", "мерките"),
    ("mk", "групите", "група"),
    ("mk", "рамка", "рамки"),
    ("mk", "жена", "жените"),
    ("mk", "судија", "судиите"),
    ("mk", "суд", "судовите"),
    ("mk", "животот", "живот"),
    ("mk", "детето", "деца и дете"),
    ("mk", "kaznata", "казни"),
    ("sq", "burgjet", "burgut"),
    ("sq", "ligji", "ligjeve"),
    ("sq", "grupi", "grupet"),
    ("sq", "kodi", "kodeve"),
    ("sq", "gjykatë", "gjykatave"),
    ("sq", "shtetet", "shteti"),
    ("sq", "masave", "masë"),
    ("sq", "rast", "rastet"),
    ("bs", "kazna", "kaznama"),
    ("bs", "sud", "sudovima"),
    ("cnr", "mjera", "mjerom"),
    ("sr-Latn", "žena", "ženama"),
    ("sr-Latn", "novi", "novih"),
    ("sr-Cyrl", "grupa", "групама"),
    ("hr", "novoga", "novom"),
    ("en", "laws", "law"),
    ("en", "training", "trained"),
]
"""Language, what is looked for, and what a record says."""
STRANGE = [("mk", "казна", "каса"), ("sq", "ligji", "listë"), ("bs", "sud", "susjed"), ("en", "train", "treatment")]


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_each_engine_finds_words_in_their_other_forms_and_no_other_words(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgresql").new_database("library") if engine == "postgresql" else None
    app = empty(tmp_path / "library", url)
    with app.app_context():
        upgrade()
        for lang, asked, said in INFLECTED + STRANGE:
            db.session.execute(text("DELETE FROM record_search"))
            library.store(None, lang, f"Тие рекоа: {said}.")
            assert bool(library.hits(library.asked_of(asked))) == ((lang, asked, said) in INFLECTED), (asked, said)
