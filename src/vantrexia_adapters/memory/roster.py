"""An EHR in memory: patients that it was given, and faults that were asked of it."""

from collections.abc import Iterable, Sequence

import attrs

from vantrexia_core.ehr import CANDIDATES_MAX, EhrPatient, EhrQuery, EhrUnavailableError, Fault, Missed
from vantrexia_core.kernel import Phi
from vantrexia_core.patients import ExternalId
from vantrexia_core.protection import words


class MemoryRoster:
    """Implements the core's ``EhrRoster`` without another system, for tests and trials.

    ``asked`` counts the ids that were asked for, so that a test can tell what was not asked at all.
    """

    def __init__(self, patients: Iterable[EhrPatient] = ()) -> None:
        self._patients: dict[str, list[EhrPatient]] = {}
        self._faults: dict[str, Fault] = {}
        self.is_reachable = True
        self.asked = 0
        for patient in patients:
            self.put(patient)

    def put(self, patient: EhrPatient) -> None:
        """Know a patient, under every id it has; one known under the same id before is replaced."""
        self._patients[patient.external_id.reveal()] = [patient]
        for other in patient.known_as:
            self._patients.setdefault(other.reveal(), []).append(patient)

    def fail(self, external_id: ExternalId, fault: Fault | None) -> None:
        """Have a fault for an id from now on, or no longer."""
        self._faults.pop(external_id.reveal(), None)
        if fault is not None:
            self._faults[external_id.reveal()] = fault

    def fetch(self, ids: Sequence[ExternalId], *, seconds_max: float) -> Sequence[EhrPatient | Missed]:
        """See `EhrRoster`."""
        del seconds_max  # nothing here takes time
        self._check_reachable()
        self.asked += len(ids)
        return [self._one(id_) for id_ in ids]

    def search(self, query: EhrQuery, *, seconds_max: float) -> Sequence[EhrPatient]:
        """See `EhrRoster`."""
        del seconds_max
        self._check_reachable()
        everybody = {
            patient.external_id.reveal(): patient for known in self._patients.values() for patient in known
        }
        return [one for one in everybody.values() if _fits(one, query)][:CANDIDATES_MAX]

    def _check_reachable(self) -> None:
        if not self.is_reachable:
            raise EhrUnavailableError

    def _one(self, external_id: ExternalId) -> EhrPatient | Missed:
        fault = self._faults.get(external_id.reveal())
        known = self._patients.get(external_id.reveal(), [])
        if fault is None and len(known) != 1:
            fault = Fault.AMBIGUOUS if known else Fault.NOT_FOUND
        return _asked_as(known[0], external_id) if fault is None else Missed(external_id, fault)


def _asked_as(patient: EhrPatient, external_id: ExternalId) -> EhrPatient:
    """The patient under the id that was asked for, with its own one among the others."""
    if patient.external_id == external_id:
        return patient
    others = (patient.external_id, *(other for other in patient.known_as if other != external_id))
    return attrs.evolve(patient, external_id=external_id, known_as=others)


def _fits(patient: EhrPatient, query: EhrQuery) -> bool:
    identifiers = (patient.external_id, *patient.known_as)
    return (
        (query.identifier is None or query.identifier in identifiers)
        and (query.date_of_birth is None or query.date_of_birth == patient.date_of_birth)
        and (query.name is None or _is_named(patient, query.name))
    )


def _is_named(patient: EhrPatient, name: Phi[str]) -> bool:
    parts = [part.reveal() for part in (patient.first_name, patient.last_name) if part is not None]
    known = [word for part in parts for word in words(part)]
    return all(any(one.startswith(word) for one in known) for word in words(name.reveal()))
