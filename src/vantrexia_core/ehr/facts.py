"""What happens between the practice's EHR and its records, in the past tense. Ids and field names only.

That somebody was imported is a fact of the patients' context: files bring people in as well.
"""

from typing import ClassVar

import attrs

from vantrexia_core.audit import Action, Fact


@attrs.frozen
class ImportShown(Fact):
    """The progress of an import was shown; ``disclosed`` holds the patients of its page, in order of ids."""

    action: ClassVar[Action] = Action.IMPORT_READ


@attrs.frozen
class EhrSearched(Fact):
    """The EHR was searched; ``disclosed`` holds those found who have a record here, in order of ids."""

    action: ClassVar[Action] = Action.EHR_SEARCH
