"""The published documentation's requests, sent as printed, get the published answers.

The files in ``golden/`` hold a ``curl`` command and an answer each, as printed. Only the token is replaced
(in the answer to a sign-in by what the documentation prints); the host is the app under test.
"""

import json
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import attrs
import pytest

from tests.web.seed_practice import ARCHIVED_TOTAL, BROUGHT, HERE_ALREADY, PATIENTS_TOTAL, SeedPractice
from vantrexia_core.kernel import Role

GOLDEN = Path(__file__).parent / "golden"
PRINTED_TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9..."
JWT = re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+")


@attrs.frozen
class Example:
    """A printed request and its printed answer."""

    method: str
    url: str
    headers: dict[str, str]
    body: str | None
    status: int
    answer: str

    @classmethod
    def read(cls, name: str) -> "Example":
        """The example of a golden file."""
        command, _, answer = (GOLDEN / f"{name}.txt").read_text().partition("\n\nResponse ")
        # The documentation prints & without quotes; a shell would stop there.
        words = shlex.split(command.replace("\\\n", " "))
        assert words[0] == "curl"
        options = {"-X": [], "-H": [], "-d": [], "url": []}
        arguments = iter(words[1:])
        for word in arguments:
            if word in options:
                options[word].append(next(arguments))
            else:
                options["url"].append(word)
        (url,) = options["url"]
        head, _, body = answer.partition("\n")
        return cls(
            method=(options["-X"] or ["GET"])[0],
            url=url,
            headers=dict(header.split(": ", 1) for header in options["-H"]),
            body=(options["-d"] or [None])[0],
            status=int(head.split()[0]),
            answer=compact(body) if body.startswith("{") else "",
        )

    def send(self, service: SeedPractice, role: Role = Role.PROVIDER):
        """Send the request as printed, with a real token if it has one."""
        parts = urlsplit(self.url)
        headers = dict(self.headers)
        if "Authorization" in headers:
            email = {Role.PROVIDER: "clinician@practice.com", Role.ADMIN: "admin@practice.com"}[role]
            headers |= service.headers(role, email=email)
        return service.client.request(
            self.method, f"{parts.path}?{parts.query}".rstrip("?"), content=self.body, headers=headers
        )


def compact(text: str) -> str:
    """JSON without blanks, members in the order in which they were."""
    return json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)


def only_first_result(text: str) -> str:
    """A page with all but its first result cut off, as the documentation prints pages."""
    page = json.loads(text)
    page["results"] = page["results"][:1]
    return compact(json.dumps(page))


@pytest.fixture
def practice() -> Iterator[SeedPractice]:
    """The practice of the examples."""
    with SeedPractice() as practice:
        yield practice


def test_signing_in_is_answered_as_published(practice):
    """The answer is the published one but for the tokens, and says of the user one thing more."""
    example = Example.read("login")
    response = example.send(practice)
    assert response.status_code == example.status
    content = response.json()
    assert JWT.fullmatch(content["access"])
    assert JWT.fullmatch(content["refresh"])
    assert content["user"].pop("is_2fa_enabled") is False
    content |= {"access": PRINTED_TOKEN, "refresh": PRINTED_TOKEN}
    assert compact(json.dumps(content)) == example.answer


def test_the_list_is_answered_as_published(practice):
    """Three patients are found by `doe`; the first of them is Jane, byte for byte as published."""
    practice.correct_jane()
    example = Example.read("list_patients")
    response = example.send(practice)
    assert response.status_code == example.status
    assert only_first_result(response.text) == example.answer


def test_the_first_page_links_to_the_next_as_published(practice):
    """Count and links are byte for byte as published; of each result the overview prints a selection."""
    practice.correct_jane()
    example = Example.read("first_page")
    response = example.send(practice)
    assert response.status_code == example.status
    content, printed = response.json(), json.loads(example.answer)
    (printed_result,) = printed.pop("results")
    results = content.pop("results")
    assert json.dumps(content) == json.dumps(printed)
    assert content["count"] == PATIENTS_TOTAL
    assert len(results) == 10
    assert {name: results[0][name] for name in printed_result} == printed_result


def test_one_patient_is_answered_as_published(practice):
    """Jane's record is byte for byte the published one."""
    practice.correct_jane()
    example = Example.read("get_patient")
    response = example.send(practice)
    assert (response.status_code, response.text) == (example.status, example.answer)


def test_a_creation_is_answered_as_published(practice):
    """Robert is patient number 88, byte for byte as published."""
    practice.wait_until(datetime(2026, 2, 6, 14, 30, tzinfo=UTC))
    example = Example.read("create_patient")
    response = example.send(practice)
    assert (response.status_code, response.text) == (example.status, example.answer)


def test_an_update_is_answered_with_the_whole_patient(practice):
    """The whole patient: what was sent, and what a PUT leaves alone."""
    practice.correct_jane()
    before = Example.read("get_patient").send(practice).json()
    practice.wait_until(datetime(2026, 2, 6, 14, 30, tzinfo=UTC))
    example = Example.read("update_patient")
    response = example.send(practice)
    sent = json.loads(example.body)
    sent["address"] = {"line1": "789 Elm Street", "line2": None} | sent["address"]
    assert response.status_code == example.status
    assert response.json() == before | sent | {"updated_at": "2026-02-06T14:30:00Z"}
    assert list(response.json()) == list(before)


def test_a_deletion_is_answered_as_published(practice):
    """204 without a body, and the record is gone from where it was. Providers may not; administrators may."""
    example = Example.read("delete_patient")
    assert example.send(practice).status_code == 403
    response = example.send(practice, Role.ADMIN)
    assert (response.status_code, response.text) == (example.status, example.answer)
    assert Example.read("get_patient").send(practice).status_code == 404


def test_archiving_and_unarchiving_are_answered_as_published(practice):
    """Both answers are byte for byte the published ones."""
    practice.wait_until(datetime(2026, 2, 6, 15, 0, tzinfo=UTC))
    archive = Example.read("archive_patient")
    response = archive.send(practice)
    assert (response.status_code, response.text) == (archive.status, archive.answer)
    practice.wait_until(datetime(2026, 2, 6, 15, 30, tzinfo=UTC))
    unarchive = Example.read("unarchive_patient")
    response = unarchive.send(practice)
    assert (response.status_code, response.text) == (unarchive.status, unarchive.answer)


def test_the_archived_list_is_answered_as_published(practice):
    """Twelve patients are archived; the first of them is Mary, byte for byte as published."""
    practice.archive_mary_and_others()
    example = Example.read("list_archived_patients")
    response = example.send(practice)
    assert response.status_code == example.status
    assert response.json()["count"] == ARCHIVED_TOTAL
    assert only_first_result(response.text) == example.answer


def test_an_import_is_answered_as_published():
    """Two patients come over, one was here; byte for byte as published, whatever the blanks."""
    example = Example.read("import_patients")
    with SeedPractice(to_come=(HERE_ALREADY, *BROUGHT)) as practice:
        practice.know_the_three()
        response = example.send(practice)
    assert (response.status_code, response.text) == (example.status, example.answer)


def test_every_golden_file_is_replayed():
    """A published example that is added to the folder must be added here as well."""
    here = Path(__file__).read_text()
    assert [path.stem for path in GOLDEN.iterdir() if f'Example.read("{path.stem}")' not in here] == []
