"""What ``deploy/`` holds: read by the programs that it is for, as far as these are here."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import yaml

from facilitation.config import ROOT, settings_from, unsafe_settings
from tests.engines import Nginx, Site, bare_nginx
from tests.servers import free_port

DEPLOY = ROOT / "deploy"


def example() -> dict[str, str]:
    lines = (DEPLOY / "environment.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


TOKEN = "SECRET-OF-A-LINK-0123456789"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Nginx, Site]]:
    """The site as it stands in ``deploy/``, with TLS; none of its processes runs."""
    made = Site(tmp_path, [free_port(), free_port()])
    nginx = Nginx(tmp_path, made.configure)
    nginx.start()
    yield nginx, made
    nginx.stop()


def asked(port: int, method: str, path: str, scheme: str = "https") -> requests.Response:
    url = f"{scheme}://127.0.0.1:{port}{path}"
    return requests.request(method, url, verify=False, timeout=10, allow_redirects=False)


pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")


def test_nginx_writes_neither_links_nor_addresses_when_processes_are_away(site: tuple[Nginx, Site]) -> None:
    nginx, made = site
    for method, path in (("GET", f"/join/{TOKEN}"), ("POST", "/w/somewhere/commands"), ("GET", "/socket.io/?EIO=4")):
        assert asked(nginx.port, method, path).status_code == 502
        asked(made.plain_port, method, path, "http")
    assert asked(nginx.port, "POST", f"/join/{TOKEN}?{'x' * 20_000}").status_code == 414
    nginx.stop()
    written = "".join(path.read_text(errors="replace") for path in made.folder.glob("*.log"))
    assert "exit" in written, "the main log is there, and has what nginx says of itself"
    for kept_quiet in ("/join/", TOKEN, "127.0.0.1, server", "client:", "/w/somewhere", "socket.io"):
        assert kept_quiet not in written, written


def test_without_tls_there_is_nothing_but_the_way_to_it(site: tuple[Nginx, Site]) -> None:
    _, made = site
    for method in ("GET", "HEAD"):
        led = asked(made.plain_port, method, "/w/meeting/?view=1", "http")
        assert (led.status_code, led.headers["Location"]) == (301, "https://facilitation.example.org/w/meeting/?view=1")
    for method, path in (("POST", "/join/x"), ("PUT", "/"), ("GET", "/socket.io/?EIO=4"), ("POST", "/socket.io/")):
        assert asked(made.plain_port, method, path, "http").status_code == 403


def test_what_nginx_answers_itself_is_protected_too(site: tuple[Nginx, Site]) -> None:
    answer = asked(site[0].port, "GET", "/")
    assert answer.status_code == 502
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("process=") and cookie.endswith("; Path=/; HttpOnly; SameSite=Lax; Secure")


@pytest.mark.parametrize(
    ("version", "cipher", "taken"),
    [
        (ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0", False),
        (ssl.TLSVersion.TLSv1_2, "AES256-SHA:@SECLEVEL=0", False),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-RSA-AES256-SHA384:@SECLEVEL=0", False),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-RSA-AES128-GCM-SHA256", True),
        (ssl.TLSVersion.TLSv1_3, "DEFAULT", True),
    ],
)
def test_only_today_s_encryption_is_taken(
    site: tuple[Nginx, Site], version: ssl.TLSVersion, cipher: str, taken: bool
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    context.set_ciphers(cipher)
    with socket.create_connection(("127.0.0.1", site[0].port), timeout=10) as line:
        try:
            with context.wrap_socket(line) as encrypted:
                assert encrypted.version() == {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}.get(version.name)
                found = True
        except (ssl.SSLError, ConnectionError):
            found = False
    assert found is taken


def test_nginx_takes_the_site_at_its_own_ports(tmp_path: Path) -> None:
    """Read, not started: listening at 80 and 443 is for the superuser, and both families of addresses are not everywhere."""
    made = Site(tmp_path, [5001, 5002])
    made.configure(443)
    site = (DEPLOY / "nginx" / "facilitation.conf").read_text()
    for path in ("/etc/nginx/facilitation", "/etc/ssl/facilitation"):
        site = site.replace(path, str(tmp_path))
    nginx = Nginx(
        tmp_path, lambda _: bare_nginx(tmp_path, re.sub(r"listen (\[::\]:)?(80|443)", r"listen \g<1>1\2", site))
    )
    done = subprocess.run([*nginx.command, "-t"], capture_output=True, text=True, check=False)
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


def test_the_password_of_the_composition_is_where_the_library_looks_for_it(tmp_path: Path) -> None:
    secret = tmp_path / "database_password"
    script = tmp_path / "with-password"
    script.write_text(
        (DEPLOY / "container" / "with-password").read_text().replace("/run/secrets/database_password", str(secret))
    )

    def told() -> str:
        command = ["sh", str(script), "sh", "-c", 'printf "%s" "${PGPASSWORD-none}"']
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert told() == "none"
    secret.write_text("0123456789abcdef\n")
    assert told() == "0123456789abcdef"
    composition = yaml.safe_load((DEPLOY / "container" / "compose.yaml").read_text())
    for name in ("prepare", "one", "two", "database"):
        assert composition["services"][name]["secrets"] == ["database_password"], name
    assert "trust" not in str(composition["services"]["database"])
    assert os.access(DEPLOY / "container" / "with-password", os.X_OK)


def test_an_image_holds_no_secret_and_nobodys_words() -> None:
    left_out = (ROOT / ".containerignore").read_text().splitlines()
    assert {".git", "instance", "deploy/container/environment", "deploy/container/database_password"} <= set(left_out)
    assert (ROOT / ".dockerignore").read_text().splitlines() == left_out
    assert "5001" not in (DEPLOY / "container" / "Containerfile").read_text().partition("HEALTHCHECK")[2]


def test_the_composition_names_files_that_are_there() -> None:
    composition = yaml.safe_load((DEPLOY / "container" / "compose.yaml").read_text())
    mounted = [volume.split(":")[0] for volume in composition["services"]["nginx"]["volumes"]]
    there = [DEPLOY / "container" / path for path in mounted if path.startswith("../")]
    assert len(there) == 3 and all(path.exists() for path in there)
    for line in (DEPLOY / "container" / "Containerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            assert all((ROOT / name).exists() for name in line.split()[1:-1]), line
    assert os.access(ROOT / "wsgi.py", os.R_OK)
