"""What happens to keys, in the past tense. ``changed`` names the kind of key, ``version`` its version."""

from typing import ClassVar

import attrs

from vantrexia_core.audit import Action, Fact


@attrs.frozen
class KeyPrepared(Fact):
    """A next version was published."""

    action: ClassVar[Action] = Action.KEY_PREPARE


@attrs.frozen
class KeyRotated(Fact):
    """A version is in use from now on."""

    action: ClassVar[Action] = Action.KEY_ROTATE


@attrs.frozen
class ReencryptionStarted(Fact):
    """Somebody began to seal everything anew."""

    action: ClassVar[Action] = Action.KEY_REENCRYPT_START


@attrs.frozen
class ReencryptionEnded(Fact):
    """Somebody checked what is still sealed under an older version. ``version`` names one that is needed."""

    action: ClassVar[Action] = Action.KEY_REENCRYPT


@attrs.frozen
class KeyRetired(Fact):
    """Nothing is sealed under a version any more."""

    action: ClassVar[Action] = Action.KEY_RETIRE


@attrs.frozen
class KeyDestroyed(Fact):
    """A version is gone for good."""

    action: ClassVar[Action] = Action.KEY_DESTROY


@attrs.frozen
class KeysRewrapped(Fact):
    """Another key-encryption key wraps the ring."""

    action: ClassVar[Action] = Action.KEY_REWRAP


@attrs.frozen
class PracticeDestructionOrdered(Fact):
    """The practice's keys are about to be destroyed."""

    action: ClassVar[Action] = Action.PRACTICE_DESTROY_ORDER


@attrs.frozen
class PracticeDestroyed(Fact):
    """The practice's keys are gone for good, and so is what they sealed."""

    action: ClassVar[Action] = Action.PRACTICE_DESTROY
