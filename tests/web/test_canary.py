"""Marked PHI through every flow, the failing ones included: it shows only where it is meant to."""

from tests import marks
from tests.web.service import ARCHIVED, DELETED, PATIENTS, PUBLIC_URL, restore_path
from vantrexia_core.kernel import Role

BODY = {
    "first_name": marks.FIRST,
    "last_name": marks.LAST,
    "date_of_birth": marks.BORN.isoformat(),
    "gender": "other",
    "mrn": marks.MRN,
    "phone": marks.PHONE,
    "email": marks.EMAIL,
    "address": {
        "line1": marks.LINE1,
        "line2": marks.LINE2,
        "city": marks.CITY,
        "state": marks.STATE,
        "zip": marks.ZIP,
    },
    "ssn": marks.SSN,
    "external_id": marks.EXTERNAL_ID,
}


def test_marked_phi_is_in_no_error_no_log_and_no_entry(service, log_to):
    """Every endpoint, succeeding and failing in every way it can."""
    stream, answers = log_to("debug"), []

    def send(method, path, body=None, role=Role.ADMIN, **headers):
        answers.append(service.send(method, path, body, role, **headers))
        return answers[-1]

    created = send("POST", PATIENTS, BODY, Idempotency_Key="marked")
    url = created.headers["location"].removeprefix(PUBLIC_URL)
    reason = {"reason": marks.REASON}
    send("POST", PATIENTS, BODY, Idempotency_Key="marked")
    send("POST", PATIENTS, BODY | {"gender": "male"}, Idempotency_Key="marked")
    send("POST", PATIENTS, BODY)
    for name, value in BODY.items():
        send("PATCH", url, {name: [value]})
        send("PATCH", url, {f"{value} x": value})
        send("PUT", url, BODY | {name: f"{value}\x00"})
        send("PUT", url, BODY | {name: {f"{value} x": value}})
        send("GET", f"{PATIENTS}?search={value}%00&ordering={value}&active={value}&page={value}")
        send("GET", f"{PATIENTS}{value}/")
        send("POST", PATIENTS, f'{{"{name}": {value}}}'.encode())
        send(
            "POST",
            f"{url}archive/",
            {"reason": [value]},
            If_Match=marks.MRN,
            Idempotency_Key=f"{marks.MRN} x",
        )
    for role in Role:
        send("PUT", url, BODY | {"phone": marks.FIRST}, role)
    send("PUT", url, BODY, If_Match='"99"')
    send("GET", f"{PATIENTS}?search={marks.LAST}")
    send("POST", f"{url}archive/", reason)
    send("POST", f"{url}archive/", reason)
    send("GET", ARCHIVED)
    send("POST", f"{url}unarchive/", reason)
    send("POST", f"{url}unarchive/")
    send("DELETE", url)
    send("GET", DELETED)
    send("GET", url)
    send("POST", restore_path(service.patient()), reason)
    send("DELETE", url, role=None)

    assert {response.status_code for response in answers} >= {
        200,
        201,
        204,
        400,
        401,
        403,
        404,
        409,
        412,
        422,
    }
    assert not [response for response in answers if response.status_code >= 500]
    for response in answers:
        if response.status_code >= 400:
            assert marks.marks_in(response.text + str(response.headers)) == []
        assert marks.SSN not in response.text
        assert marks.SSN.replace("-", "") not in response.text
    assert marks.marks_in(stream.getvalue()) == []
    assert marks.marks_in(repr(service.desk.entries)) == []
