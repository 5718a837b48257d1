"""Files say what is inside, and everything public says what it is for."""

import ast

import pytest

from tests.architecture.source import PACKAGES, Module, modules

EVERYTHING = [module for package in PACKAGES for module in modules(package)]
EMPTY_NAMES = {
    "base",
    "common",
    "handlers",
    "helpers",
    "managers",
    "misc",
    "service",
    "services",
    "util",
    "utils",
}


@pytest.mark.parametrize("module", EVERYTHING, ids=lambda module: module.name)
def test_no_file_has_a_name_that_says_nothing(module: Module) -> None:
    """A file is named for what is inside; these names fit anything, so everything ends up there."""
    assert set(module.name.split(".")) & EMPTY_NAMES == set()


@pytest.mark.parametrize("module", EVERYTHING, ids=lambda module: module.name)
def test_everything_public_says_what_it_is_for(module: Module) -> None:
    """Modules, classes, functions and methods without a leading underscore have a docstring."""
    silent = [name for name, node in module.public_definitions() if ast.get_docstring(node) is None]
    assert silent == []


OPENING = {
    "vantrexia_core.ehr.importing": "tells the ids of one list apart",
    "vantrexia_core.ehr.intake": "tells the ids of one batch apart",
    "vantrexia_core.ehr.jobs": "tells the ids of one list apart",
    "vantrexia_core.ehr.lookalike": "searches the directory for a name that came from the EHR",
    "vantrexia_core.ehr.survivorship": "compares two spellings of a name folded",
    "vantrexia_core.identity.emergency_access": "names a declarer in the letter that tells of it",
    "vantrexia_core.identity.password_policy": "normalises a password and compares it with its owner's words",
    "vantrexia_core.identity.totp": "computes codes of a secret and compares them with what was typed",
    "vantrexia_core.identity.second_factor": "makes backup codes of random bytes",
    "vantrexia_core.identity.password_reset": "writes a token into the one letter that may hold it",
    "vantrexia_core.patients.directory.columns": "finds those whom a search's names, days and genders mean",
    "vantrexia_core.patients.file_importing": "tells the people and the numbers of one file apart",
    "vantrexia_core.patients.listing": "folds the words of a search, and the names of a record",
    "vantrexia_core.patients.searching": "compares what is looked for with what a record says",
    "vantrexia_core.patients.matching.traits": "folds and takes apart what is compared",
    "vantrexia_core.audit.recording": "takes a kept answer apart: whose record it shows stands before it",
}
"""Where the core opens sealed values, and why."""


@pytest.mark.parametrize("module", modules("vantrexia_core"), ids=lambda module: module.name)
def test_nothing_reveals_phi_in_the_core_but_the_directory(module: Module) -> None:
    """The one searchable word: the domain decides about sealed values without opening them."""
    opened = [
        node.lineno
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr == "reveal"
    ]
    assert opened == [] or module.name in OPENING
