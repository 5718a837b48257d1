"""Fill the generated parts of the documentation from the code they describe.

``python docs/generate.py`` rewrites them; ``--check`` changes nothing, names every page that has drifted and
exits 1. A page marks such a part with ``<!-- generated: name -->`` and ``<!-- end -->``; the prose around it
is written by hand.
"""

import inspect
import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import attrs
import click

import library
from structure import PACKAGES, Room, every_module, kept, rooms, steps
from vantrexia_adapters.cli.main import program
from vantrexia_adapters.directory import DirectoryFullError
from vantrexia_adapters.fhir import PARAMETERS, TRAIL_PARAMETERS, SearchParameter
from vantrexia_adapters.settings import PREFIX, Settings, spelled
from vantrexia_core.identity import SCOPES
from vantrexia_core.kernel import (
    GRANTS,
    BrokenPromiseError,
    ConflictError,
    InvalidError,
    NotFoundError,
    NotSignedInError,
    Permission,
    PermissionDeniedError,
    Reach,
    Role,
    StaleVersionError,
    UnavailableError,
    VantrexiaError,
)
from vantrexia_core.patients import TRANSITIONS, Move, Status
from vantrexia_core.protection import UnreadableError
from vantrexia_web.openapi import document
from vantrexia_web.problems import status_of
from vantrexia_web.routes import ROUTES, Guarded

DOCS: Final = Path(__file__).resolve().parent
SERVER_ERRORS: Final = 500

_PATH_TYPE: Final = re.compile(r":[a-z]+\}")
_BLOCK: Final = re.compile(r"(<!-- generated: (?P<name>[a-z-]+) -->\n)(?P<body>.*?)(<!-- end -->)", re.DOTALL)

WHO_MUST_ACT: Final[Mapping[type[VantrexiaError], str]] = MappingProxyType(
    {
        InvalidError: "the caller corrects the request",
        NotSignedInError: "the caller signs in",
        PermissionDeniedError: "an administrator grants the role",
        NotFoundError: "the caller looks elsewhere",
        ConflictError: "the caller looks at the record again",
        StaleVersionError: "the caller reads the record again",
        UnavailableError: "the caller tries again later",
        DirectoryFullError: "an administrator raises the limit",
        UnreadableError: "an administrator looks at the record",
        BrokenPromiseError: "an engineer",
    }
)
"""The families; an error belongs to its nearest ancestor here. Others are HTTP's own, or of the set-up."""


def house() -> Iterator[str]:
    """The three packages and who imports whom, without the arrows that follow from the others."""
    web, adapters, core = "vantrexia_web", "vantrexia_adapters", "vantrexia_core"
    yield "```mermaid"
    yield "flowchart TB"
    for package in (adapters, core):
        yield f"    subgraph {package}"
        yield from (f"        {_node(room)}[{room.name}]" for room in rooms(package))
        yield from (f"        {_node(one)} --> {_node(other)}" for one, other in steps(package))
        yield "    end"
    yield f"    {web} --> {adapters} --> {core}"
    yield f"    {web} --> {core}"
    yield "```"


def river() -> Iterator[str]:
    """The contexts of the core; an arrow leads from each to those that may use it."""
    yield "```mermaid"
    yield "flowchart LR"
    yield from (f"    {other.name} --> {one.name}" for one, other in steps("vantrexia_core"))
    yield "```"


def contexts() -> Iterator[str]:
    """The contexts of the core, each with its own sentence."""
    yield from _table(
        ("context", "what it is about"),
        ((f"`{room.name}`", room.sentence) for room in rooms("vantrexia_core")),
    )


def technologies() -> Iterator[str]:
    """The rooms of the adapters, each with its own sentence and the contexts whose ports it keeps."""
    keeps: dict[str, list[str]] = {}
    for one in kept():
        for name in one.rooms:
            keeps.setdefault(name, []).append(one.context)
    yield from _table(
        ("room", "what is inside", "keeps ports of"),
        (
            (f"`{room.name}`", room.sentence, ", ".join(sorted(set(keeps.get(room.name, ())))))
            for room in rooms("vantrexia_adapters")
        ),
    )


def ports() -> Iterator[str]:
    """The ports of each context, and which adapters keep them."""
    yield from _table(
        ("context", "ports", "kept in"),
        (
            (f"`{one.context}`", ", ".join(f"`{name}`" for name in one.ports), ", ".join(one.rooms))
            for one in sorted(kept(), key=lambda one: (one.context, one.rooms))
        ),
    )


def _node(room: Room) -> str:
    return f"{room.package.removeprefix('vantrexia_')}_{room.name}"


def lifecycle_diagram() -> Iterator[str]:
    """The allowed moves as a mermaid state diagram."""
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield f"    [*] --> {Status.ACTIVE.value}: register"
    for (status, move), outcome in TRANSITIONS.items():
        if isinstance(outcome, Status):
            yield f"    {status.value} --> {outcome.value}: {move.value}"
    yield "```"


def lifecycle_table() -> Iterator[str]:
    """Every status with every move."""

    def cell(status: Status, move: Move) -> str:
        outcome = TRANSITIONS[status, move]
        return outcome.value if isinstance(outcome, Status) else f"`{outcome.code}`"

    yield from _table(
        ("", *(move.value for move in Move)),
        ((f"**{status.value}**", *(cell(status, move) for move in Move)) for status in Status),
    )


def permissions() -> Iterator[str]:
    """Roles by permissions, with the reach of each grant."""
    shown = {Reach.PRACTICE: "yes", Reach.OWN: "own record", None: "no"}
    yield from _table(
        ("permission", *(f"`{role.value}`" for role in Role)),
        (
            (
                f"{permission.value} (`{permission.name}`)",
                *(shown[GRANTS[permission].get(role)] for role in Role),
            )
            for permission in Permission
        ),
    )


def scopes() -> Iterator[str]:
    """What each letter of each resource lets a machine client do."""
    yield from _table(
        ("scope", "permission", "actions in the trail"),
        (
            (
                f"`system/{resource.value}.{may.value}`",
                f"`{allowance.permission.name}`",
                ", ".join(f"`{name}`" for name in sorted(action.value for action in allowance.actions)),
            )
            for (resource, may), allowances in SCOPES.items()
            for allowance in allowances
        ),
    )


def errors() -> Iterator[str]:
    """Every error the library raises on purpose."""
    found = sorted(every_error(), key=lambda kind: (status_of(kind), kind.code, kind.__name__))
    yield from _table(
        ("code", "status", "class", "when", "who must act", "what a person reads"),
        (
            (
                f"`{kind.code}`",
                str(status_of(kind)),
                f"`{kind.__name__}`",
                _first_paragraph(kind),
                _who_must_act(kind),
                kind.sentence,
            )
            for kind in found
        ),
    )


def settings() -> Iterator[str]:
    """Every setting with its variable, default and meaning."""
    yield from _table(
        ("variable", "in TOML", "default", "meaning"),
        (
            (
                f"`{PREFIX}{field.name.upper()}`",
                f"`{field.name}`",
                _default(field.default),
                _sentence(field.metadata["meaning"]),
            )
            for field in attrs.fields(Settings)
        ),
    )


def cli() -> Iterator[str]:
    """Every command with its arguments and options."""
    for path, command in every_command():
        yield f"## {path}"
        yield ""
        yield from _usage(path, command)
        yield ""


def routes() -> Iterator[str]:
    """Every route with what it needs and what it is called in the trail."""
    yield from _table(
        ("method", "path", "does", "permission", "in the trail"),
        (
            (
                f"`{route.method}`",
                f"`{_PATH_TYPE.sub('}', route.path)}`",
                _first_paragraph(route.endpoint),
                *(
                    (f"`{route.permission.name}`", f"`{route.action.value}`")
                    if isinstance(route, Guarded)
                    else ("", "")
                ),
            )
            for route in ROUTES
        ),
    )


def api() -> Iterator[str]:
    """Every operation of the OpenAPI document: what it takes and how it answers."""
    described = document()
    parts = described["components"]
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield f"### {method.upper()} {path}"
            yield ""
            yield f"{operation['summary']}. {operation['description']}"
            yield ""
            if operation["parameters"]:
                named = [parts["parameters"][_last(reference)] for reference in operation["parameters"]]
                yield from _table(
                    ("parameter", "in", "meaning"),
                    ((f"`{each['name']}`", each["in"], each["description"]) for each in named),
                )
                yield ""
            if "requestBody" in operation:
                (media,) = operation["requestBody"]["content"].values()
                schema = media["schema"]
                yield from _body(parts["schemas"][_last(schema)])
                yield ""
            yield "Answers " + ", ".join(operation["responses"]) + "."
            yield ""


def _body(schema: Mapping[str, Any]) -> Iterator[str]:
    required = schema.get("required", ())
    yield from _table(
        ("field", "required", "meaning"),
        (
            (f"`{name}`", "yes" if name in required else "", _field_meaning(field))
            for name, field in schema["properties"].items()
        ),
    )


def _field_meaning(field: Mapping[str, Any]) -> str:
    choices = field.get("anyOf", (field,))
    if any("$ref" in choice for choice in choices):
        return f"An object, see [{_last(choices[0])}](#{_last(choices[0]).lower()})."
    limits = f" At most {field['maxLength']} characters." if "maxLength" in field else ""
    values = f"One of {', '.join(f'`{value}`' for value in field['enum'])}." if "enum" in field else ""
    return f"{field.get('description', '')}{values}{limits}".strip()


def address() -> Iterator[str]:
    """An object within bodies."""
    yield from _body(document()["components"]["schemas"]["Address"])


def choices() -> Iterator[str]:
    """The object within the body of a merge."""
    yield from _body(document()["components"]["schemas"]["FieldChoices"])


def heirs() -> Iterator[str]:
    """The object within the body of an undoing."""
    yield from _body(document()["components"]["schemas"]["FieldHeirs"])


def _last(reference: Mapping[str, str]) -> str:
    return reference["$ref"].rpartition("/")[2]


def fhir_search() -> Iterator[str]:
    """What Patients can be searched by."""
    yield from _search_table(PARAMETERS.values())


def fhir_trail_search() -> Iterator[str]:
    """What AuditEvents can be searched by."""
    yield from _search_table(TRAIL_PARAMETERS.values())


def _search_table(parameters: Iterable[SearchParameter]) -> Iterator[str]:
    yield from _table(
        ("parameter", "type", "meaning", "modifiers", "prefixes"),
        (
            (
                f"`{one.name}`",
                one.type,
                one.documentation.replace("|", "\\|"),
                ", ".join(f"`:{modifier}`" for modifier in one.modifiers),
                ", ".join(f"`{prefix}`" for prefix in one.comparators),
            )
            for one in parameters
        ),
    )


def decisions() -> Iterator[str]:
    """The list of decisions."""
    for page in sorted((DOCS / "adr").glob("[0-9]*.md")):
        title = page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        if not page.name.startswith("0000"):
            yield f"- [{title}](adr/{page.name})"


def assurance() -> Iterator[str]:
    """Promises, the tests that prove them, and how those tests ended when they were last recorded."""
    promises = tomllib.loads((DOCS / "assurance.toml").read_text(encoding="utf-8"))["promise"]
    recorded = json.loads((DOCS / "assurance-results.json").read_text(encoding="utf-8"))
    proven = sum(bool(promise["tests"]) for promise in promises)
    yield f"{len(promises)} promises, {proven} of them proven by tests. Results recorded on {recorded['on']}."
    yield ""
    yield "| | promise | source | proven by | last result |"
    yield "|---|---|---|---|---|"
    for promise in promises:
        proofs = [_proof(test) for test in promise["tests"]] or [f"**no test:** {promise['open']}"]
        results = sorted({recorded["results"].get(test, "not recorded") for test in promise["tests"]}) or [
            "–"
        ]
        cells = (promise["id"], promise["says"], promise["source"], "<br>".join(proofs), ", ".join(results))
        yield f"| {' | '.join(cells)} |"


def _proof(test: str) -> str:
    file, name = test.partition("::")[0], test.rpartition("::")[2]
    return f"[{name.replace('_', ' ')}](../../tests/{file})"


def python_packages() -> Iterator[str]:
    """The packages of the library, each with its own sentence and a link to its page."""
    yield from _table(
        ("package", "what it is about", "names"),
        (
            (
                f"[`vantrexia_core.{name}`]({name}.md)",
                library.sentence(f"vantrexia_core.{name}"),
                str(len(list(library.names(f"vantrexia_core.{name}")))),
            )
            for name in library.packages()
        ),
    )


def python_contracts() -> Iterator[str]:
    """The contracts of the kit, with the fixtures that a subclass overrides."""
    yield from _table(
        ("contract", "what is held to it", "fixtures to override"),
        (
            (f"`vantrexia_contracts.{module}.{name}`", said, f"`{wanted}`")
            for module, name, wanted, said in library.contracts()
        ),
    )


BLOCKS: Final[Mapping[str, Callable[[], Iterable[str]]]] = MappingProxyType(
    {
        "house": house,
        "river": river,
        "contexts": contexts,
        "technologies": technologies,
        "ports": ports,
        "lifecycle-diagram": lifecycle_diagram,
        "lifecycle-table": lifecycle_table,
        "permissions": permissions,
        "scopes": scopes,
        "errors": errors,
        "settings": settings,
        "cli": cli,
        "routes": routes,
        "api": api,
        "address": address,
        "field-choices": choices,
        "field-heirs": heirs,
        "decisions": decisions,
        "fhir-search": fhir_search,
        "fhir-trail-search": fhir_trail_search,
        "assurance": assurance,
        "python-packages": python_packages,
        "python-contracts": python_contracts,
        **{f"python-{name}": partial(library.page, f"vantrexia_core.{name}") for name in library.packages()},
    }
)


def every_error() -> Sequence[type[VantrexiaError]]:
    """All error classes of the three packages."""
    for package in PACKAGES:
        # An error counts once its module is imported.
        list(every_module(package))
    kinds = dict.fromkeys(_with_subclasses(VantrexiaError))
    return [kind for kind in kinds if kind.__module__.partition(".")[0] in PACKAGES]


def every_command() -> Iterator[tuple[str, click.Command]]:
    """All commands, each with the words that call it."""
    waiting: list[tuple[str, click.Command]] = [("vantrexia", program)]
    while waiting:
        path, command = waiting.pop(0)
        yield path, command
        if isinstance(command, click.Group):
            inner = [(f"{path} {name}", command.commands[name]) for name in sorted(command.commands)]
            waiting[:0] = inner


def rendered(page: str) -> str:
    """The page with its generated parts made anew."""
    return _BLOCK.sub(
        lambda match: match[1] + "\n".join(BLOCKS[match["name"]]()).rstrip() + "\n" + match[4], page
    )


def drifted() -> dict[Path, str]:
    """The pages that differ from what the code says, with what they should be."""
    pages = {page: page.read_text(encoding="utf-8") for page in sorted(DOCS.rglob("*.md"))}
    return {page: fresh for page, text in pages.items() if (fresh := rendered(text)) != text}


def _with_subclasses(kind: type[VantrexiaError]) -> Iterator[type[VantrexiaError]]:
    yield kind
    for subclass in kind.__subclasses__():
        yield from _with_subclasses(subclass)


def _usage(path: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=path)
    yield "```text"
    yield " ".join((path, *command.collect_usage_pieces(context)))
    yield "```"
    yield ""
    prose, _, example = inspect.cleandoc(command.help or "").partition("\b\n")
    yield prose.strip()
    if example:
        lines = example.strip().splitlines()
        yield ""
        yield "```text"
        yield from (line.removeprefix("  ") for line in lines[1:])
        yield "```"
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    if options:
        yield ""
        yield from _table(
            ("option", "meaning"), ((_spelling(option), _meaning(option)) for option in options)
        )


def _spelling(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in option.opts)
    if option.is_flag:
        return names
    if isinstance(option.type, click.Choice):
        return f"{names} " + ", ".join(f"`{choice}`" for choice in option.type.choices)
    if isinstance(option.type, click.IntRange):
        above = "" if option.type.max is None else f" to {option.type.max}"
        return f"{names} number from {option.type.min}{above}"
    return f"{names} {option.type.name}"


def _meaning(option: click.Option) -> str:
    parts = [option.help or ""]
    if option.required:
        parts.append("Required.")
    if option.show_default:
        parts.append(f"Default: `{option.default}`.")
    return " ".join(filter(None, parts))


def _who_must_act(kind: type[VantrexiaError]) -> str:
    families = (WHO_MUST_ACT[ancestor] for ancestor in kind.__mro__ if ancestor in WHO_MUST_ACT)
    own_fault = (
        "whoever runs the service" if status_of(kind) >= SERVER_ERRORS else "the caller corrects the request"
    )
    return next(families, own_fault)


def _default(value: object) -> str:
    if value is None:
        return "see meaning"
    return f"`{spelled(value)}`" if value != () else "none"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:].rstrip(".") + "."


def _first_paragraph(documented: object) -> str:
    paragraph = inspect.cleandoc(documented.__doc__ or "").partition("\n\n")[0]
    return " ".join(paragraph.replace("``", "`").split())


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


def main(arguments: Sequence[str]) -> int:
    """Rewrite, or with ``--check`` only say what would be rewritten."""
    stale = drifted()
    for page, fresh in stale.items():
        if "--check" in arguments:
            print(f"{page.relative_to(DOCS.parent)} has drifted: run python docs/generate.py")
        else:
            page.write_text(fresh, encoding="utf-8")
            print(f"{page.relative_to(DOCS.parent)} was rewritten")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
