"""Importing patients from the practice's electronic health record (EHR), and refreshing them from it.

`EhrRoster` is the other system as a port; nothing here knows FHIR, OAuth or a network. `import_patients`
imports chosen patients while the caller waits, `start_import` and `import_batch` in the background. Where
the two sides disagree, one table decides: `SURVIVOR`.
"""

from vantrexia_core.ehr.facts import EhrSearched, ImportShown
from vantrexia_core.ehr.importing import (
    Candidate,
    import_patients,
    preview_import,
    search_ehr,
)
from vantrexia_core.ehr.jobs import (
    find_unfinished_import,
    import_batch,
    import_next,
    look_up_import,
    start_import,
)
from vantrexia_core.ehr.model import (
    IDS_AT_ONCE,
    IDS_AT_ONCE_MAX,
    IDS_MAX,
    JOB_LIFE,
    LEASE,
    PAUSES_MAX,
    SENTENCES,
    TRIES_MAX,
    ImportJob,
    ImportOutcome,
    ImportReport,
    JobItem,
    JobStatus,
    Verdict,
    Why,
)
from vantrexia_core.ehr.ports import (
    BackgroundDesk,
    EhrDesk,
    EhrRecords,
    EhrRoster,
    EhrWork,
    ImportJobs,
    ImportQueue,
)
from vantrexia_core.ehr.roster import (
    CANDIDATES_MAX,
    EhrPatient,
    EhrQuery,
    EhrUnavailableError,
    Fault,
    Missed,
    NoRoster,
)
from vantrexia_core.ehr.survivorship import (
    KIND_OF,
    SURVIVOR,
    Conflict,
    Demographics,
    LastTold,
    LostValues,
    Shift,
    Side,
)

__all__ = [
    "CANDIDATES_MAX",
    "IDS_AT_ONCE",
    "IDS_AT_ONCE_MAX",
    "IDS_MAX",
    "JOB_LIFE",
    "KIND_OF",
    "LEASE",
    "PAUSES_MAX",
    "SENTENCES",
    "SURVIVOR",
    "TRIES_MAX",
    "BackgroundDesk",
    "Candidate",
    "Conflict",
    "Demographics",
    "EhrDesk",
    "EhrPatient",
    "EhrQuery",
    "EhrRecords",
    "EhrRoster",
    "EhrSearched",
    "EhrUnavailableError",
    "EhrWork",
    "Fault",
    "ImportJob",
    "ImportJobs",
    "ImportOutcome",
    "ImportQueue",
    "ImportReport",
    "ImportShown",
    "JobItem",
    "JobStatus",
    "LastTold",
    "LostValues",
    "Missed",
    "NoRoster",
    "Shift",
    "Side",
    "Verdict",
    "Why",
    "find_unfinished_import",
    "import_batch",
    "import_next",
    "import_patients",
    "look_up_import",
    "preview_import",
    "search_ehr",
    "start_import",
]
