"""docker-compose.yml and Dockerfile, checked by reading: no container engine is needed."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from tests.architecture.sources import PROJECT

COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (PROJECT / "Dockerfile").read_text()
SECRETS = {"SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD"}


def _instructions() -> list[tuple[str, str]]:
    """(instruction, arguments) in order, continued lines joined, comments left out."""
    lines = [line for line in DOCKERFILE.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    pairs = (line.split(None, 1) for line in joined.splitlines() if line.strip())
    return [(word.upper(), arguments) for word, arguments in pairs]


def test_the_services_are_the_four() -> None:
    assert set(SERVICES) == {"web", "worker", "db", "redis"}


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_a_health_check_and_keeps_its_data(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert SERVICES[name]["volumes"]
    volumes = {volume.partition(":")[0] for volume in SERVICES[name]["volumes"]}
    assert volumes & set(COMPOSE["volumes"])


def test_workers_alone_read_the_tls_settings_and_nobody_writes_them() -> None:
    mounted = {
        (name, volume)
        for name, service in SERVICES.items()
        for volume in service["volumes"]
        if volume.partition(":")[0] not in COMPOSE["volumes"]
    }
    assert mounted == {("worker", "./tls:/tls:ro")}
    assert SERVICES["worker"]["environment"]["DICOMCFG_TLS_FOLDER"] == "/tls"
    assert set(SERVICES["web"]["environment"]) < set(SERVICES["worker"]["environment"])


@pytest.mark.parametrize("name", ["web", "worker"])
def test_the_application_waits_for_healthy_servers(name: str) -> None:
    conditions = SERVICES[name]["depends_on"]
    assert {"db", "redis"} <= set(conditions)
    assert {entry["condition"] for entry in conditions.values()} == {"service_healthy"}


@pytest.mark.parametrize("name", ["web", "worker"])
def test_the_application_gets_no_more_rights_than_it_needs(name: str) -> None:
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert SERVICES[name]["read_only"] is True
    assert "no-new-privileges:true" in SERVICES[name]["security_opt"]


def test_every_secret_is_required_and_none_has_a_default() -> None:
    text = (PROJECT / "docker-compose.yml").read_text()
    uses = re.findall(r"(?<!\$)\$\{(\w+)(:?[?-]?)([^}]*)\}", text)
    required = {name for name, operator, _ in uses if operator == ":?"}
    assert required == SECRETS
    assert not [use for use in uses if use[0] in SECRETS and (use[1] != ":?" or not use[2])]
    passwords = re.findall(r"(?im)^\s*(\w*(?:password|secret)\w*):\s*(.+)$", text)
    assert passwords
    assert all(value.startswith("${") for _, value in passwords)


def test_only_web_is_published_and_only_on_loopback() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:8000:8000"]}


def test_the_image_is_built_in_two_stages_and_does_not_run_as_root() -> None:
    instructions = _instructions()
    known = {"FROM", "ENV", "RUN", "COPY", "WORKDIR", "USER", "VOLUME", "EXPOSE", "CMD"}
    assert {word for word, _ in instructions} <= known
    stages = [arguments for word, arguments in instructions if word == "FROM"]
    assert len(stages) == 2
    name = re.search(r" AS (\w+)$", stages[0])
    assert name and any(
        word == "COPY" and f"--from={name[1]} " in arguments for word, arguments in instructions
    )
    users = [arguments for word, arguments in instructions if word == "USER"]
    assert users and users[-1] not in {"root", "0"}
    words = [word for word, _ in instructions]
    assert words.index("USER") < words.index("CMD")


def test_the_image_installs_only_what_the_lock_names() -> None:
    installs = [arguments for word, arguments in _instructions() if "pip install" in arguments]
    assert installs
    assert all("--require-hashes" in arguments for arguments in installs)
    command = next(arguments for word, arguments in _instructions() if word == "CMD")
    assert "gunicorn dicomcfg.wsgi:application" in " ".join(json.loads(command))


def test_the_image_copies_only_files_that_exist_and_are_let_through() -> None:
    let_through = {
        line[1:]
        for line in (PROJECT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copied = [
        source.removeprefix("./")
        for word, arguments in _instructions()
        if word == "COPY" and "--from" not in arguments
        for source in arguments.split()[:-1]
    ]
    assert set(copied) == let_through
    assert all((PROJECT / source).exists() for source in copied)
