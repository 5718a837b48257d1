"""What people are told about each endpoint: sentences, examples, and what its calls may carry."""

from collections.abc import Callable, Mapping
from typing import Final

import attrs

from vantrexia_core.identity import ProfileRevision, UserRevision
from vantrexia_web.answer import JSON
from vantrexia_web.endpoints import (
    about,
    accounts,
    audit,
    clients,
    credentials,
    duplicates,
    ehr,
    emergencies,
    merges,
    patients,
    sessions,
    signing_in,
)
from vantrexia_web.endpoints.audit import FHIR
from vantrexia_web.openapi import examples
from vantrexia_web.wire.accounts import NewAccount
from vantrexia_web.wire.audit import CSV
from vantrexia_web.wire.clients import TokenForm
from vantrexia_web.wire.credentials import (
    PasswordChange,
    ResetConfirmation,
    ResetRequested,
    TwoFactorEnd,
    TwoFactorFinish,
    TwoFactorStart,
)
from vantrexia_web.wire.duplicates import DecisionGiven
from vantrexia_web.wire.ehr import IDS_WAITED_FOR_MAX, Selection
from vantrexia_web.wire.emergencies import EmergencyDeclaration
from vantrexia_web.wire.merges import MergeWish, UndoWish
from vantrexia_web.wire.patients import Amendment, ReasonGiven, Registration, Replacement
from vantrexia_web.wire.sessions import Farewell, RefreshGiven, TokenGiven
from vantrexia_web.wire.signing_in import Credentials


@attrs.frozen
class Operation:
    """What people are told about an endpoint, beside what the table of routes says.

    ``answer`` names the schema of a success, ``body`` is the wire's type, ``query`` names parameters.
    ``refusals`` are statuses beside those that follow from everything else.
    """

    tag: str
    summary: str
    description: str
    status: int
    answer: str | None
    example: examples.Example | str | None = None
    body: type | None = None
    body_example: examples.Example | None = None
    query: tuple[str, ...] = ()
    refusals: tuple[int, ...] = ()
    headers: tuple[str, ...] = ()
    """Headers that this operation alone answers with."""
    also_statuses: tuple[int, ...] = ()
    """Other statuses with the body of a success."""
    other_answers: "tuple[Operation, ...]" = ()
    """Answers of another shape: status, schema, example."""
    is_conditional: bool = False
    is_once: bool = False
    is_form: bool = False
    """Its body is a form, as OAuth's are."""
    media_type: str = JSON
    others: Mapping[str, tuple[str, examples.Example]] = attrs.Factory(dict)
    """The same in other media types: the schema and an example of each."""


_PAGED: Final = ("page", "page_size", "search", "ordering")

_TRAIL: Final = ("user_id", "action", "resource_type", "resource_id", "patient_id", "ip_address", "purpose")
_PERIOD: Final = ("date_from", "date_to")
_PART: Final = ("page", "page_size", "as_of")
_AS_FHIR: Final = {FHIR: ("AuditEventBundle", examples.AUDIT_EVENTS)}

_CHANGED_UNSEEN: Final = Operation("", "", "", 204, None, headers=("ETag",))
"""To a machine client whose scopes let it change records and not read them."""

OPERATIONS: Final[Mapping[Callable[..., object], Operation]] = {
    signing_in.log_in: Operation(
        "Sign in",
        "Sign in",
        "Exchanges an e-mail address and a password for an access token (15 minutes) and a refresh token "
        "(1 day). A wrong address and a wrong password get the same answer.",
        200,
        "SignedIn",
        examples.LOGGED_IN,
        Credentials,
        examples.LOGIN,
        refusals=(423,),
    ),
    credentials.change_password: Operation(
        "Sign in",
        "Change your password",
        "Takes the present password and another one. All your other sessions end.",
        204,
        None,
        body=PasswordChange,
        body_example=examples.PASSWORD_CHANGE,
        refusals=(423,),
    ),
    credentials.request_reset: Operation(
        "Sign in",
        "Ask for a new password",
        "Sends a letter to the address, if an account has it. The answer does not tell.",
        200,
        "ResetAnswer",
        examples.RESET_REQUESTED,
        ResetRequested,
        examples.RESET_REQUEST,
    ),
    credentials.confirm_reset: Operation(
        "Sign in",
        "Set a new password",
        "Takes `uid` and `token` of the letter, which work once and for an hour. All sessions end. A lock is "
        "lifted, but not where there is a second factor, which is still asked for at the next sign-in.",
        204,
        None,
        body=ResetConfirmation,
        body_example=examples.RESET_CONFIRMATION,
    ),
    credentials.set_up_two_factor: Operation(
        "Sign in",
        "Set up a second factor",
        "Hands out a secret for an authenticator app (RFC 6238). Nothing changes before a code "
        "of it is verified.",
        200,
        "TwoFactorSecret",
        examples.TWO_FACTOR_SECRET,
        TwoFactorStart,
        examples.TWO_FACTOR_START,
        refusals=(409, 423),
    ),
    credentials.verify_two_factor: Operation(
        "Sign in",
        "Turn the second factor on",
        "Takes a first code of the app. The backup codes are shown this once; each replaces one code. "
        "Your other sessions end. A secret waits ten minutes for its first code, and wrong codes count "
        "like wrong passwords.",
        200,
        "TwoFactorOn",
        examples.TWO_FACTOR_ON,
        TwoFactorFinish,
        examples.TWO_FACTOR_FINISH,
        refusals=(409, 423),
    ),
    credentials.turn_off_two_factor: Operation(
        "Sign in",
        "Turn the second factor off",
        "Takes the password and a code. Your other sessions end.",
        200,
        "TwoFactorOff",
        examples.TWO_FACTOR_OFF,
        TwoFactorEnd,
        examples.TWO_FACTOR_END,
        refusals=(409, 423),
    ),
    sessions.refresh: Operation(
        "Sign in",
        "Refresh tokens",
        "Exchanges a refresh token for a fresh pair. A refresh token works once: the second time it ends the "
        "session, for somebody has copied it. A session ends a day after its sign-in in any case.",
        200,
        "Tokens",
        examples.TOKENS,
        RefreshGiven,
        examples.REFRESH,
    ),
    clients.token: Operation(
        "Sign in",
        "Get a machine client's token",
        "For programs that act by themselves (SMART Backend Services): exchanges an assertion, signed with a "
        "key that is registered for the client, for an access token of five minutes.",
        200,
        "GrantedToken",
        examples.CLIENT_TOKEN,
        TokenForm,
        examples.CLIENT_ASSERTION,
        is_form=True,
        other_answers=(
            Operation("", "", "", 400, "OAuthError", examples.INVALID_SCOPE),
            Operation("", "", "", 401, "OAuthError", examples.INVALID_CLIENT),
        ),
    ),
    sessions.verify: Operation(
        "Sign in",
        "Verify a token",
        "Whether an access or a refresh token is good now. Changes nothing.",
        200,
        "Nothing",
        {},
        TokenGiven,
        examples.VERIFY,
    ),
    sessions.end: Operation(
        "Sign in",
        "Log out",
        "Ends the session that the refresh token belongs to, or with `all_sessions` every session of yours. "
        "Takes effect on the next request.",
        204,
        None,
        body=Farewell,
        body_example=examples.LOGOUT,
    ),
    accounts.me: Operation(
        "Accounts",
        "Your own account",
        "Who you are, in which role, for which practice.",
        200,
        "Profile",
        examples.PROFILE,
    ),
    accounts.revise_me: Operation(
        "Accounts",
        "Change your own account",
        "Changes your names or phone; the fields that are not sent stay.",
        200,
        "Profile",
        examples.PROFILE,
        ProfileRevision,
        examples.PROFILE_REVISION,
    ),
    accounts.list_accounts: Operation(
        "Accounts",
        "List accounts",
        "A page of the practice's accounts, by id.",
        200,
        "AccountPage",
        examples.ACCOUNT_PAGE,
        query=("page", "page_size"),
    ),
    accounts.open_account: Operation(
        "Accounts",
        "Open an account",
        "Without a `password` its owner has to choose one by a password reset. The role `patient` goes with "
        "a `patient_id`, and no other role does.",
        201,
        "Account",
        examples.OPENED_ACCOUNT,
        NewAccount,
        examples.NEW_ACCOUNT,
    ),
    accounts.show_account: Operation(
        "Accounts",
        "Get an account",
        "One of the practice's accounts; `locked_until` says whether sign-ins are refused now.",
        200,
        "Account",
        examples.ACCOUNT,
    ),
    accounts.change_account: Operation(
        "Accounts",
        "Change an account",
        "Changes the fields that are sent. Another role, and closing it, ends the account's sessions. The "
        "last active administrator stays one.",
        200,
        "Account",
        examples.REVISED_ACCOUNT,
        UserRevision,
        examples.ACCOUNT_REVISION,
        refusals=(409,),
    ),
    accounts.unlock: Operation(
        "Accounts",
        "Unlock an account",
        "Forgets the failed sign-ins with the account's address, and with them its lock. Takes no body.",
        200,
        "Account",
        examples.ACCOUNT,
        refusals=(400, 408, 413, 415),
    ),
    emergencies.declare: Operation(
        "Emergency access",
        "Declare an emergency",
        "For an hour this session sees every record of the practice, deleted ones included, and changes no "
        "more than before. Every call in that time is marked on the audit trail, and administrators are told "
        "by letter. It ends by itself, or with the session. An account declares ten an hour at most.",
        201,
        "Emergency",
        examples.EMERGENCY,
        EmergencyDeclaration,
        examples.EMERGENCY_DECLARATION,
    ),
    emergencies.list_: Operation(
        "Emergency access",
        "List emergencies",
        "The emergencies that people of the practice declared, newest first, each with its reason.",
        200,
        "EmergencyPage",
        examples.EMERGENCY_PAGE,
        query=("page", "page_size"),
    ),
    patients.list_: Operation(
        "Patients",
        "List patients",
        "A page of active patients, by last name. `count` is exact. With `active=false`: the archived ones. "
        "A patient's own account sees its own record only.",
        200,
        "PatientPage",
        examples.PATIENT_PAGE,
        query=("page", "page_size", "search", "active", "ordering"),
    ),
    patients.create: Operation(
        "Patients",
        "Create a patient",
        "Every personal field is encrypted before it is stored. A unique MRN is generated if none is given. "
        "Fields that are not listed here are refused. If the person seems to be registered already, the "
        "record is made all the same, the pair is put up for review, and `Link` names whom it resembles; "
        "with `on_duplicate=refuse` nothing is made, and the answer is 409 `duplicate_suspected`.",
        201,
        "Patient",
        examples.CREATED_PATIENT,
        Registration,
        examples.NEW_PATIENT,
        query=("on_duplicate",),
        refusals=(409,),
        headers=("Link", "Duplicate-Check"),
        is_once=True,
    ),
    patients.get: Operation(
        "Patients",
        "Get a patient",
        "One record, active or archived. The `ETag` is what `If-Match` wants when you change it.",
        200,
        "Patient",
        examples.PATIENT,
    ),
    patients.replace: Operation(
        "Patients",
        "Replace a patient",
        "Replaces every field: one that is left out becomes null, but for `mrn`, `external_id` and `ssn`, "
        "which keep their value. A machine client that may not read records gets 204 and the `ETag`.",
        200,
        "Patient",
        examples.REPLACED_PATIENT,
        Replacement,
        examples.REPLACEMENT,
        other_answers=(_CHANGED_UNSEEN,),
        is_conditional=True,
    ),
    patients.revise: Operation(
        "Patients",
        "Change a patient",
        "Changes the fields that are sent and leaves the others. An `address` is replaced as a whole. "
        "A machine client that may not read records gets 204 and the `ETag`.",
        200,
        "Patient",
        examples.REVISED_PATIENT,
        Amendment,
        examples.REVISION,
        other_answers=(_CHANGED_UNSEEN,),
        is_conditional=True,
    ),
    patients.delete: Operation(
        "Patients",
        "Delete a patient",
        "Marks the record as deleted. It is retained, as HIPAA demands, and administrators still see it.",
        204,
        None,
        is_conditional=True,
    ),
    patients.archive: Operation(
        "Patients",
        "Archive a patient",
        "Takes the patient out of the active list, with a reason. The record stays readable and correctable.",
        200,
        "Archived",
        examples.ARCHIVED,
        ReasonGiven,
        examples.ARCHIVE,
        refusals=(409,),
        is_conditional=True,
        is_once=True,
    ),
    patients.unarchive: Operation(
        "Patients",
        "Unarchive a patient",
        "Brings an archived patient back to the active list. Takes no body.",
        200,
        "Unarchived",
        examples.UNARCHIVED,
        refusals=(400, 408, 409, 413, 415),
        is_conditional=True,
        is_once=True,
    ),
    patients.list_archived: Operation(
        "Patients",
        "List archived patients",
        "A page of archived patients, with when, by whom and why.",
        200,
        "ArchivedPage",
        examples.ARCHIVED_PAGE,
        query=_PAGED,
    ),
    duplicates.list_duplicates: Operation(
        "Duplicates",
        "List suspected duplicates",
        "A page of pairs of records that may be one person, the likeliest first. Without `decision`: those "
        "that wait for somebody. It shows ids, scores and reasons, and nothing of anybody's record.",
        200,
        "SuspicionPage",
        examples.SUSPICION_PAGE,
        query=("page", "page_size", "decision", "grade", "score_min", "suspicion_ordering"),
    ),
    duplicates.compare_duplicates: Operation(
        "Duplicates",
        "Compare two records",
        "Both records of a pair, field by field, with the model's reasons. Counts as a disclosure of both.",
        200,
        "SideBySide",
        examples.SIDE_BY_SIDE,
    ),
    duplicates.decide_duplicate: Operation(
        "Duplicates",
        "Decide about a pair",
        "`different` is remembered for good: the pair never comes back, and its records cannot be merged. "
        "`same` merges nothing by itself; of two records that look like two people's it is a 409 "
        "`looks_different`, unless `despite_differences` says that you have looked at both. `later` leaves "
        "the pair in the list. Repeating a decision is safe; another than somebody made before is a 409, "
        "unless `If-Match` shows that you have read it.",
        200,
        "Suspicion",
        examples.DECIDED,
        DecisionGiven,
        examples.DECISION,
        refusals=(409,),
        is_conditional=True,
    ),
    patients.list_versions_: Operation(
        "Patients",
        "List the versions of a patient",
        "A page of the record's versions, newest first: each is the record as it was from one change to the "
        "next, with who made the change and which fields it touched (told to staff alone). The first is the "
        "record as it is. "
        "A deleted record has no versions to show; a restored one shows when it was deleted.",
        200,
        "PatientVersionPage",
        examples.VERSION_PAGE,
        query=("page", "page_size"),
    ),
    patients.get_version: Operation(
        "Patients",
        "Get a version of a patient",
        "The record as it was at one version. A version never changes.",
        200,
        "PatientVersion",
        examples.VERSION,
    ),
    merges.merge: Operation(
        "Duplicates",
        "Merge a record into this one",
        "The record of the path survives; `loser_id` gives way: it is archived, stays readable, says "
        "`merged_into`, and is in no list. Its MRN and external id stay its own, and lead here. If `fields` "
        "says nothing, a filled field beats an empty one; of two phones, e-mail addresses or addresses the "
        "one written later is kept, of all else the survivor's. It can be undone. Two records that look like "
        "two people's as they are now are a 409 `looks_different` with `grade` and `guards`, unless "
        "`despite_differences` says that you have looked at both; the audit trail has it.",
        200,
        "Merged",
        examples.MERGED,
        MergeWish,
        examples.MERGE,
        refusals=(409,),
        is_conditional=True,
        is_once=True,
    ),
    merges.list_merges: Operation(
        "Duplicates",
        "List the merges of a patient",
        "All merges that the record took part in, newest first, undone ones included.",
        200,
        "MergeList",
        examples.MERGE_LIST,
    ),
    merges.undo: Operation(
        "Duplicates",
        "Undo a merge",
        "Both records get back what they had, and are remembered as two people. Edits made since stay with "
        "the survivor. A field that the merge had filled and that was edited since is a 409 "
        "`edited_since_merge` until `fields` says who gets the new value: survivor, loser or neither.",
        200,
        "Separated",
        examples.SEPARATED,
        UndoWish,
        examples.UNDO,
        refusals=(409,),
        is_once=True,
    ),
    ehr.import_selected: Operation(
        "Import",
        "Import patients from eClinicalWorks",
        "Imports patients by their ids there. Each id is settled by itself and gets a line in `details`, in "
        "the order of the request: a patient who is here already is skipped, an id that cannot be imported "
        "is an error with its reason, and neither keeps the others from coming over. Repeating is safe. "
        f"At most {IDS_WAITED_FOR_MAX} ids while you wait; with `async=true` as many as the body holds.",
        200,
        "ImportReport",
        examples.IMPORTED,
        Selection,
        examples.IMPORT,
        query=("async", "refresh", "dry_run"),
        refusals=(409,),
        other_answers=(
            Operation(
                "Import",
                "Import in the background",
                "The import was accepted.",
                202,
                "ImportProgress",
                examples.IMPORT_STARTED,
                is_once=True,
            ),
        ),
        is_once=True,
    ),
    ehr.search: Operation(
        "Import",
        "Search in eClinicalWorks",
        "Finds patients to import. Give at least one parameter; those given must all agree.",
        200,
        "EhrCandidates",
        examples.EHR_CANDIDATES,
        query=("name", "birthdate", "identifier"),
    ),
    ehr.show_import: Operation(
        "Import",
        "Progress of an import",
        "How far an import in the background has come, and a page of its ids in the order of the request.",
        200,
        "ImportProgressPage",
        examples.IMPORT_PROGRESS,
        query=("page", "page_size"),
    ),
    patients.list_deleted: Operation(
        "Administration",
        "List deleted patients",
        "A page of deleted patients, for administrators.",
        200,
        "DeletedPage",
        examples.DELETED_PAGE,
        query=_PAGED,
    ),
    patients.restore: Operation(
        "Administration",
        "Restore a deleted patient",
        "Makes a deleted record active again, with a reason.",
        200,
        "Patient",
        examples.PATIENT,
        ReasonGiven,
        examples.RESTORE,
        refusals=(409,),
        is_once=True,
    ),
    audit.disclosures: Operation(
        "Administration",
        "List the disclosures of a patient",
        "Everyone who was shown this patient's record: when, from where, and in which call, newest first. "
        "Pages of lists that showed the patient count. Works for archived and deleted records, too.",
        200,
        "AuditLogPage",
        examples.AUDIT_LOG_PAGE,
        query=(*_PART, *_PERIOD),
        others=_AS_FHIR,
    ),
    audit.list_: Operation(
        "Administration",
        "Read the audit trail",
        "A page of the practice's entries, newest first. `next` goes on as of the same entry, so "
        "pages do not shift while new entries are written. Reading is recorded.",
        200,
        "AuditLogPage",
        examples.AUDIT_LOG_PAGE,
        query=(*_PART, *_TRAIL, *_PERIOD),
        others=_AS_FHIR,
    ),
    audit.export: Operation(
        "Administration",
        "Export the audit trail",
        "The practice's entries as CSV, oldest first. `X-Total-Count` says how many there are: a file with "
        "fewer rows broke off. A cell that a spreadsheet would take for a formula begins with an apostrophe. "
        "The export is recorded before the first row leaves.",
        200,
        "AuditLogFile",
        examples.AUDIT_LOG_FILE,
        query=(*_TRAIL, *_PERIOD),
        media_type=CSV,
    ),
    about.health: Operation(
        "Service",
        "Health",
        "How the service and its parts are, looked at no more than every ten seconds. When it is down, a 503 "
        "has the same body.",
        200,
        "Health",
        examples.HEALTH,
        also_statuses=(503,),
    ),
    about.keys: Operation(
        "Service",
        "Public keys",
        "Our public keys as a JWK Set (RFC 7517). eClinicalWorks reads them here to check our signatures "
        "(SMART Backend Services, RS384).",
        200,
        "KeySet",
        examples.KEYS,
        refusals=(503,),
    ),
}
"""Every endpoint but the pages about the API itself."""
