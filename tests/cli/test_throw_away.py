"""Folders of the demo: each demo's own, gone at its end, and cleared away after a kill."""

from pathlib import Path

from vantrexia_adapters.cli.throw_away import throw_away_folder


def test_a_folder_is_there_while_it_is_used_and_no_longer(tmp_path: Path) -> None:
    """With all that is in it."""
    with throw_away_folder("demo-", among=tmp_path) as folder:
        (folder / "data").mkdir()
        (folder / "data" / "file").write_text("x")
        assert folder.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_folders_in_use_are_left_alone(tmp_path: Path) -> None:
    """Two demos at once, whichever began first."""
    with throw_away_folder("demo-", among=tmp_path) as first, throw_away_folder("demo-", among=tmp_path):
        (first / "file").write_text("x")
        assert (first / "file").exists()
        assert len(list(tmp_path.iterdir())) == 2


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    """Its lock went with it; other folders, and what only looks like one, stay."""
    (left := tmp_path / "demo-left").mkdir()
    (left / "in-use").touch()
    (left / "vantrexia.sqlite3").write_text("people")
    (foreign := tmp_path / "demo-without-lock").mkdir()
    (pointing := tmp_path / "demo-pointing").symlink_to(foreign)
    with throw_away_folder("demo-", among=tmp_path) as folder:
        assert sorted(tmp_path.iterdir()) == sorted([folder, foreign, pointing])
