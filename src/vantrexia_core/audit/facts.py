"""What happens to the trail itself, in the past tense. Reading it is recorded like reading anything else."""

from typing import ClassVar

import attrs

from vantrexia_core.audit.entry import Action, Fact


@attrs.frozen
class TrailRead(Fact):
    """A page of the trail was shown."""

    action: ClassVar[Action] = Action.TRAIL_READ


@attrs.frozen
class TrailExported(Fact):
    """Entries of the trail were handed out as a file."""

    action: ClassVar[Action] = Action.TRAIL_EXPORT
