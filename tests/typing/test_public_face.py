"""mypy agrees with `public_face` about what is allowed and what is refused."""

from pathlib import Path

from mypy import api

ROOT = Path(__file__).parents[2]


def test_the_types_of_the_public_face_are_as_strict_as_they_say(tmp_path: Path) -> None:
    """Nothing allowed is refused, and every refusal that is named happens: an unneeded ignore is an error."""
    report, complaints, status = api.run(
        [
            "--config-file", str(ROOT / "pyproject.toml"), "--strict", "--warn-unused-ignores",
            "--cache-dir", str(tmp_path), str(ROOT / "tests/typing/public_face.py"),
        ]
    )  # fmt: skip
    assert (complaints, status) == ("", 0), report
