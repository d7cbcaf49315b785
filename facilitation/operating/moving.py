"""Moving an installation to another database: SQLite to PostgreSQL, when it has grown, or back."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from facilitation.config import ROOT, Settings
from facilitation.operating.backup import BackupRefused, Contents, back_up


def move(url: str, settings: Settings) -> Contents:
    """Copies everything that is stored into the empty database at ``url``; what was there stays as it is.

    It is a backup that a process with the new setting restores. Raises ``BackupRefused``; then nothing was copied.
    """
    with tempfile.TemporaryDirectory(prefix="moving-") as folder:
        file = Path(folder) / "facilitation.backup"
        contents = back_up(file, settings.instance_dir)
        done = subprocess.run(  # noqa: S603 - this program itself
            [sys.executable, "-m", "flask", "--app", "wsgi", "restore", str(file), "--json"],
            cwd=ROOT,
            env={**os.environ, "INSTANCE_DIR": str(settings.instance_dir), "DATABASE_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise BackupRefused(_reason(done.stdout) or done.stderr.strip().rpartition("\n")[2])
    return contents


def _reason(said: str) -> str:
    try:
        return str(json.loads(said)["error"])
    except (ValueError, KeyError):
        return ""
