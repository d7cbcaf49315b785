"""What ``deploy/`` holds: read by the programs that it is for, as far as these are here."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from facilitation.config import ROOT, settings_from, unsafe_settings
from tests.engines import program

DEPLOY = ROOT / "deploy"


def example() -> dict[str, str]:
    lines = (DEPLOY / "environment.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_nginx_takes_the_site(tmp_path: Path) -> None:
    certificate = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=facilitation.example.org",
    ]
    files = ["-keyout", str(tmp_path / "privkey.pem"), "-out", str(tmp_path / "fullchain.pem")]
    subprocess.run(["openssl", *certificate, *files], check=True, capture_output=True)
    for path in (DEPLOY / "nginx").iterdir():
        text = path.read_text().replace("/etc/nginx/facilitation", str(tmp_path))
        text = text.replace("/etc/ssl/facilitation", str(tmp_path))
        (tmp_path / path.name).write_text(re.sub(r"listen (\[::\]:)?(80|443)", r"listen \g<1>1\2", text))
    temporary = "".join(
        f"{name}_temp_path {tmp_path};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = f"pid {tmp_path}/pid; events {{}} http {{ {temporary} include {tmp_path}/facilitation.conf; }}"
    (tmp_path / "nginx.conf").write_text(whole)
    command = [program("nginx"), "-t", "-p", str(tmp_path), "-e", "stderr", "-c", str(tmp_path / "nginx.conf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    units = []
    for path in sorted((DEPLOY / "systemd").iterdir()):
        name = path.name.replace("@.", "@5001.")
        text = path.read_text().replace("/opt/facilitation", str(ROOT)).replace("file://", "file:")
        (tmp_path / name).write_text(text.replace("Documentation=", "# "))
        units.append(str(tmp_path / name))
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "facilitation" in line]
    assert not ours, done.stderr


def test_the_example_environment_is_complete_and_safe_once_its_secrets_are_there(tmp_path: Path) -> None:
    known = {**example(), "INSTANCE_DIR": str(tmp_path), "SECRET_KEY": "s" * 48, "METRICS_TOKEN": "t" * 24}
    settings = settings_from(known)
    assert unsafe_settings(settings) == [] and settings.secure and settings.redis_url
    asked_for = set(
        re.findall(r'environment(?:\.get\(|, )"([A-Z_]+)"', (ROOT / "facilitation" / "config.py").read_text())
    )
    assert example().keys() <= asked_for
    assert any(
        line.startswith("SECRET_KEY")
        for line in unsafe_settings(settings_from(example() | {"INSTANCE_DIR": str(tmp_path)}))
    )


def test_the_composition_names_files_that_are_there() -> None:
    composition = yaml.safe_load((DEPLOY / "container" / "compose.yaml").read_text())
    mounted = [volume.split(":")[0] for volume in composition["services"]["nginx"]["volumes"]]
    there = [DEPLOY / "container" / path for path in mounted if path.startswith("../")]
    assert len(there) == 3 and all(path.exists() for path in there)
    for line in (DEPLOY / "container" / "Containerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            assert all((ROOT / name).exists() for name in line.split()[1:-1]), line
    assert os.access(ROOT / "wsgi.py", os.R_OK)
