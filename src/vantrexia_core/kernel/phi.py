"""Protected health information that cannot print itself.

HIPAA's Security Rule (45 CFR 164.312) asks that PHI be kept from whoever has no business with it; log files,
tracebacks and test reports are where it usually escapes. The only way to get at a
value wrapped in `Phi` is one word that can be searched for: ``reveal``.
"""

from typing import Any, Final, Generic, NoReturn, Self, SupportsIndex, TypeVar, final

T = TypeVar("T")

MASK: Final = "•••"


class Phi(Generic[T]):
    """A personal value behind a mask.

    ``repr``, ``str`` and every format specification give the mask. Pickling, hashing, ordering are refused: a
    pickle is a copy at rest, a hash of a birth date is a birth date (there are only some 45,000 of them), and
    an order gives names away letter by letter. Equality is allowed, between values of one class only, because
    a revision has to know what changed; it answers with a boolean and nothing else.

    Values with rules of their own (`Mrn`, `Phone`, …) derive from this class: their constructor takes what
    a person typed and refuses what breaks the rule, `trusted` takes what was accepted before.
    """

    __slots__ = ("_value",)
    _value: T

    def __init__(self, value: T) -> None:
        self._value = value

    @classmethod
    @final
    def trusted(cls, value: T) -> Self:
        """Wrap a value that passed this class's rules earlier (read back from authenticated storage)."""
        wrapped = cls.__new__(cls)
        wrapped._value = value  # noqa: SLF001 - its own class's
        return wrapped

    @final
    def reveal(self) -> T:
        """The value itself. Call it where PHI is sealed, compared or rendered for a permitted reader."""
        return self._value

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return bool(self._value == other._value)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, specification: str) -> str:
        return MASK

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        message = "PHI is not pickled: seal it with a FieldCipher where it has to rest"
        raise TypeError(message)

    def __bool__(self) -> NoReturn:
        message = "PHI has no truth value: compare with None, or reveal() it first"
        raise TypeError(message)
