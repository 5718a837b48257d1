"""Patients made by hand: valid ones that look odd, and invalid ones, each with the rule of R4 that it breaks.

Each is `WHOLE` with some members replaced; ``DROP`` takes a member away.
"""

from typing import Any, Final

DROP: Final = object()
WHOLE: Final[dict[str, Any]] = {
    "resourceType": "Patient",
    "identifier": [{"system": "https://hospital.example.org/mrn", "value": "H-1"}],
    "name": [{"use": "official", "family": "Quintero", "given": ["Marisol"]}],
    "gender": "female",
    "birthDate": "1961-04-09",
}
_NAME: Final = {"family": "Quintero", "given": ["Marisol"]}
_KIND: Final = {"extension": [{"url": "http://example.org/kind", "valueCode": "x"}]}
_ABSENT: Final = {
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "asked-declined"}
    ]
}
_XHTML: Final = 'xmlns="http://www.w3.org/1999/xhtml"'


def _div(inner: str, status: str = "generated") -> dict[str, Any]:
    return {"text": {"status": status, "div": f"<div {_XHTML}>{inner}</div>"}}


def _extension(**content: object) -> dict[str, Any]:
    return {"extension": [{"url": "http://example.org/any", **content}]}


def _contained(*resources: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"contained": list(resources), "managingOrganization": {"reference": "#org"}, **more}


def _organization(**more: object) -> dict[str, Any]:
    return {"resourceType": "Organization", "id": "org", "name": "Prairie Clinic", **more}


def made(changes: dict[str, Any]) -> dict[str, Any]:
    """The Patient."""
    return {name: value for name, value in {**WHOLE, **changes}.items() if value is not DROP}


VALID: Final[dict[str, dict[str, Any]]] = {
    "nothing but what a record needs": {"identifier": DROP, "gender": DROP},
    "every script": {"name": [{"family": "Ω李ئ", "given": ["Ægir", "😀"]}]},
    "a list padded in front": {"name": [{**_NAME, "given": [None, "Marisol"], "_given": [_KIND, None]}]},
    "a list padded behind": {"name": [{**_NAME, "given": ["Marisol", None], "_given": [None, _KIND]}]},
    "a whole half of extensions": {"name": [{**_NAME, "_family": _KIND}]},
    "no gender and a reason why": {"gender": DROP, "_gender": _ABSENT},
    "dead on a day that is not known": {"deceasedDateTime": "2020-03"},
    "dead to the second": {"deceasedDateTime": "2020-03-01T10:11:12.123+14:00"},
    "a leap second": {"deceasedDateTime": "2016-12-31T23:59:60Z"},
    "a twin": {"multipleBirthInteger": 2},
    "a value of the type Meta": _extension(valueMeta={"tag": [{"code": "x"}]}),
    "a value without value": _extension(_valueString=_ABSENT),
    "extensions in an extension": _extension(extension=[{"url": "part", "valueDecimal": 1.50}]),
    "a narrative with a table": _div("<table><tr><td class='x'>Marisol</td></tr></table>"),
    "a narrative with an image": _div('<img src="#photo" alt="her"/>'),
    "a narrative with links": _div('<p><a href="https://example.org/x:y">a</a> &lt; <a href="#b">b</a></p>'),
    "a contained organization": _contained(_organization()),
    "a contained doctor who refers back": {
        "contained": [
            {
                "resourceType": "Provenance",
                "id": "p",
                "target": [{"reference": "#"}],
                "recorded": "2026-01-01T00:00:00Z",
                "agent": [{"who": {"display": "Ann"}}],
            }
        ]
    },
    "a photograph": {"photo": [{"contentType": "image/png", "data": "aGVs\nbG8="}]},
    "a contact point that is only a use": {"telecom": [{"use": "home", **_KIND}]},
    "references of any kind": {
        "generalPractitioner": [
            {"reference": "https://example.org/fhir/Practitioner/7/_history/2"},
            {"reference": "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", "type": "Organization"},
            {"identifier": {"value": "7"}, "display": "Dr. Ann"},
        ],
        "link": [{"other": {"reference": "RelatedPerson/7"}, "type": "seealso"}],
    },
    "a period of one day": {"name": [{**_NAME, "period": {"start": "2020-03-01", "end": "2020-03"}}]},
    "blanks inside a code": {"communication": [{"language": {"coding": [{"code": "a b"}]}}]},
    "line feeds in a text": {"maritalStatus": {"text": "a\n\tb"}},
    "a tag": {"meta": {"tag": [{"system": "http://example.org", "code": "x"}], "versionId": "9"}},
}

INVALID: Final[dict[str, tuple[dict[str, Any], str, str]]] = {
    # ------------------------------------------------------------ the form of JSON
    "a null": ({"gender": None}, "structure", "Patient.gender"),
    "an empty text": ({"language": ""}, "value", "Patient.language"),
    "a blank text": ({"maritalStatus": {"text": " \t"}}, "value", "Patient.maritalStatus.text"),
    "an empty object": ({"maritalStatus": {}}, "structure", "Patient.maritalStatus"),
    "an empty list": ({"telecom": []}, "structure", "Patient.telecom"),
    "a NUL": ({"maritalStatus": {"text": "a\x00b"}}, "value", "Patient.maritalStatus.text"),
    "an escape": ({"maritalStatus": {"text": "a\x1bb"}}, "value", "Patient.maritalStatus.text"),
    "half a character": ({"maritalStatus": {"text": "a\ud800"}}, "value", "Patient.maritalStatus.text"),
    "a null that pads nothing": (
        {"name": [{**_NAME, "given": [None]}]},
        "structure",
        "Patient.name[0].given[0]",
    ),
    "two nulls": (
        {"name": [{**_NAME, "given": [None, "x"], "_given": [None, _KIND]}]},
        "structure",
        "Patient.name[0].given[0]",
    ),
    "a list of another length": (
        {"name": [{**_NAME, "given": ["Marisol", "x"], "_given": [_KIND]}]},
        "structure",
        "Patient.name[0].given",
    ),
    "a number beside a date": ({"_birthDate": 1961}, "structure", "Patient.birthDate"),
    "texts beside texts": (
        {"name": [{**_NAME, "_given": ["x"]}]},
        "structure",
        "Patient.name[0].given",
    ),
    "a text for an object": ({"maritalStatus": "married"}, "value", "Patient.maritalStatus"),
    "a list of lists": ({"name": [[_NAME]]}, "structure", "Patient.name[0]"),
    "a member that no specification has": ({"Quintero of Springfield": 1}, "structure", "Patient"),
    # ------------------------------------------------------------ elements
    "an unknown element": ({"brithDate": "1961-04-09"}, "structure", "Patient.brithDate"),
    "an unknown element inside": ({"name": [{**_NAME, "first": "x"}]}, "structure", "Patient.name[0].first"),
    "comments of DSTU2": ({"fhir_comments": ["x"]}, "structure", "Patient"),
    "an element of R5's": ({"name": [{**_NAME, "pronouns": "x"}]}, "structure", "Patient.name[0].pronouns"),
    "an animal, as in STU3": ({"animal": {"species": {"text": "x"}}}, "structure", "Patient.animal"),
    "a text for a list": ({"name": [{**_NAME, "given": "Marisol"}]}, "structure", "Patient.name[0].given"),
    "a list for a text": ({"name": [{**_NAME, "family": ["x"]}]}, "structure", "Patient.name[0].family"),
    "an object for a list": ({"name": _NAME}, "structure", "Patient.name"),
    "a number for a text": ({"name": [{**_NAME, "family": 7}]}, "structure", "Patient.name[0].family"),
    "another resource": ({"resourceType": "Person"}, "structure", "Patient"),
    "no resource": ({"resourceType": DROP}, "structure", "Patient"),
    # ------------------------------------------------------------ codes
    "a gender of v2": ({"gender": "F"}, "code-invalid", "Patient.gender"),
    "a gender in capitals": ({"gender": "Female"}, "code-invalid", "Patient.gender"),
    "an unknown use of a name": (
        {"name": [{**_NAME, "use": "legal"}]},
        "code-invalid",
        "Patient.name[0].use",
    ),
    "an unknown system of telecom": (
        {"telecom": [{"system": "mobile", "value": "555-0142"}]},
        "code-invalid",
        "Patient.telecom[0].system",
    ),
    "an unknown use of an address": (
        {"address": [{"use": "mobile", "city": "x"}]},
        "code-invalid",
        "Patient.address[0].use",
    ),
    "an unknown type of link": (
        {"link": [{"other": {"reference": "Patient/7"}, "type": "same"}]},
        "code-invalid",
        "Patient.link[0].type",
    ),
    "an unknown status of a narrative": (_div("x", status="final"), "code-invalid", "Patient.text.status"),
    # ------------------------------------------------------------ values
    "a date without zeros": ({"birthDate": "1961-4-9"}, "value", "Patient.birthDate"),
    "a date without dashes": ({"birthDate": "19610409"}, "value", "Patient.birthDate"),
    "a date with a time": ({"birthDate": "1961-04-09T10:00:00Z"}, "value", "Patient.birthDate"),
    "30 February": ({"birthDate": "1961-02-30"}, "value", "Patient.birthDate"),
    "29 February of another year": ({"birthDate": "1961-02-29"}, "value", "Patient.birthDate"),
    "a 13th month": ({"birthDate": "1961-13-01"}, "value", "Patient.birthDate"),
    "a time without zone": ({"deceasedDateTime": "2020-03-01T10:00:00"}, "value", "Patient.deceasedDateTime"),
    "24 o'clock": ({"deceasedDateTime": "2020-03-01T24:00:00Z"}, "value", "Patient.deceasedDateTime"),
    "a truth in quotes": ({"deceasedBoolean": "true"}, "structure", "Patient.deceasedBoolean"),
    "a truth as number": ({"active": 1}, "structure", "Patient.active"),
    "a number in quotes": ({"multipleBirthInteger": "2"}, "structure", "Patient.multipleBirthInteger"),
    "a fraction of a twin": ({"multipleBirthInteger": 1.5}, "value", "Patient.multipleBirthInteger"),
    "a rank of nought": (
        {"telecom": [{"system": "phone", "value": "555-0142", "rank": 0}]},
        "value",
        "Patient.telecom[0].rank",
    ),
    "a long id": ({"id": "x" * 65}, "value", "Patient.id"),
    "an id with an underscore": ({"id": "a_b"}, "value", "Patient.id"),
    "a system with a blank": (
        {"identifier": [{"system": "http://a b", "value": "1"}]},
        "value",
        "Patient.identifier[0].system",
    ),
    "a code with two blanks": (
        {"communication": [{"language": {"coding": [{"code": "a  b"}]}}]},
        "value",
        "Patient.communication[0].language.coding[0].code",
    ),
    "a number without end": (_extension(valueDecimal=10**400), "value", "Patient.extension[0].valueDecimal"),
    "no base64": (
        {"photo": [{"contentType": "image/png", "data": "a$b="}]},
        "value",
        "Patient.photo[0].data",
    ),
    "base64 that ends too early": (
        _extension(valueBase64Binary="abc"),
        "value",
        "Patient.extension[0].valueBase64Binary",
    ),
    # ------------------------------------------------------------ what is mandatory, what excludes itself
    "a link without type": (
        {"link": [{"other": {"reference": "Patient/7"}}]},
        "required",
        "Patient.link[0].type",
    ),
    "a link without other": ({"link": [{"type": "seealso"}]}, "required", "Patient.link[0].other"),
    "a communication without language": (
        {"communication": [{"preferred": True}]},
        "required",
        "Patient.communication[0].language",
    ),
    "an extension without url": ({"extension": [{"valueCode": "x"}]}, "required", "Patient.extension[0].url"),
    "a narrative without div": ({"text": {"status": "empty"}}, "required", "Patient.text.div"),
    "dead twice": (
        {"deceasedBoolean": True, "deceasedDateTime": "2020"},
        "structure",
        "Patient",
    ),
    "two values": (_extension(valueCode="x", valueString="x"), "structure", "Patient.extension[0]"),
    "a mistake in a Meta": (
        _extension(valueMeta={"versionid": "1"}),
        "structure",
        "Patient.extension[0].valueMeta.versionid",
    ),
    "two halves of two values": (
        _extension(valueCode="x", _valueString=_ABSENT),
        "structure",
        "Patient.extension[0]",
    ),
    "a value of R4B's": (
        _extension(valueCodeableReference={"reference": {"display": "x"}}),
        "structure",
        "Patient.extension[0].valueCodeableReference",
    ),
    "another value of R4B's": (
        _extension(valueRatioRange={"lowNumerator": {"value": 1}}),
        "structure",
        "Patient.extension[0].valueRatioRange",
    ),
    # ------------------------------------------------------------ invariants
    "a value and extensions": (
        _extension(valueCode="x", **_KIND),
        "invariant",
        "Patient.extension[0]",
    ),
    "neither value nor extensions": (_extension(), "invariant", "Patient.extension[0]"),
    "a number without system": ({"telecom": [{"value": "555-0142"}]}, "invariant", "Patient.telecom[0]"),
    "a contact's number without system": (
        {"contact": [{"telecom": [{"value": "555-0142"}]}]},
        "invariant",
        "Patient.contact[0].telecom[0]",
    ),
    "a contact of nobody": ({"contact": [{"gender": "male"}]}, "invariant", "Patient.contact[0]"),
    "a period that ends before it starts": (
        {"name": [{**_NAME, "period": {"start": "2020-03-02", "end": "2020-03-01"}}]},
        "invariant",
        "Patient.name[0].period",
    ),
    "data of no type": ({"photo": [{"data": "aGVsbG8="}]}, "invariant", "Patient.photo[0]"),
    "a contained resource without id": (
        _contained(_organization(), {"resourceType": "Organization", "name": "x"}),
        "required",
        "Patient.contained[1].id",
    ),
    "a contained resource that nobody refers to": (
        _contained(_organization(), _organization(id="other")),
        "invariant",
        "Patient.contained[1]",
    ),
    "two contained resources of one id": (
        _contained(_organization(), _organization()),
        "invariant",
        "Patient.contained[1].id",
    ),
    "contained in contained": (
        _contained(_organization(contained=[_organization(id="inner")])),
        "invariant",
        "Patient.contained[0]",
    ),
    "a version of what is contained": (
        _contained(_organization(meta={"versionId": "1"})),
        "invariant",
        "Patient.contained[0].meta",
    ),
    "a label of what is contained": (
        _contained(_organization(meta={"security": [{"code": "R"}]})),
        "invariant",
        "Patient.contained[0].meta",
    ),
    "a contained resource of no type": (_contained({"id": "org"}), "structure", "Patient.contained[0]"),
    "a contained resource of a type that does not exist": (
        _contained({"resourceType": "Clinic", "id": "org"}),
        "not-supported",
        "Patient.contained[0]",
    ),
    "a mistake in what is contained": (
        _contained(_organization(nick="x")),
        "structure",
        "Patient.contained[0].nick",
    ),
    "a reference to nothing contained": (
        {"managingOrganization": {"reference": "#none"}},
        "not-found",
        "Patient.managingOrganization.reference",
    ),
    "a practitioner who manages": (
        {"managingOrganization": {"reference": "Practitioner/7"}},
        "value",
        "Patient.managingOrganization",
    ),
    "a patient as practitioner": (
        {"generalPractitioner": [{"reference": "https://example.org/fhir/Patient/7"}]},
        "value",
        "Patient.generalPractitioner[0]",
    ),
    "a link to a contained organization": (
        _contained(_organization(), link=[{"other": {"reference": "#org"}, "type": "seealso"}]),
        "value",
        "Patient.link[0].other",
    ),
    "an assigner who is a person": (
        {"identifier": [{"value": "7", "assigner": {"type": "Person", "display": "Ann"}}]},
        "value",
        "Patient.identifier[0].assigner",
    ),
    # ------------------------------------------------------------ narratives
    "a script": (_div("<script>alert(1)</script>"), "invariant", "Patient.text.div"),
    "a form": (_div("<form><input/></form>"), "invariant", "Patient.text.div"),
    "an attribute that runs": (_div('<p onclick="x()">x</p>'), "invariant", "Patient.text.div"),
    "a link that runs": (_div('<a href=" java\tscript:x()">x</a>'), "invariant", "Patient.text.div"),
    "a style that loads": (
        _div('<p style="background: url(http://x)">x</p>'),
        "invariant",
        "Patient.text.div",
    ),
    "a frame": (_div('<iframe src="https://example.org">x</iframe>'), "invariant", "Patient.text.div"),
    "no namespace": (
        {"text": {"status": "generated", "div": "<div>x</div>"}},
        "invariant",
        "Patient.text.div",
    ),
    "another root": (
        {"text": {"status": "generated", "div": f"<p {_XHTML}>x</p>"}},
        "invariant",
        "Patient.text.div",
    ),
    "an open element": (_div("<p>x"), "invariant", "Patient.text.div"),
    "an entity of HTML": (_div("a&nbsp;b"), "invariant", "Patient.text.div"),
    "a document type": (
        {
            "text": {
                "status": "generated",
                "div": f'<!DOCTYPE div [<!ENTITY a "aaaa">]><div {_XHTML}>&a;</div>',
            }
        },
        "invariant",
        "Patient.text.div",
    ),
    "an instruction": (_div("<?php x ?>x"), "invariant", "Patient.text.div"),
    "an empty narrative": (_div(" "), "invariant", "Patient.text.div"),
    # ------------------------------------------------------------ what is not understood
    "rules of one's own": (
        {"implicitRules": "http://example.org/rules"},
        "not-supported",
        "Patient.implicitRules",
    ),
    "an extension that changes everything": (
        {"modifierExtension": [{"url": "http://example.org/not", "valueBoolean": True}]},
        "extension",
        "Patient.modifierExtension",
    ),
    "an extension that changes a contact": (
        {"contact": [{"name": _NAME, "modifierExtension": [{"url": "http://a", "valueBoolean": True}]}]},
        "extension",
        "Patient.contact[0].modifierExtension",
    ),
}
