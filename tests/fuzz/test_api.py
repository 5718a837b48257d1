"""Everything that the OpenAPI document allows, and much that it forbids, sent to a served practice.

Schemathesis reads the document, makes requests from it (its examples, every boundary, random ones, chains of
calls) and holds each answer against it: no 5xx, declared statuses and shapes, refusals of what is malformed,
405 with Allow, 401 without a token, 404 after a deletion.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.programs import ask, environment, run, serving

IS_LONG = bool(os.environ.get("LONG_RUN"))  # noqa: TID251 - tests have no settings
EXAMPLES = 300 if IS_LONG else 3
CONFIG = Path(__file__).with_name("schemathesis.toml")
HOOKS = str(Path(__file__).with_name("headers_as_sent.py"))
PASSWORD = "a long pass phrase"
ADMINISTRATORS = 3
"""Two whom it may lock, rename and sign out, and one who signs in."""
SETTINGS = {
    "VANTREXIA_LIMIT_USER": "1000000/hour",
    "VANTREXIA_LIMIT_AUTH": "1000000/minute",
    "VANTREXIA_LIMIT_ANONYMOUS": "1000000/hour",
    "VANTREXIA_ECW_SOURCE": "sandbox",
}


def test_nothing_that_the_document_leads_to_is_answered_against_it(tmp_path: Path) -> None:
    """All phases, over a real socket."""
    data, log, document = tmp_path / "data", tmp_path / "service.log", tmp_path / "openapi.json"
    for number in range(ADMINISTRATORS):
        name = ("--first-name", "Ada", "--last-name", "Lee", "--role", "admin", "--password-stdin")
        email = f"admin{number}@practice.example"
        assert run(data, "users", "create", "--email", email, *name, stdin=f"{PASSWORD}\n").status == 0
    document.write_text(run(data, "openapi").out, encoding="utf-8")
    with serving(data, "serve", log=log, **SETTINGS) as (_, port):
        body = json.dumps({"email": email, "password": PASSWORD}).encode()
        answer, content = ask(port, "POST", "/api/v1/auth/login/", body, {"Content-Type": "application/json"})
        assert answer.status == 200, content
        tried = subprocess.run(
            [
                sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG),
                "run", str(document), "--url", f"http://127.0.0.1:{port}", "--max-examples", str(EXAMPLES),
                "--header", f"Authorization: Bearer {json.loads(content)['access']}", "--no-color",
                *(() if IS_LONG else ("--generation-deterministic",)),
            ],
            env=environment(data, SCHEMATHESIS_HOOKS=HOOKS),
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert tried.returncode == 0, tried.stdout[-20_000:]
    assert "unexpected error" not in log.read_text(encoding="utf-8")
