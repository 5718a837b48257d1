from pathlib import Path

from click.testing import CliRunner

from tests.bench.scripts import script

matching = script("matching")

HEAD = "cluster,first_name,middle_name,last_name,date_of_birth,gender,phone,email,line1,line2,city,zip,ssn"
ROSA = "Rosa,,Quintero,1961-03-08,female,2173940142,,1778 East Walnut Street,,Springfield,62704,"


def _measured(file: Path, *rows: str) -> str:
    file.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    return CliRunner().invoke(matching.main, [str(file)], catch_exceptions=False).output


def test_a_duplicate_that_is_found_is_counted(tmp_path: Path) -> None:
    """One true pair, linked; a twin beside them, not."""
    twin = ROSA.replace("Rosa", "Dolores")
    told = _measured(tmp_path / "registry.csv", f"1,{ROSA}", f"1,{ROSA}", f"2,{twin}")
    assert "3 records, 1 true pairs, 1 of them among 3 compared" in told
    assert "linked: precision 1.0000, recall 1.0000, F1 1.0000, 0 false, 1 true" in told


def test_a_false_link_is_counted(tmp_path: Path) -> None:
    """The label decides, not the model."""
    told = _measured(tmp_path / "registry.csv", f"1,{ROSA}", f"2,{ROSA}")
    assert "linked: precision 0.0000, recall 0.0000, F1 0.0000, 1 false, 0 true" in told
