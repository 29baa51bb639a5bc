"""House rules that no linter knows. Each rule is a function from a file's text to its offences, and each is
shown an offender first, so that a rule which has stopped seeing anything fails here."""

import ast
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAX_LINES = 400
HYPERMEDIA = Path("app/core/negotiation.py")  # the only reader of Accept and HX-*
CATALOGUE = Path("app/core/pages.py")  # marks our own translated texts as safe, never a value
SPEAKERS = {
    HYPERMEDIA,
    Path("app/core/hypermedia.py"),
    Path("app/core/answers.py"),
}  # these answer with Vary and HX-Redirect
METHODS = {"get", "post", "put", "patch", "delete"}

Offences = Iterator[str]
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST) -> Iterator[FunctionNode]:
    return (node for node in ast.walk(tree) if isinstance(node, FunctionNode))


def docstrings(tree: ast.AST) -> set[ast.AST]:
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = (node.body for node in ast.walk(tree) if isinstance(node, holders) and node.body)
    return {body[0].value for body in bodies if isinstance(body[0], ast.Expr)}


# --- Python --------------------------------------------------------------------------------------------------


def untyped_returns(text: str) -> Offences:
    for node in functions(ast.parse(text)):
        if node.returns is None:
            yield f"{node.lineno}: {node.name} has no return annotation"


def too_long(text: str) -> Offences:
    if (lines := text.count("\n")) > MAX_LINES:
        yield f"{lines} lines, more than {MAX_LINES}: split the domain, not the layer"


def is_operation(decorator: ast.expr) -> bool:
    """`@router.get(...)`, whatever the router's name ends in."""
    call = decorator.func if isinstance(decorator, ast.Call) else decorator
    if not (isinstance(call, ast.Attribute) and call.attr in METHODS):
        return False
    return isinstance(call.value, ast.Name) and call.value.id.endswith(("router", "app"))


def undocumented_operations(text: str) -> Offences:
    for node in functions(ast.parse(text)):
        if any(map(is_operation, node.decorator_list)) and not ast.get_docstring(node):
            yield f"{node.lineno}: operation {node.name} has no docstring, which is public API text"


def negotiation(text: str) -> Offences:
    tree = ast.parse(text)
    prose = docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in prose:
            if node.value.lower().startswith("hx-") or node.value.lower() == "accept":
                yield f"{node.lineno}: {node.value!r} belongs in {HYPERMEDIA}"
        elif isinstance(node, ast.arg) and node.arg.startswith("hx_"):
            yield f"{node.lineno}: parameter {node.arg} reads an HX- header; that belongs in {HYPERMEDIA}"


def unescaped_python(text: str) -> Offences:
    for node in ast.walk(ast.parse(text)):
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        if name == "Markup" and isinstance(node, ast.Name | ast.Attribute):
            yield f"{node.lineno}: Markup switches escaping off"


# --- Templates and static files ------------------------------------------------------------------------------


def matches(patterns: dict[str, str]) -> Callable[[str], Offences]:
    compiled = [(re.compile(pattern, re.IGNORECASE), why) for pattern, why in patterns.items()]

    def rule(text: str) -> Offences:
        for pattern, why in compiled:
            for found in pattern.finditer(text):
                yield f"{text.count(chr(10), 0, found.start()) + 1}: {found.group().strip()[:60]!r}: {why}"

    return rule


EVENTS = (
    "abort|animation|auxclick|before|blur|cancel|change|click|close|contextmenu|copy|cut|dblclick|drag|drop|"
    "error|focus|form|hashchange|input|invalid|key|load|message|mouse|offline|online|page|paste|pointer|popstate|"
    "reset|resize|scroll|search|select|storage|submit|toggle|touch|transition|unload|wheel"
)
unsafe_templates = matches(
    {
        r"\|\s*safe\b": "a value is shown unescaped",
        r"\bMarkup\s*\(": "a value is shown unescaped",
        r"{%-?\s*autoescape\s+false": "escaping is switched off",
        r"\sstyle\s*=\s*[\"'{]": "the policy (CSP) refuses inline styles: use a class",
        r"<style\b": "the policy (CSP) refuses inline styles: use app.css",
        r"<script\b(?![^>]*\ssrc\s*=)": "the policy (CSP) refuses inline scripts: use app.js",
        rf"\son(?:{EVENTS})[a-z]*\s*=": "the policy (CSP) refuses inline handlers: use app.js",
        r"\shx-on\b": "hx-on evaluates text as code: use app.js",
        r"javascript:": "the policy (CSP) refuses javascript: addresses",
        r"(?<![\w.])_\(\s*[^'\"\s]": "gettext takes a message for markup: translate stored text in Python",
    }
)

ELSEWHERE = r"(?:(?:https?|wss?):)?//"
outside_resources = matches(
    {
        rf"\s(?:src|srcset|poster|data|(?:form)?action|hx-\w+)\s*=\s*[\"']?\s*{ELSEWHERE}": "loaded from elsewhere",
        rf"<(?:link|use|image)\b[^>]*href\s*=\s*[\"']?\s*{ELSEWHERE}": "loaded from elsewhere",
        rf"\burl\(\s*[\"']?\s*{ELSEWHERE}": "loaded from elsewhere",
        rf"@import\s+[\"']{ELSEWHERE}": "loaded from elsewhere",
        rf"\b(?:fetch|import|importScripts|Worker|WebSocket|EventSource|sendBeacon)\s*\(\s*[\"'`]{ELSEWHERE}": (
            "loaded from elsewhere"
        ),
        rf"\bfrom\s+[\"']{ELSEWHERE}": "loaded from elsewhere",
    }
)

# Written in pieces, so that this file does not offend against itself.
REGISTRIES = ("pypi" r"\.org", "python" r"hosted\.org", "npm" r"js\.(?:org|com)", "npmmirror", "mirrors" r"\.[a-z]")
local_addresses = matches(
    {
        rf"https?://[\w.-]*(?:{'|'.join(REGISTRIES)})": "the address of a package registry",
        r"(?:^|\s)--?(?:extra-)?index" r"-url[ =]": "the address of a package registry",
        r"(?<![\w.])/(?:work/(?:main|shared)|root/|opt/" r"pypi)": "a path of one machine",
    }
)


# --- The files -----------------------------------------------------------------------------------------------


def committed() -> list[Path]:
    """What is or would be committed; without git (an unpacked archive), everything but hidden directories."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = None
    if shutil.which("git"):
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed and listed.returncode == 0:
        names = [Path(name) for name in listed.stdout.split("\0") if name]
    else:
        names = [
            p.relative_to(ROOT)
            for p in ROOT.rglob("*")
            if not any(part[0] == "." for part in p.relative_to(ROOT).parts)
        ]
    return sorted(name for name in names if (ROOT / name).is_file())


FILES = committed()
PYTHON = [f for f in FILES if f.suffix == ".py" and f.parts[0] == "app"]
MARKUP = {".html", ".jinja", ".j2", ".svg", ".xml"}
TEMPLATES = [f for f in FILES if "templates" in f.parts and f.suffix in MARKUP | {".txt"}]
LOADED = [f for f in FILES if f.suffix in MARKUP | {".css", ".js", ".webmanifest"} and "vendor" not in f.parts]
LOADED = [f for f in LOADED if f.parts[0] in ("app", "templates")]
PLAIN = [f for f in FILES if "vendor" not in f.parts and f.suffix not in {".png", ".jpg", ".webp", ".ico", ".xlsx"}]

RULES: dict[str, tuple[Callable[[str], Offences], list[Path]]] = {
    "every function says what it returns": (untyped_returns, PYTHON),
    "no file is over 400 lines": (too_long, PYTHON),
    "every operation has a docstring": (undocumented_operations, PYTHON),
    "only negotiation.py negotiates": (negotiation, [f for f in PYTHON if f not in SPEAKERS]),
    "python never switches escaping off": (unescaped_python, [f for f in PYTHON if f != CATALOGUE]),
    "templates stay safe": (unsafe_templates, TEMPLATES),
    "pages load nothing from elsewhere": (outside_resources, LOADED),
    "no registry and no machine is named": (local_addresses, PLAIN),
}


@pytest.mark.parametrize("name", RULES)
def test_house_rule(name: str) -> None:
    rule, files = RULES[name]
    assert files, "the rule found no files to look at"
    texts = ((file, (ROOT / file).read_text("utf-8", errors="replace")) for file in files)
    assert not [f"{file}:{offence}" for file, text in texts for offence in rule(text)]


OFFENDERS: list[tuple[Callable[[str], Offences], str]] = [
    (untyped_returns, "def f(): ..."),
    (untyped_returns, "class A:\n    async def f(self): ..."),
    (too_long, "x = 1\n" * (MAX_LINES + 1)),
    (undocumented_operations, "@router.get('')\ndef f() -> int: ..."),
    (undocumented_operations, "@html(page='x')\n@visits_router.put('/{id}')\ndef f() -> int: return 1"),
    (negotiation, "request.headers.get('HX-Request')"),
    (negotiation, "request.headers['accept']"),
    (negotiation, "def f(hx_request: str) -> int: ..."),
    (unescaped_python, "x = Markup('<b>')"),
    (unescaped_python, "x = markupsafe.Markup('<b>')"),
    (unsafe_templates, "{{ note | safe }}"),
    (unsafe_templates, "{{ Markup(note) }}"),
    (unsafe_templates, "{% autoescape false %}"),
    (unsafe_templates, '<p style="color: red">'),
    (unsafe_templates, "<style>p {}</style>"),
    (unsafe_templates, "<script nonce='x'>alert(1)</script>"),
    (unsafe_templates, '<a href="#" onclick="f()">'),
    (unsafe_templates, "<body onload=f()>"),
    (unsafe_templates, '<b hx-on:click="f()">'),
    (unsafe_templates, '<a href="javascript:f()">'),
    (unsafe_templates, "{{ _(data.source) }}"),
    (outside_resources, '<script src="https://cdn.example/x.js"></script>'),
    (outside_resources, '<img alt="" src="//cdn.example/x.png">'),
    (outside_resources, '<link rel="stylesheet" href="https://cdn.example/x.css">'),
    (outside_resources, "body { background: url(http://cdn.example/x.png) }"),
    (outside_resources, "@import 'https://cdn.example/x.css';"),
    (outside_resources, "fetch('https://api.example/')"),
    (outside_resources, "import x from 'https://cdn.example/x.js'"),
    (local_addresses, "see https://" + "pypi" + ".org/simple"),
    (local_addresses, "RUN pip install --index" + "-url x"),
    (local_addresses, "cd /work/" + "main"),
]

FINE: list[tuple[Callable[[str], Offences], str]] = [
    (untyped_returns, "def f() -> None: ..."),
    (undocumented_operations, "@router.get('')\ndef f() -> int:\n    'List the visits.'"),
    (negotiation, "'''HX-Request is read elsewhere.'''"),
    (unsafe_templates, '<script src="/static/app.js" defer></script><a href="/x" hx-confirm="once = more">'),
    (outside_resources, '<a href="https://www.gov.cn/">law</a><svg xmlns="http://www.w3.org/2000/svg">'),
    (outside_resources, '<script src="/static/app.js">'),
    (local_addresses, "https://example.org/index.html"),
]


@pytest.mark.parametrize(("rule", "text"), OFFENDERS)
def test_rule_sees_an_offender(rule: Callable[[str], Offences], text: str) -> None:
    assert list(rule(text))


@pytest.mark.parametrize(("rule", "text"), FINE)
def test_rule_leaves_the_rest_alone(rule: Callable[[str], Offences], text: str) -> None:
    assert not list(rule(text))
