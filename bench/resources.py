"""What it costs to turn records into FHIR Patients and back: CPU time, the best of some rounds.

A page is 100 records of the demo practice's people, once as the REST API makes them, once with what a FHIR
client said beyond our fields (some 2 kB each). Nothing is stored or opened: that is measured elsewhere.

\b
Examples:
    python bench/resources.py
    python bench/resources.py --rounds 50
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import attrs
import click
import orjson

from vantrexia_adapters.cli.demo import new_patient
from vantrexia_adapters.fhir.patient import parse_patient, render_patient
from vantrexia_adapters.sandbox import SyntheticPerson, synthetic_people
from vantrexia_core.kernel import PatientId, PracticeId
from vantrexia_core.patients import Mrn, Patient

PAGE = 100
_SAID: dict[str, Any] = {
    "maritalStatus": {"text": "Married"},
    "communication": [{"language": {"text": "English"}, "preferred": True}],
    "contact": [
        {
            "relationship": [{"text": "Emergency contact"}],
            "name": {"family": "Quill", "given": ["Ada", "B."]},
            "telecom": [{"system": "phone", "value": "555-0142", "use": "mobile"}],
        }
    ],
    "extension": [
        {
            "url": f"http://hl7.org/fhir/us/core/StructureDefinition/us-core-{what}",
            "extension": [
                {
                    "url": "ombCategory",
                    "valueCoding": {
                        "system": "urn:oid:2.16.840.1.113883.6.238",
                        "code": code,
                        "display": display,
                    },
                },
                {"url": "text", "valueString": display},
            ],
        }
        for what, code, display in (
            ("race", "2106-3", "White"),
            ("ethnicity", "2186-5", "Not Hispanic or Latino"),
        )
    ],
}


@click.command(help=__doc__)
@click.option("--rounds", type=click.IntRange(min=1), default=20, show_default=True)
def main(*, rounds: int) -> None:
    """Measure and print."""
    plain = [_record(number, person) for number, person in enumerate(synthetic_people(PAGE, seed=1))]
    told = [_with_more(patient) for patient in plain]
    bodies = [orjson.dumps(render_patient(patient)) for patient in told]
    rows = (
        ("a page of 100 rendered", lambda: list(map(render_patient, plain))),
        ("the same, as JSON", lambda: orjson.dumps(list(map(render_patient, plain)))),
        ("a page of 100 with more to say, rendered", lambda: list(map(render_patient, told))),
        ("the same, as JSON", lambda: orjson.dumps(list(map(render_patient, told)))),
        ("100 bodies checked and read", lambda: list(map(parse_patient, bodies))),
    )
    size = sum(map(len, bodies)) // PAGE
    click.echo(f"CPU milliseconds, best of {rounds} rounds; with more to say a Patient has {size} bytes")
    for label, work in rows:
        click.echo(f"{_best(work, rounds):8.2f}  {label}")


def _best(work: Callable[[], object], rounds: int) -> float:
    work()
    took = []
    for _ in range(rounds):
        began = time.thread_time()
        work()
        took.append(time.thread_time() - began)
    return 1_000 * min(took)


def _record(number: int, person: SyntheticPerson) -> Patient:
    patient, _ = Patient.register(
        new_patient(person),
        id_=PatientId(UUID(int=number + 1, version=4)),
        practice_id=PracticeId(UUID(int=1, version=4)),
        mrn=Mrn.numbered(number + 1),
        now=datetime(2026, 1, 10, 14, 30, tzinfo=UTC),
    )
    return attrs.evolve(patient, ssn=None)


def _with_more(patient: Patient) -> Patient:
    resource = {name: value for name, value in render_patient(patient).items() if name not in {"id", "meta"}}
    return attrs.evolve(patient, supplement=parse_patient({**resource, **_SAID}).supplement)


if __name__ == "__main__":
    main()
