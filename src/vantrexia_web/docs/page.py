"""The reference page, rendered once from the OpenAPI document; everything written into it is escaped."""

import json
import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any, Final

Node = dict[str, Any]

_JSON_TOKEN: Final = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*"(?=:))|(?P<string>"(?:[^"\\]|\\.)*")|(?P<word>true|false|null|-?\d[\d.]*)'
)
_CODE: Final = re.compile(r"`([^`]+)`")
_EXAMPLE_ID: Final = "d290f1ee-6c54-4b01-90e6-d701748f0851"


def reference_page(document: Node) -> str:
    """The whole page."""
    navigation = "".join(
        _navigation(tag["name"], _operations(document, tag["name"])) for tag in document["tags"]
    )
    sections = "".join(_tag(document, tag, _operations(document, tag["name"])) for tag in document["tags"])
    introduction = "".join(f"<p>{_prose(text)}</p>" for text in document["info"]["description"].split("\n\n"))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(document["info"]["title"])} reference</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/reference.css">
<script src="/docs/reference.js" defer></script>
</head>
<body>
<a class="skip" href="#content">Skip to the reference</a>
<aside>
<p class="brand">Vantrexia<span>API {escape(document["info"]["version"])}</span></p>
<nav aria-label="Operations">
<a href="#content">Introduction</a>
{navigation}
<p class="group">More</p>
<a href="#errors">Errors</a>
<a href="/openapi.json">openapi.json</a>
</nav>
</aside>
<main id="content">
<header>
<div class="prose">
<h1>{escape(document["info"]["title"])}</h1>
{introduction}
<p>Base URL <code>{escape(document["servers"][0]["url"])}/api/v1/</code></p>
</div>
<div class="panel">{_SIGN_IN}</div>
</header>
{sections}
<section class="tag" id="errors">
<h2>Errors</h2>
<div class="prose wide">
<p>Every error, wherever it arises, is a JSON object like these. It never repeats a value that was sent.</p>
{_errors(document)}</div>
</section>
</main>
</body>
</html>
"""


_SIGN_IN: Final = """<form id="sign-in" class="card" autocomplete="on">
<h2>Try it with your account</h2>
<p class="hint">The token stays in the memory of this page and is gone when you close or reload it.</p>
<label for="email">E-mail address</label>
<input id="email" name="email" type="email" autocomplete="username" required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button type="submit">Sign in</button>
<p class="state" role="status" aria-live="polite"></p>
</form>"""


def _operations(document: Node, tag: str) -> Iterator[tuple[str, str, Node]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if tag in operation["tags"]:
                yield method, path, operation


def _navigation(name: str, operations: Iterable[tuple[str, str, Node]]) -> str:
    links = "".join(
        f'<a href="#{escape(operation["operationId"])}">'
        f'{escape(operation["summary"])}<span class="method {method}">{method}</span></a>'
        for method, _, operation in operations
    )
    return f'<p class="group">{escape(name)}</p>{links}'


def _tag(document: Node, tag: Node, operations: Iterable[tuple[str, str, Node]]) -> str:
    body = "".join(_operation(document, method, path, operation) for method, path, operation in operations)
    return (
        f'<section class="tag"><h2>{escape(tag["name"])}</h2>'
        f'<p class="lead">{_prose(tag["description"])}</p>{body}</section>'
    )


def _operation(document: Node, method: str, path: str, operation: Node) -> str:
    parameters = [_resolved(document, parameter) for parameter in operation["parameters"]]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return f"""
<article id="{escape(operation["operationId"])}">
<div class="prose">
<h3>{escape(operation["summary"])}</h3>
<p class="line"><span class="method {method}">{method}</span><code>{_path(path)}</code></p>
<p>{_prose(operation["description"])}</p>
{_roles(operation)}
{_parameters(parameters)}
{_body(document, body)}
{_answers(document, operation)}
</div>
<div class="panel">
{_curl(document, method, path, operation, body)}
{_success(document, operation)}
{_try(method, path, parameters, body)}
</div>
</article>"""


def _roles(operation: Node) -> str:
    roles = operation.get("x-roles")
    if roles is None:
        return '<p class="roles">Open to anybody.</p>'
    return f'<p class="roles">For {"".join(f"<span>{escape(role)}</span>" for role in roles)}</p>'


def _parameters(parameters: list[Node]) -> str:
    rows = "".join(
        _row(
            parameter["name"],
            f"{_type(parameter['schema'])}, {parameter['in']}",
            parameter.get("required", False),
            parameter["description"],
            parameter["schema"],
        )
        for parameter in parameters
    )
    return f"<h4>Parameters</h4><dl>{rows}</dl>" if rows else ""


def _body(document: Node, body: Node | None) -> str:
    if body is None:
        return ""
    return f"<h4>Body</h4><dl>{_fields(document, _resolved(document, body['schema']), '')}</dl>"


def _fields(document: Node, schema: Node, prefix: str) -> str:
    rows = ""
    for name, written in schema["properties"].items():
        nested = next((member for member in written.get("anyOf", ()) if "$ref" in member), None)
        required = name in schema.get("required", ())
        if nested is None:
            rows += _row(prefix + name, _type(written), required, written.get("description", ""), written)
        else:
            rows += _row(prefix + name, "object or null", required, "", {})
            rows += _fields(document, _resolved(document, nested), f"{prefix}{name}.")
    return rows


def _row(name: str, type_: str, required: bool, description: str, schema: Node) -> str:  # noqa: FBT001 - a cell
    choices = ", ".join(f"<code>{escape(str(choice))}</code>" for choice in schema.get("enum", ()))
    default = schema.get("default")
    notes = [
        _prose(description),
        f"One of {choices}." if choices else "",
        f"Default <code>{escape(json.dumps(default).strip(chr(34)))}</code>." if default is not None else "",
        f"At most {schema['maxLength']} characters." if "maxLength" in schema else "",
    ]
    return (
        f'<div><dt><code>{escape(name)}</code><span class="type">{escape(type_)}</span>'
        f"{'<span class=required>required</span>' if required else ''}</dt>"
        f"<dd>{' '.join(note for note in notes if note)}</dd></div>"
    )


def _answers(document: Node, operation: Node) -> str:
    items = ""
    for status, written in operation["responses"].items():
        answer = _resolved(document, written)
        codes = ", ".join(f"<code>{escape(code)}</code>" for code in _codes(answer))
        items += (
            f'<li><span class="status s{status[0]}">{status}</span><span>{_prose(answer["description"])}'
            f"{f' {codes}' if codes else ''}</span></li>"
        )
    return f'<h4>Answers</h4><ul class="answers">{items}</ul>'


def _codes(answer: Node) -> list[str]:
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    codes: list[str] = schema["allOf"][1]["properties"]["code"]["enum"] if "allOf" in schema else []
    return codes


def _curl(document: Node, method: str, path: str, operation: Node, body: Node | None) -> str:
    url = document["servers"][0]["url"] + path.replace("{uuid}", _EXAMPLE_ID)
    lines = [f"curl {'' if method == 'get' else f'-X {method.upper()} '}{url}"]
    if "x-roles" in operation:
        lines.append('  -H "Authorization: Bearer $TOKEN"')
    if body is not None:
        lines.append('  -H "Content-Type: application/json"')
        lines.append(f"  -d '{json.dumps(body['example'], indent=2, ensure_ascii=False)}'")
    return _figure("Request", escape(" \\\n".join(lines)))


def _success(document: Node, operation: Node) -> str:
    status, written = next(iter(operation["responses"].items()))
    media = _resolved(document, written).get("content", {})
    if not media:
        return _figure(f"Answer {status}", '<span class="w">no body</span>')
    example = next(iter(media.values()))["example"]
    shown = escape(example) if isinstance(example, str) else _highlighted(example)
    return _figure(f"Answer {status}", shown)


def _try(method: str, path: str, parameters: list[Node], body: Node | None) -> str:
    inputs = "".join(
        f"<label>{escape(parameter['name'])}"
        f'<input name="{escape(parameter["name"])}" data-in="{parameter["in"]}" autocomplete="off"'
        f"{' required' if parameter.get('required') else ''}></label>"
        for parameter in parameters
    )
    text = ""
    if body is not None:
        example = escape(json.dumps(body["example"], indent=2, ensure_ascii=False))
        text = f'<label>Body<textarea name="body" rows="8" spellcheck="false">{example}</textarea></label>'
    return (
        f'<details class="try card"><summary>Try it</summary>'
        f'<form data-method="{method.upper()}" data-path="{escape(path)}">{inputs}{text}'
        f'<button type="submit">Send</button><output aria-live="polite"></output></form></details>'
    )


def _errors(document: Node) -> str:
    rows = ""
    for response in document["components"]["responses"].values():
        example = response["content"]["application/json"]["example"]
        status = next(
            status
            for methods in document["paths"].values()
            for operation in methods.values()
            for status, written in operation["responses"].items()
            if "$ref" in written and _resolved(document, written) is response
        )
        codes = " ".join(f"<code>{escape(code)}</code>" for code in _codes(response))
        rows += (
            f'<details class="error"><summary><span class="status s{status[0]}">{status}</span>'
            f"<span>{_prose(response['description'])}</span></summary><p>{codes}</p>"
            f"<pre>{_highlighted(example)}</pre></details>"
        )
    return rows


def _figure(caption: str, content: str) -> str:
    return (
        f"<figure><figcaption>{escape(caption)}"
        f'<button type="button" class="copy">Copy</button></figcaption><pre>{content}</pre></figure>'
    )


def _highlighted(value: object) -> str:
    text = json.dumps(value, indent=2, ensure_ascii=False)
    pieces, end = [], 0
    for match in _JSON_TOKEN.finditer(text):
        kind = (match.lastgroup or " ")[0]
        pieces += [escape(text[end : match.start()]), f'<span class="{kind}">{escape(match[0])}</span>']
        end = match.end()
    return "".join([*pieces, escape(text[end:])])


def _path(path: str) -> str:
    return re.sub(r"\{(\w+)\}", r'<span class="parameter">{\1}</span>', escape(path))


def _prose(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text, quote=False))


def _type(schema: Node) -> str:
    type_ = schema.get("type", "object")
    name = " or ".join(type_) if isinstance(type_, list) else str(type_)
    return f"{name} ({schema['format']})" if "format" in schema else name


def _resolved(document: Node, node: Node) -> Node:
    if "$ref" not in node:
        return node
    found: Node = document
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found
