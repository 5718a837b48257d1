"""What happens to patients' records, in the past tense. Ids and field names only."""

from typing import ClassVar

import attrs

from vantrexia_core.audit import Action, Fact


@attrs.frozen
class Registered(Fact):
    """A record was created."""

    action: ClassVar[Action] = Action.CREATE


@attrs.frozen
class Viewed(Fact):
    """One record was shown."""

    action: ClassVar[Action] = Action.READ


@attrs.frozen
class Revised(Fact):
    """Demographics were replaced; ``changed`` names the fields whose value is another now."""

    action: ClassVar[Action] = Action.UPDATE


@attrs.frozen
class Archived(Fact):
    """A record was put out of service."""

    action: ClassVar[Action] = Action.ARCHIVE


@attrs.frozen
class Unarchived(Fact):
    """An archived record was put back into service."""

    action: ClassVar[Action] = Action.UNARCHIVE


@attrs.frozen
class Deleted(Fact):
    """A record was hidden. It is retained."""

    action: ClassVar[Action] = Action.DELETE


@attrs.frozen
class Restored(Fact):
    """A deleted record was made visible again."""

    action: ClassVar[Action] = Action.RESTORE


@attrs.frozen
class Listed(Fact):
    """A page of patients was shown; ``disclosed`` holds their ids, in order of ids."""

    action: ClassVar[Action] = Action.LIST


@attrs.frozen
class Matched(Fact):
    """It was shown whom somebody may be; ``disclosed`` holds their ids, in order of ids."""

    action: ClassVar[Action] = Action.MATCH


@attrs.frozen
class SweepStarted(Fact):
    """All records were put up to be compared with each other."""

    action: ClassVar[Action] = Action.MATCH_SWEEP


@attrs.frozen
class ArchivedListed(Fact):
    """A page of archived patients was shown."""

    action: ClassVar[Action] = Action.LIST_ARCHIVED


@attrs.frozen
class DeletedListed(Fact):
    """A page of deleted patients was shown to an administrator."""

    action: ClassVar[Action] = Action.LIST_DELETED


@attrs.frozen
class DuplicatesListed(Fact):
    """Pairs that may be one person were listed: ids and grades, nothing of anybody's record."""

    action: ClassVar[Action] = Action.DUPLICATE_LIST


@attrs.frozen
class DuplicatesCompared(Fact):
    """Two records were shown side by side."""

    action: ClassVar[Action] = Action.DUPLICATE_READ


@attrs.frozen
class DuplicateDecided(Fact):
    """Somebody said whether two records are one person; an entry for each of the two."""

    action: ClassVar[Action] = Action.DUPLICATE_DECIDE


@attrs.frozen
class DifferencesOverruled(Fact):
    """Somebody said that this record and another are of one person, and knew that they look like two.

    An entry for each of the two, beside those of the merge or of the decision.
    """

    action: ClassVar[Action] = Action.DIFFERENCES_OVERRULE


@attrs.frozen
class Merged(Fact):
    """A record was merged into another; an entry for each. ``changed`` names what the survivor took over."""

    action: ClassVar[Action] = Action.MERGE


@attrs.frozen
class Unmerged(Fact):
    """A merge was undone; an entry for each of the two records."""

    action: ClassVar[Action] = Action.UNMERGE


@attrs.frozen
class MergesShown(Fact):
    """The merges of a record were shown, with their reasons."""

    action: ClassVar[Action] = Action.MERGE_READ


@attrs.frozen
class VersionViewed(Fact):
    """One version of a record was shown; ``version`` says which."""

    action: ClassVar[Action] = Action.READ_VERSION


@attrs.frozen
class VersionsListed(Fact):
    """A page of a record's versions was shown."""

    action: ClassVar[Action] = Action.LIST_VERSIONS


@attrs.frozen
class Imported(Fact):
    """Somebody came from elsewhere: registered, linked to a record that was here, or brought up to date.

    ``changed`` names the fields that this filled. What brought nothing is recorded under the same action as
    refused or failed, with its code.
    """

    action: ClassVar[Action] = Action.IMPORT


@attrs.frozen
class ImportStarted(Fact):
    """An import was accepted, to be gone on with: a list of ids, or a file."""

    action: ClassVar[Action] = Action.IMPORT_START


@attrs.frozen
class ImportPreviewed(Fact):
    """It was shown what an import would do."""

    action: ClassVar[Action] = Action.IMPORT_PREVIEW


@attrs.frozen
class ExportStarted(Fact):
    """An export was granted; nothing has left yet."""

    action: ClassVar[Action] = Action.EXPORT_START


@attrs.frozen
class ExportShown(Fact):
    """It was shown what an export consists of."""

    action: ClassVar[Action] = Action.EXPORT_READ


@attrs.frozen
class Exported(Fact):
    """A batch of an export left; ``disclosed`` holds whose records, in order of ids."""

    action: ClassVar[Action] = Action.EXPORT


@attrs.frozen
class ExportEnded(Fact):
    """An export was deleted: nothing more of it leaves."""

    action: ClassVar[Action] = Action.EXPORT_END


@attrs.frozen
class DisclosuresAccounted(Fact):
    """An administrator was told whom a patient's record was shown to."""

    action: ClassVar[Action] = Action.ACCOUNTING
