"""The release that ran before this one, to be replaced by it."""

import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from facilitation.config import ROOT

BEFORE = "3c4b873"
"""The commit of the release that runs where this one will be installed."""


@pytest.fixture(scope="session")
def release_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with that release, set up."""
    archive = subprocess.run(["git", "archive", BEFORE], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        pytest.skip("this copy of the project has no history to take the release before from")
    folder = tmp_path_factory.mktemp("release-before")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    compile_catalogs = [sys.executable, "-m", "babel.messages.frontend", "-q", "compile", "-d", "translations"]
    subprocess.run(compile_catalogs, cwd=folder, check=True, capture_output=True)
    return folder
