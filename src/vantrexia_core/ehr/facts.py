"""What happens between the practice's EHR and its records, in the past tense. Ids and field names only."""

from typing import ClassVar

import attrs

from vantrexia_core.audit import Action, Fact


@attrs.frozen
class Imported(Fact):
    """A patient came over: registered, linked to a record that was here, or brought up to date.

    ``changed`` names the fields that the EHR filled. An id that brought nothing is recorded under the same
    action as refused or failed, with its code.
    """

    action: ClassVar[Action] = Action.IMPORT


@attrs.frozen
class ImportStarted(Fact):
    """A list of ids was accepted, to be imported in the background."""

    action: ClassVar[Action] = Action.IMPORT_START


@attrs.frozen
class ImportPreviewed(Fact):
    """It was shown what an import would do."""

    action: ClassVar[Action] = Action.IMPORT_PREVIEW


@attrs.frozen
class ImportShown(Fact):
    """The progress of an import was shown; ``disclosed`` holds the patients of its page, in order of ids."""

    action: ClassVar[Action] = Action.IMPORT_READ


@attrs.frozen
class EhrSearched(Fact):
    """The EHR was searched; ``disclosed`` holds those found who have a record here, in order of ids."""

    action: ClassVar[Action] = Action.EHR_SEARCH
