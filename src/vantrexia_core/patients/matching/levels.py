"""How two values of a field can compare: level by level, from the weakest evidence to the strongest.

Level 0 of every field is `missing`: on one side or on both there is nothing to compare. In every other field
a higher level speaks more for one person, under each explanation; a test holds the weights to that.
"""

from enum import Enum, IntEnum

import attrs


class Field(Enum):
    """What is compared, by the name that an explanation shows."""

    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    MIDDLE_NAME = "middle_name"
    SUFFIX = "suffix"
    DATE_OF_BIRTH = "date_of_birth"
    GENDER = "gender"
    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"
    SSN = "ssn"
    MRN = "mrn"


class FirstName(IntEnum):
    """First names."""

    MISSING = 0
    DIFFERS = 1
    LOOKALIKE = 2
    """They resemble each other, and are two names that people bear: *Jayden* and *Jaylen*."""
    RESEMBLES = 3
    """They sound alike; or are one edit apart and short, or two and long; or share a word, as sisters may."""
    INITIAL = 4
    """One is the beginning of the other, down to an initial."""
    CLOSE = 5
    """One typing error, or Jaro-Winkler of .92."""
    IS_MIDDLE = 6
    """One goes by the middle name of the other."""
    NICKNAME = 7
    """Names that are used for one another, and one name in two spellings."""
    LONGER = 8
    """*Mary Ann* and *Mary*: all words of the one are among the other's."""
    MISTYPED = 9
    """A slip of the pen from a name that people bear, and borne by nobody else: hardly a twin's."""
    EXACT = 10
    SWAPPED = 11
    """First and last name stand in each other's place, to the letter: the one fact for both."""


class LastName(IntEnum):
    """Last names."""

    MISSING = 0
    DIFFERS = 1
    RESEMBLES = 2
    """They sound alike; or are one edit apart and short, or two and long."""
    CLOSE = 3
    SHARED_WORD = 4
    """*García López* and *García*; *Smith-Jones* and *Jones*."""
    MISTYPED = 5
    """One typing error from a name that people bear, and borne by nobody else."""
    EXACT = 6
    SWAPPED = 7
    """Counted with the first name."""


class MiddleName(IntEnum):
    """Middle names."""

    MISSING = 0
    DIFFERS = 1
    INITIAL = 2
    CLOSE = 3
    EXACT = 4


class Suffix(IntEnum):
    """Jr, Sr, II, III, IV."""

    MISSING = 0
    CONFLICT = 1
    AGREES = 2


class BirthDate(IntEnum):
    """Birth dates."""

    MISSING = 0
    DIFFERS = 1
    SAME_YEAR = 2
    TWO_PARTS = 3
    """Two of year, month and day agree; or the year, and one is a first of January: the day was not known."""
    ONE_EDIT = 4
    """One digit, or two neighbours in each other's place."""
    DAY_MONTH_SWAPPED = 5
    EXACT = 6


class GenderLevel(IntEnum):
    """Administrative genders."""

    MISSING = 0
    DIFFERS = 1
    AGREES = 2


class PhoneLevel(IntEnum):
    """Phone numbers."""

    MISSING = 0
    DIFFERS = 1
    ONE_EDIT = 2
    EXACT = 3


class EmailLevel(IntEnum):
    """E-mail addresses."""

    MISSING = 0
    DIFFERS = 1
    OF_NAME = 2
    """The same mailbox, made of the name that both have: it says little that the name did not."""
    CLOSE = 3
    """One or two typing errors."""
    SAME_MAILBOX = 4
    """The same mailbox at another provider."""
    EXACT = 5


class AddressLevel(IntEnum):
    """Where they live. House, street, town and ZIP are one fact."""

    MISSING = 0
    DIFFERS = 1
    SAME_TOWN = 2
    SAME_ZIP = 3
    SAME_BUILDING = 4
    """Another unit of it."""
    CLOSE = 5
    """The same house but for a typing error."""
    SAME_HOME = 6


class SsnLevel(IntEnum):
    """Social security numbers."""

    MISSING = 0
    DIFFERS = 1
    ONE_EDIT = 2
    LAST_FOUR = 3
    """The last four digits agree, and one side has no more."""
    EXACT = 4


class MrnLevel(IntEnum):
    """Record numbers of one practice. A person who is recorded twice has two: another number says nothing."""

    MISSING = 0
    DIFFERS = 1
    EXACT = 2


@attrs.frozen
class Comparison:
    """How two people compare, field by field, and how common is what they share. Holds no value of either."""

    first_name: FirstName = FirstName.MISSING
    last_name: LastName = LastName.MISSING
    middle_name: MiddleName = MiddleName.MISSING
    suffix: Suffix = Suffix.MISSING
    date_of_birth: BirthDate = BirthDate.MISSING
    gender: GenderLevel = GenderLevel.MISSING
    phone: PhoneLevel = PhoneLevel.MISSING
    email: EmailLevel = EmailLevel.MISSING
    address: AddressLevel = AddressLevel.MISSING
    ssn: SsnLevel = SsnLevel.MISSING
    mrn: MrnLevel = MrnLevel.MISSING
    years_apart: int | None = attrs.field(default=None, repr=False)
    """Between the years of birth."""
    first_frequency: float | None = attrs.field(default=None, repr=False)
    """The share of people with this first name, if both have it, mistyped or not."""
    last_frequency: float | None = attrs.field(default=None, repr=False)
    birth_frequency: float | None = attrs.field(default=None, repr=False)
    namesakes: float | None = attrs.field(default=None, repr=False)
    """How many others of this name and birth date are to be expected in the registry, if both have it."""

    def in_order(self) -> tuple[IntEnum, ...]:
        """The level of every field, in the order of `Field`."""
        return (
            self.first_name, self.last_name, self.middle_name, self.suffix, self.date_of_birth, self.gender,
            self.phone, self.email, self.address, self.ssn, self.mrn,
        )  # fmt: skip

    def levels(self) -> tuple[tuple[Field, IntEnum], ...]:
        """Every field with its level, in the order of `Field`."""
        return tuple(zip(Field, self.in_order(), strict=True))
