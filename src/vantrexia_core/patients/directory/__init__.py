"""The directory of a practice, open in memory: search, order and count over a million folded names.

`index` answers questions over packed `columns`, which consist of `texts` and `postings`; `packing` makes them
anew, `splicing` works changes into them. Hits are `bitmaps`, read page by page with `ranking`; `snapshot` is
what makes a start fast. What a listing means is said in one place only,
`vantrexia_core.patients.listing`, and every answer here equals what is said there.
"""

from vantrexia_core.patients.directory.columns import OutOfOrderError
from vantrexia_core.patients.directory.index import Directory, Taken
from vantrexia_core.patients.directory.snapshot import CHUNK_FORMAT as DIRECTORY_CHUNK_FORMAT
from vantrexia_core.patients.directory.snapshot import SnapshotLabel, chunk_binding, chunks, decode, encode

__all__ = [
    "DIRECTORY_CHUNK_FORMAT",
    "Directory",
    "OutOfOrderError",
    "SnapshotLabel",
    "Taken",
    "chunk_binding",
    "chunks",
    "decode",
    "encode",
]
