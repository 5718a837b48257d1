"""Restoring what is older than a signed checkpoint: refused, or stated in the trail; never unnoticed."""

from pathlib import Path

import pytest

from tests.adapters.backups.deployment import Backup, EmptyPlace
from tests.ledger import Ledger, OneKey
from vantrexia_adapters.sql.practices import practices
from vantrexia_core.audit import (
    Checkpoint,
    FaultKind,
    ForeignCheckpointError,
    RollbackReason,
    RollbackRefusedError,
    SignedCheckpoint,
    sign,
)


def _checkpoint(note: bytes) -> Checkpoint:
    return SignedCheckpoint.decode(note).checkpoint


def test_a_rollback_is_refused_unless_somebody_says_why(
    sqlite_backup: Backup, sqlite_place: EmptyPlace, tmp_path: Path
) -> None:
    """And the refusal says how much would be given up, and what to do."""
    lost = _checkpoint(kept := sqlite_backup.newer(tmp_path.name))
    with pytest.raises(RollbackRefusedError) as refused:
        sqlite_place.restore(sqlite_backup.path, kept=[kept])
    assert f"entries {sqlite_backup.contents.trail.size + 1} to {lost.size}" in refused.value.detail
    assert "--accept-rollback" in refused.value.detail
    assert sqlite_place.is_untouched()


def test_an_accepted_rollback_stands_in_the_trail(backup: Backup, place: EmptyPlace, tmp_path: Path) -> None:
    """What was given up, size and root, and why; and whoever kept the checkpoint finds just that."""
    lost = _checkpoint(kept := backup.newer(tmp_path.name))
    restored = place.restore(backup.path, kept=[kept], reason=RollbackReason.DATA_LOST)
    assert restored.lost == lost
    found = place.inspect()
    (rollback,) = found.rollbacks
    assert found.fault is None
    assert (rollback.kept, rollback.size, rollback.root, rollback.reason) == (
        backup.contents.trail.size, lost.size, lost.root, "data_lost",
    )  # fmt: skip
    # Signed for: nobody can say later that it was not there.
    assert found.checkpoint is not None
    assert found.checkpoint.size >= rollback.seq
    compared = place.inspect(kept).fault
    assert compared is not None
    assert (compared.kind, compared.seq) == (FaultKind.ROLLED_BACK, rollback.seq)


def test_the_folder_of_checkpoints_goes_on_and_keeps_the_evidence(
    sqlite_backup: Backup, sqlite_place: EmptyPlace, tmp_path: Path
) -> None:
    """The database was lost and the folder was not: its checkpoints are put aside, a new one is signed."""
    note = sqlite_backup.newer(tmp_path.name)
    lost = _checkpoint(note)
    sqlite_place.place.checkpoints.write("checkpoint", note)
    with pytest.raises(RollbackRefusedError):
        sqlite_place.restore(sqlite_backup.path)
    sqlite_place.restore(sqlite_backup.path, reason=RollbackReason.MISTAKE)
    newest = sqlite_place.place.checkpoints.newest()
    assert newest is not None
    assert _checkpoint(newest).size == sqlite_backup.contents.trail.size + 2
    (aside,) = (sqlite_place.folder / "checkpoints" / "given-up").iterdir()
    assert (aside.name, (aside / "checkpoint").read_bytes()) == (
        f"{lost.size}-{lost.root.hex()[:16]}", note,
    )  # fmt: skip
    assert sqlite_place.inspect().fault is None


def test_the_checkpoint_of_a_day_counts_where_the_newest_is_gone(
    sqlite_backup: Backup, sqlite_place: EmptyPlace, tmp_path: Path
) -> None:
    """Whoever takes one file away does not make a rollback unseen; nor by an older one in its place."""
    folder = sqlite_place.place.checkpoints
    folder.write("days/2026-11-22", sqlite_backup.newer(tmp_path.name))
    with pytest.raises(RollbackRefusedError):
        sqlite_place.restore(sqlite_backup.path)
    folder.write("checkpoint", sqlite_backup.contents.files["checkpoint"])
    with pytest.raises(RollbackRefusedError):
        sqlite_place.restore(sqlite_backup.path)
    assert sqlite_place.restore(sqlite_backup.path, reason=RollbackReason.ATTACK).inspection.fault is None


def test_a_checkpoint_that_the_backup_reaches_is_no_rollback(
    sqlite_backup: Backup, sqlite_place: EmptyPlace
) -> None:
    """The folder stays as it is, and goes on from there."""
    note = sqlite_backup.contents.files["checkpoint"]
    sqlite_place.place.checkpoints.write("checkpoint", note)
    assert sqlite_place.restore(sqlite_backup.path, kept=[note]).lost is None
    assert not (sqlite_place.folder / "checkpoints" / "given-up").exists()
    assert sqlite_place.inspect(note).fault is None


def test_a_checkpoint_of_another_trail_is_refused(sqlite_backup: Backup, sqlite_place: EmptyPlace) -> None:
    """Another deployment's, and a forged one of our own name."""
    strangers = Ledger.of(3)
    strangers.publish()
    foreign = strangers.store.newest()
    assert foreign is not None
    forged = sign(Checkpoint(sqlite_backup.contents.manifest.origin, 3, bytes(32)), OneKey().active())
    wrong = sign(
        Checkpoint(sqlite_backup.contents.manifest.origin, 3, bytes(32)),
        sqlite_backup.here.notary.keys.active(),
    )
    for note in (foreign, forged.encode(), wrong.encode()):
        with pytest.raises(ForeignCheckpointError):
            sqlite_place.restore(sqlite_backup.path, kept=[note], reason=RollbackReason.ATTACK)
    assert sqlite_place.is_untouched()


def test_an_unstated_restore_is_told_from_tampering(
    sqlite_backup: Backup, sqlite_place: EmptyPlace, tmp_path: Path
) -> None:
    """Nobody knew of the newer checkpoint at the restore; whoever kept it learns that it was one."""
    kept = sqlite_backup.newer(tmp_path.name)
    sqlite_place.restore(sqlite_backup.path)
    assert sqlite_place.inspect().fault is None
    fault = sqlite_place.inspect(kept).fault
    assert fault is not None
    assert (fault.kind, fault.seq) == (FaultKind.PUT_BACK, sqlite_backup.contents.trail.size + 1)


def test_numbers_that_may_be_in_use_are_not_given_again(
    sqlite_backup: Backup, sqlite_place: EmptyPlace, tmp_path: Path
) -> None:
    """An MRN that was given after the backup stands on somebody's wristband."""
    lost = _checkpoint(kept := sqlite_backup.newer(tmp_path.name))
    sqlite_place.restore(sqlite_backup.path, kept=[kept], reason=RollbackReason.DATA_DAMAGED)
    (before,), (after,) = sqlite_backup.rows["practice_head"], sqlite_place.rows()["practice_head"]
    assert after[4] - before[4] == lost.size - sqlite_backup.contents.trail.size
    assert len(practices(sqlite_place.engine)) == 1
