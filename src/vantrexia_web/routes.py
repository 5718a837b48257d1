"""The whole API on one screen.

A guarded route says who may call it (``permission``, decided in the core) and what its calls are named in
the trail (``action``); an open one is for anybody. ``scope`` is the rate limit its calls count against. A
path that is not here does not exist, and there is no third kind of route.
"""

from collections.abc import Callable
from typing import Final

import attrs

from vantrexia_adapters.smart import TOKEN_PATH
from vantrexia_core.audit import Action
from vantrexia_core.kernel import Permission
from vantrexia_core.throttling import Scope
from vantrexia_web.answer import Answer
from vantrexia_web.call import Call, Visit
from vantrexia_web.endpoints import (
    about,
    accounts,
    audit,
    bulk,
    clients,
    credentials,
    duplicates,
    ehr,
    emergencies,
    fhir,
    fhir_search,
    merges,
    patients,
    sessions,
    signing_in,
)
from vantrexia_web.outcomes import BASE

API: Final = "/api/v1"
FHIR: Final = BASE
_RESOURCES: Final = f"{FHIR}/Patient"
_EVENTS: Final = f"{FHIR}/AuditEvent"
_RESOURCE: Final = f"{_RESOURCES}/{{uuid:fhir}}"


@attrs.frozen
class Guarded:
    """A route for those who are signed in and have ``permission``."""

    method: str
    path: str
    endpoint: Callable[[Call], Answer]
    permission: Permission
    action: Action
    scope: Scope = Scope.USER


@attrs.frozen
class Open:
    """A route for anybody. ``scope`` is None for the health page alone, which has a measure of its own."""

    method: str
    path: str
    endpoint: Callable[[Visit], Answer]
    scope: Scope | None = Scope.ANONYMOUS


_AUTH: Final = f"{API}/auth/"
_PASSWORD: Final = f"{_AUTH}password/"
_FACTOR: Final = f"{_AUTH}2fa/"
_ME: Final = f"{_AUTH}me/"
_USERS: Final = f"{API}/users/"
_USER: Final = f"{_USERS}{{id:account}}/"
_UNLOCK: Final = f"{_AUTH}users/{{id:account}}/unlock/"
_MANY: Final = f"{API}/patients/"
_ONE: Final = f"{API}/patients/{{uuid:uuid}}/"
_PAIRS: Final = f"{_MANY}duplicates/"
_PAIR: Final = f"{_PAIRS}{{pair:uuid}}/"

_VERSIONS: Final = f"{_ONE}versions/"
_UNDO: Final = f"{_MANY}merges/{{merge:uuid}}/undo/"
_HIDDEN: Final = f"{API}/admin/patients/deleted/"
_HIDDEN_ONE: Final = f"{API}/admin/patients/{{uuid:uuid}}/"
_IMPORT: Final = f"{_MANY}import_selected_from_ecw/"
_JOB: Final = f"{ehr.IMPORTS_PATH}{{job:uuid}}/"
_VIEW, _WRITE, _ARCHIVE = Permission.VIEW_PATIENTS, Permission.WRITE_PATIENTS, Permission.ARCHIVE_PATIENTS
_SEE, _STAFF, _OWN = Permission.VIEW_USERS, Permission.MANAGE_USERS, Permission.OWN_ACCOUNT
_DELETE, _RESTORE = Permission.DELETE_PATIENTS, Permission.RESTORE_PATIENTS
_SEEN = Permission.VIEW_DELETED_PATIENTS
_CHANGE = Action.PASSWORD_CHANGED
_START, _ON, _OFF = Action.TWO_FACTOR_STARTED, Action.TWO_FACTOR_ENABLED, Action.TWO_FACTOR_DISABLED
_LOGS: Final = f"{API}/audit-logs/"
_TRAIL, _ACCOUNT = Permission.READ_TRAIL, Permission.ACCOUNT_FOR_DISCLOSURES
_EMERGENCIES: Final = f"{API}/emergency-access/"
_BREAK, _REVIEW = Permission.BREAK_GLASS, Permission.REVIEW_EMERGENCIES
_BULK: Final = f"{bulk.EXPORTS_PATH}/{{export:uuid}}"
_EXPORT = Permission.EXPORT_PATIENTS
_BRING = Permission.IMPORT_PATIENTS
_MERGE: Final = Permission.MERGE_PATIENTS
_LOOK, _JUDGE, _SAID = Permission.VIEW_DUPLICATES, Permission.DECIDE_DUPLICATES, Action.DUPLICATE_DECIDE

# fmt: off
ROUTES: Final[tuple[Guarded | Open, ...]] = (
    Open("POST",      f"{_AUTH}login/",          signing_in.log_in,      Scope.AUTH),
    Open("POST",      TOKEN_PATH,                clients.token,          Scope.AUTH),
    Open("POST",      f"{_AUTH}token/refresh/",  sessions.refresh,       Scope.AUTH),
    Open("POST",      f"{_AUTH}token/verify/",   sessions.verify,        Scope.AUTH),
    Guarded("POST",   f"{_AUTH}logout/",         sessions.end,           _OWN,     Action.LOGOUT),
    Guarded("GET",    _ME,                       accounts.me,            _OWN,     Action.PROFILE_READ),
    Guarded("PATCH",  _ME,                       accounts.revise_me,     _OWN,     Action.PROFILE_UPDATE),

    Guarded("GET",    _USERS,                    accounts.list_accounts, _SEE,     Action.USER_LIST),
    Guarded("POST",   _USERS,                    accounts.open_account,  _STAFF,   Action.USER_CREATE),
    Guarded("GET",    _USER,                     accounts.show_account,  _SEE,     Action.USER_READ),
    Guarded("PATCH",  _USER,                     accounts.change_account, _STAFF,  Action.USER_UPDATE),
    Guarded("POST",   _UNLOCK,                   accounts.unlock,        _STAFF,   Action.ACCOUNT_UNLOCKED),

    Guarded("POST",   _EMERGENCIES,              emergencies.declare,  _BREAK, Action.EMERGENCY_DECLARE),
    Guarded("GET",    _EMERGENCIES,              emergencies.list_,    _REVIEW, Action.EMERGENCY_LIST),

    Open("POST",      f"{_PASSWORD}reset/",      credentials.request_reset, Scope.AUTH),
    Open("POST",      f"{_PASSWORD}reset/confirm/", credentials.confirm_reset, Scope.AUTH),
    Guarded("POST",   f"{_PASSWORD}change/",     credentials.change_password,  _OWN, _CHANGE),
    Guarded("POST",   f"{_FACTOR}setup/",        credentials.set_up_two_factor,   _OWN, _START),
    Guarded("POST",   f"{_FACTOR}verify/",       credentials.verify_two_factor,   _OWN, _ON),
    Guarded("POST",   f"{_FACTOR}disable/",      credentials.turn_off_two_factor, _OWN, _OFF),

    Guarded("GET",    _MANY,                     patients.list_,         _VIEW,    Action.LIST),
    Guarded("POST",   _MANY,                     patients.create,        _WRITE,   Action.CREATE),
    Guarded("GET",    f"{_MANY}archived/",       patients.list_archived, _VIEW,    Action.LIST_ARCHIVED),
    Guarded("GET",    _ONE,                      patients.get,           _VIEW,    Action.READ),
    Guarded("PUT",    _ONE,                      patients.replace,       _WRITE,   Action.UPDATE),
    Guarded("PATCH",  _ONE,                      patients.revise,        _WRITE,   Action.UPDATE),
    Guarded("DELETE", _ONE,                      patients.delete,        _DELETE,  Action.DELETE),
    Guarded("POST",   f"{_ONE}archive/",         patients.archive,       _ARCHIVE, Action.ARCHIVE),
    Guarded("POST",   f"{_ONE}unarchive/",       patients.unarchive,     _ARCHIVE, Action.UNARCHIVE),

    Guarded("GET",    _PAIRS,                    duplicates.list_duplicates,   _LOOK,  Action.DUPLICATE_LIST),
    Guarded("GET",    _PAIR,                     duplicates.compare_duplicates, _LOOK, Action.DUPLICATE_READ),
    Guarded("POST",   f"{_PAIR}decide/",         duplicates.decide_duplicate,  _JUDGE, _SAID),
    Guarded("POST",   f"{_ONE}merge/",           merges.merge,           _MERGE,   Action.MERGE),
    Guarded("GET",    f"{_ONE}merges/",          merges.list_merges,     _LOOK,    Action.MERGE_READ),
    Guarded("POST",   _UNDO,                     merges.undo,            _MERGE,   Action.UNMERGE),

    Guarded("GET",    _VERSIONS,                 patients.list_versions_, _VIEW,   Action.LIST_VERSIONS),
    Guarded("GET",    f"{_VERSIONS}{{version:version}}/", patients.get_version, _VIEW, Action.READ_VERSION),

    Guarded("POST",   _IMPORT,                   ehr.import_selected,    _BRING,   Action.IMPORT),
    Guarded("GET",    f"{_MANY}search_ecw/",     ehr.search,             _BRING,   Action.EHR_SEARCH),
    Guarded("GET",    _JOB,                      ehr.show_import,        _BRING,   Action.IMPORT_READ),

    Guarded("GET",    _HIDDEN,                   patients.list_deleted,  _SEEN,    Action.LIST_DELETED),
    Guarded("POST",   f"{_HIDDEN_ONE}restore/",  patients.restore,       _RESTORE, Action.RESTORE),

    Guarded("GET",    f"{_ONE}disclosures/",     audit.disclosures,      _ACCOUNT, Action.ACCOUNTING),
    Guarded("GET",    _LOGS,                     audit.list_,            _TRAIL,   Action.TRAIL_READ),
    Guarded("GET",    f"{_LOGS}export/",         audit.export,           _TRAIL,   Action.TRAIL_EXPORT),

    Open("GET",       f"{FHIR}/metadata",        fhir.metadata),
    Open("GET",       f"{FHIR}/.well-known/smart-configuration", fhir.smart_configuration),
    Guarded("GET",    _RESOURCE,                 fhir.read,              _VIEW,    Action.READ),
    Guarded("GET",    f"{_RESOURCE}/_history/{{version:version}}", fhir.vread, _VIEW, Action.READ_VERSION),
    Guarded("GET",    f"{_RESOURCE}/_history",   fhir.history,           _VIEW,    Action.LIST_VERSIONS),
    Guarded("GET",    _RESOURCES,                fhir_search.search,     _VIEW,    Action.LIST),
    Guarded("POST",   f"{_RESOURCES}/_search",   fhir_search.search_by_post, _VIEW, Action.LIST),
    Guarded("POST",   _RESOURCES,                fhir.create,            _WRITE,   Action.CREATE),
    Guarded("PUT",    _RESOURCE,                 fhir.update,            _WRITE,   Action.UPDATE),
    Guarded("PATCH",  _RESOURCE,                 fhir.patch,             _WRITE,   Action.UPDATE),
    Guarded("DELETE", _RESOURCE,                 fhir.delete,            _DELETE,  Action.DELETE),
    Guarded("GET",    f"{_RESOURCE}/$everything", fhir.everything,       _VIEW,    Action.READ),
    Guarded("POST",   f"{_RESOURCE}/$everything", fhir.everything,       _VIEW,    Action.READ),
    Guarded("POST",   f"{_RESOURCES}/$match",    fhir.match,             _WRITE,   Action.MATCH),
    Guarded("GET",    _EVENTS,                   fhir_search.search_trail, _TRAIL,   Action.TRAIL_READ),
    Guarded("POST",   f"{_EVENTS}/_search",      fhir_search.search_trail_by_post, _TRAIL, Action.TRAIL_READ),
    Guarded("GET",    f"{FHIR}/Provenance/{{provenance:fhir}}", fhir.provenance, _VIEW, Action.READ_VERSION),
    Guarded("GET",    f"{FHIR}/patients/{{uuid:uuid}}/", fhir.patient_resource, _VIEW, Action.READ),

    Guarded("GET",    f"{FHIR}/$export",         bulk.start,             _EXPORT,  Action.EXPORT_START),
    Guarded("POST",   f"{FHIR}/$export",         bulk.start,             _EXPORT,  Action.EXPORT_START),
    Guarded("GET",    f"{_RESOURCES}/$export",   bulk.start,             _EXPORT,  Action.EXPORT_START),
    Guarded("POST",   f"{_RESOURCES}/$export",   bulk.start,             _EXPORT,  Action.EXPORT_START),
    Guarded("GET",    _BULK,                     bulk.status,            _EXPORT,  Action.EXPORT_READ),
    Guarded("DELETE", _BULK,                     bulk.end,               _EXPORT,  Action.EXPORT_END),
    Guarded("GET",    f"{_BULK}/patients/{{place:version}}.ndjson", bulk.patients, _EXPORT, Action.EXPORT),
    Guarded("GET",    f"{_BULK}/deleted/{{place:version}}.ndjson",  bulk.deleted,  _EXPORT, Action.EXPORT),

    Open("GET",       "/health/",                about.health,            None),
    Open("GET",       "/.well-known/jwks.json",  about.keys),
    Open("GET",       "/openapi.json",           about.page),
    Open("GET",       "/docs/",                  about.page),
    Open("GET",       "/docs/reference.css",     about.page),
    Open("GET",       "/docs/reference.js",      about.page),
)
# fmt: on

WAITING: Final = frozenset({ehr.import_selected, ehr.search})
"""Endpoints whose calls wait for another system: they do so in threads of their own."""

PROVING: Final = frozenset({clients.token})
"""Endpoints whose calls may wait for another system's public keys: they do so in threads of their own."""

HASHING: Final = frozenset(
    {
        signing_in.log_in,
        accounts.open_account,
        credentials.change_password,
        credentials.confirm_reset,
        credentials.set_up_two_factor,
        credentials.turn_off_two_factor,
    }
)
"""Endpoints whose calls hash passwords, which is slow by design: they do so in threads of their own."""
