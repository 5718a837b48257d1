"""What is asked of a practice: searches by word, prefix and piece, and pages of its orders."""

from collections.abc import Sequence

import attrs

from vantrexia_core.kernel import PageRequest, Phi
from vantrexia_core.patients import Listing, Ordering

PAGE_SIZE = 20


@attrs.frozen
class Question:
    """One listing of active patients, as people type it. Each word of ``search`` may begin with ``^``."""

    name: str
    search: str = ""
    ordering: Ordering = Ordering.LAST_NAME
    page: int = 1

    @property
    def words(self) -> Sequence[str]:
        """The words, folded: these are plain ASCII."""
        return [word.removeprefix("^").lower() for word in self.search.split()]

    @property
    def is_of_prefixes(self) -> bool:
        """Whether every word is to stand at a start."""
        return bool(self.search) and all(word.startswith("^") for word in self.search.split())

    @property
    def offset(self) -> int:
        """How many patients come before the page."""
        return (self.page - 1) * PAGE_SIZE

    def as_listing(self) -> Listing:
        """What the service is asked."""
        search = Phi(self.search) if self.search else None
        return Listing(search=search, ordering=self.ordering, page=PageRequest(self.page, PAGE_SIZE))


def questions(patients: int, rare: str) -> Sequence[Question]:
    """The questions to a practice of so many patients. The deep page is the middle one, 25,000 of a million."""
    deep = max(1, patients // 2 // PAGE_SIZE)
    return (
        Question("^smi", "^smi"),
        Question("^gar", "^gar"),
        Question("^mar", "^mar"),
        Question("^rare", f"^{rare}"),
        Question("^john ^smi", "^john ^smi"),
        Question("^j", "^j"),
        Question("smi", "smi"),
        Question("gar", "gar"),
        Question("mar", "mar"),
        Question("mit", "mit"),
        Question("ell", "ell"),
        Question("rare", rare),
        Question("john smi", "john smi"),
        Question("an", "an"),
        Question("j", "j"),
        Question("a", "a"),
        Question("1", "1"),
        Question("by last name, page 1"),
        Question(f"by last name, page {deep}", page=deep),
        Question("by creation, page 1", ordering=Ordering.CREATED_AT_DESCENDING),
        Question(f"by creation, page {deep}", ordering=Ordering.CREATED_AT_DESCENDING, page=deep),
        Question("smi by creation", "smi", ordering=Ordering.CREATED_AT_DESCENDING),
        Question("mar by creation", "mar", ordering=Ordering.CREATED_AT_DESCENDING),
        Question("a by creation", "a", ordering=Ordering.CREATED_AT_DESCENDING),
    )
