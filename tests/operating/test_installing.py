"""The instructions for installing are followed, as far as this can be done without being root on a machine of one's own."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from facilitation.config import ROOT
from tests.engines import PostgreSQL, program
from tests.servers import SLUG

pytestmark = pytest.mark.timeout(300)  # a dozen programs, one after the other
PAGE = (ROOT / "docs" / "installing.md").read_text()
BLOCKS = re.findall(r"^```(sh|sh run)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
PLACES = ("/etc/", "/var/lib/facilitation", "/var/backups/", "/usr/local/bin/", "/opt/facilitation")
SUDO = '#!/bin/sh\n[ "$1" = -u ] || exit 2\nPGUSER="$2"; export PGUSER; shift 2; exec "$@"\n'
"""Who somebody is, PostgreSQL is told here: its socket knows no user of the service."""


@pytest.fixture
def engine() -> Iterator[PostgreSQL]:
    """A PostgreSQL as it is on a fresh machine: nobody but its own superuser is known."""
    made = PostgreSQL(superuser="postgres")
    made.start()
    yield made
    made.remove()


def placed(text: str, machine: Path, engine: PostgreSQL) -> str:
    """What is written for a machine, for a folder that stands for it."""
    for place in PLACES:
        text = re.sub(rf"(?<![\w.]){place}", f"{machine}{place}", text)
    return text.replace("/var/run/postgresql", str(engine.folder))


def run(block: str, machine: Path, engine: PostgreSQL) -> str:
    tools = Path(program("createdb")).parent
    environment = {
        "PATH": f"{machine}/usr/local/bin:{machine}/shims:{tools}:{os.environ['PATH']}",
        "PGHOST": str(engine.folder),
        "PGPORT": str(engine.port),
        "HOME": str(machine),
        "LANG": "C.UTF-8",
    }
    command = ["sh", "-eu", "-c", placed(block, machine, engine)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
    for path in machine.rglob("*"):
        # What has been installed names places of the machine as well.
        if path.is_file() and path.parent.name in ("bin", "facilitation") and "/opt/" not in str(path):
            _place(path, machine, engine)
    return done.stdout


def _place(path: Path, machine: Path, engine: PostgreSQL) -> None:
    try:
        text = path.read_text()
    except UnicodeDecodeError:
        return
    if str(machine) not in text and str(engine.folder) not in text:
        path.write_text(placed(text, machine, engine))


def test_the_blocks_bring_up_an_installation_and_restore_it(tmp_path: Path, engine: PostgreSQL) -> None:
    for folder in (
        "opt",
        "shims",
        "var/lib",
        "var/backups",
        "usr/local/bin",
        "etc/nginx/sites-enabled",
        "etc/systemd/system",
    ):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "opt" / "facilitation").symlink_to(ROOT)
    for name, text in {"sudo": SUDO, "chown": "#!/bin/sh\n"}.items():
        (tmp_path / "shims" / name).write_text(text)
        (tmp_path / "shims" / name).chmod(0o755)
    said = "".join(run(block, tmp_path, engine) for kind, block in BLOCKS if kind == "sh run")
    assert "All settings are safe." in said and said.count("/join/") > 20 and "rows of" in said
    assert f"\n{SLUG}\n" in said
    settings = tmp_path / "etc" / "facilitation" / "environment"
    assert settings.stat().st_mode & 0o777 == 0o640
    assert len(re.findall(r"^SECRET_KEY=(\S{60,})$", settings.read_text(), re.MULTILINE)) == 1
    units = {path.name for path in (tmp_path / "etc/systemd/system").iterdir()}
    assert units == {path.name for path in (ROOT / "deploy" / "systemd").iterdir()}
    # What was restored is what was there.
    held = run("sudo -u postgres psql -At -d facilitation -c 'SELECT slug FROM streams'", tmp_path, engine)
    assert held.split() == [SLUG]


def test_the_other_blocks_name_units_and_files_that_are_there() -> None:
    others = "".join(block for kind, block in BLOCKS if kind == "sh")
    units = {re.sub(r"@\d+", "@", name) for name in re.findall(r"facilitation\S*?\.(?:service|timer)", others)}
    assert len(units) == 4 and all((ROOT / "deploy" / "systemd" / name).exists() for name in units)
    for path in re.findall(r"/opt/facilitation/(\S+)", PAGE):
        assert list(ROOT.glob(path)), path


def test_backups_have_a_place_that_systemd_makes(tmp_path: Path) -> None:
    folder = re.search(r"ReadWritePaths=(\S+)", (ROOT / "deploy/systemd/facilitation-backup.service").read_text())
    made = (ROOT / "deploy" / "tmpfiles.d" / "facilitation.conf").read_text()
    assert folder and re.search(rf"^d {folder[1]} 0700 facilitation facilitation -$", made, re.MULTILINE)
