"""The documents: their links, commands, lists and examples are true, and what they tell to do works."""

from __future__ import annotations

import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from pathlib import Path

import pytest
import typer

from onnx2luau.cli.commands import app
from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.ops import all_ops
from onnx2luau.compiler.ir.scalars import FUNCTIONS, Apply, Argument, Number
from onnx2luau.compiler.ir.text import parse, print_graph
from onnx2luau.compiler.ir.text.parser import ParseError
from onnx2luau.compiler.passes import PIPELINE
from tests.command_line import PATIENCE

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/**/*.md"))
)
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined] # it is a group
SOURCES = ("backends", "compiler", "frontends", "game", "runtime_luau", "src", "tests")
FILES = ("pyproject.toml", "docs/ir.md", "examples/tinymnist/mnist64.keras")
ADDING = ROOT / "docs" / "adding-a-layer.md"
ADDED = "GlobalLpPool or Hardmax or textbook or ConvTranspose or conv_transpose"
"""What that page adds, for -k."""
OVERVIEWS = re.compile(r"\b(all_ops|all_importers|all_kernels|schedules)\(|\btests\.ops\b")
"""Found in the tests that look over all ops or schedules."""


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the file that the line above it names."""

    language: str
    text: str
    file: str


def blocks(document: Path) -> Iterator[Block]:
    """Every fenced block of a document, in order."""
    pattern = re.compile(
        r"(?:^`(?P<file>[^`\n]+)`:\n\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S
    )
    for match in pattern.finditer(document.read_text("utf-8")):
        yield Block(match["language"], match["text"], match["file"] or "")


def command_lines(document: Path, program: str) -> list[list[str]]:
    """The words of every command line in a document's blocks that calls a program."""
    lines = [line for block in blocks(document) if block.language == "sh" for line in block.text.splitlines()]
    words = [shlex.split(line, comments=True) for line in lines]
    return [each[1:] for each in words if each and each[0] == program]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text("utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"https?://|#", target):
            assert (document.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_command_lines_parse(document: Path) -> None:
    for words in command_lines(document, "onnx2luau"):
        name, *arguments = words
        assert name in COMMANDS, words
        COMMANDS[name].make_context(name, arguments)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_make_targets_exist(document: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M)
    for words in command_lines(document, "make"):
        assert words[0] in targets, words


def test_readme_lists_every_command() -> None:
    section = (ROOT / "README.md").read_text("utf-8").partition("\n## Commands\n")[2].partition("\n#")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", section, re.M)) == sorted(COMMANDS)


def test_compile_options_of_the_readme_exist() -> None:
    section = (
        (ROOT / "README.md").read_text("utf-8").partition("### Options of `compile`")[2].partition("\n#")[0]
    )
    known = {option for parameter in COMMANDS["compile"].params for option in parameter.opts}
    named = re.findall(r"^\| `(--[\w-]+)", section, re.M)
    assert named
    assert set(named) <= known


def test_files_that_documents_name_exist() -> None:
    """`src/onnx2luau/driver.py` and its like, in running text."""
    own = {block.file for block in blocks(ADDING)}
    for document in DOCUMENTS:
        text = re.sub(r"```.*?```", "", document.read_text("utf-8"), flags=re.S)
        for path in re.findall(
            r"`((?:compiler|frontends|backends|game|runtime_luau|src/onnx2luau|tests|docs|examples|benchmarks)/[\w./-]*)`",
            text,
        ):
            assert path in own or (ROOT / path).exists(), f"{document.name}: {path}"


def test_the_example_of_the_ir_round_trips() -> None:
    (example,) = [block for block in blocks(ROOT / "docs" / "ir.md") if block.language == "ir"]
    graph = parse(example.text)
    assert print_graph(graph) == example.text
    assert parse(print_graph(graph)) == graph


def test_the_mistake_of_the_ir_is_shown_so() -> None:
    document = ROOT / "docs" / "ir.md"
    (example,) = [block for block in blocks(document) if block.language == "ir"]
    (shown,) = [block.text for block in blocks(document) if "column" in block.text]
    with pytest.raises(ParseError) as caught:
        parse(example.text.replace("axis=1", "axis=4"))
    assert f"{caught.value}\n" == shown


@pytest.mark.parametrize("kind", ["ops", "functions", "passes"])
def test_lists_of_the_ir(kind: str, request: pytest.FixtureRequest) -> None:
    document = ROOT / "docs" / "ir.md"
    text = document.read_text("utf-8")
    start, end = f"<!-- {kind} -->\n", f"<!-- end of {kind} -->"
    before, _, rest = text.partition(start)
    listed, _, after = rest.partition(end)
    wanted = {"ops": _ops, "functions": _functions, "passes": _passes}[kind]()
    if request.config.getoption("--update-golden"):
        document.write_text(before + start + wanted + end + after, "utf-8", newline="\n")
        listed = wanted
    assert listed == wanted, "docs/ir.md is out of date: pytest tests/test_docs.py --update-golden"


def _ops() -> str:
    rows = [f"| `{name}({_fields(op)})` | {_summary(op)} |" for name, op in sorted(all_ops().items())]
    return "\n".join(["| Op and its fields | Meaning |", "|---|---|", *rows]) + "\n"


def _fields(op: type[Op]) -> str:
    return ", ".join(
        entry.name if entry.default is MISSING else f"{entry.name}={_default(entry.default)}"
        for entry in fields(op)
    )


def _default(value: object) -> str:
    match value:
        case None | bool():
            return str(value).lower()
        case Argument() | Number() | Apply():
            return f"({value})"
        case str():
            return f'"{value}"'
        case tuple():
            return f"[{', '.join(map(_default, value))}]"
        case _:
            return str(value)


def _summary(item: object) -> str:
    return (inspect.getdoc(item) or "").partition("\n")[0].replace("|", "\\|")


def _functions() -> str:
    arities = sorted({function.arity for function in FUNCTIONS.values()})
    return "".join(
        f"- {arity}: {', '.join(f'`{name}`' for name, function in FUNCTIONS.items() if function.arity == arity)}\n"
        for arity in arities
    )


def _passes() -> str:
    return "".join(f"{i}. `{each.__name__}`: {_summary(each)}\n" for i, each in enumerate(PIPELINE, 1))


def test_adding_a_layer(tmp_path: Path) -> None:
    """Follow the document word for word in a copy of the repository, and run what looks over everything there."""
    for folder in SOURCES:
        shutil.copytree(ROOT / folder, tmp_path / folder, symlinks=True)
    for file in FILES:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    output = ""
    for block in blocks(ADDING):
        if block.language == "luau":
            assert (tmp_path / block.file).read_text("ascii") == block.text, block.file
        elif block.file:
            assert not (tmp_path / block.file).exists(), (
                f"{block.file} is there already; choose another example"
            )
            (tmp_path / block.file).parent.mkdir(exist_ok=True)
            (tmp_path / block.file).write_text(block.text, "utf-8")
        elif block.language == "sh":
            output = "\n".join(_follow(line, tmp_path) for line in block.text.splitlines())
        else:
            for line in block.text.splitlines():
                assert line in output, f"{line}\nis not in\n{output}"
    _follow(f"pytest {' '.join(_overviews())} -k '({ADDED} or not [) and not test_builds'", tmp_path)


def _overviews() -> list[str]:
    """Return the tests that look over all ops or schedules, but for this one."""
    found = [path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    return sorted(str(path.relative_to(ROOT)) for path in found if OVERVIEWS.search(path.read_text("utf-8")))


def test_a_heavy_op_is_added_in_four_places() -> None:
    """Its op, its numbers, the folder of its schedules, its import; tests and what they look at come on top."""
    files = [Path(block.file) for block in blocks(ADDING) if "conv_transpose" in block.file]
    own = [file for file in files if file.parts[0] != "tests"]
    places = {file.parent if "schedules" in file.parts else file for file in own}
    assert sorted(place.as_posix() for place in places) == [
        "backends/luau/schedules/conv_transpose",
        "backends/numpy/ops/conv_transpose.py",
        "compiler/ir/ops/conv_transpose.py",
        "frontends/onnx/ops/conv_transpose.py",
    ]


def _follow(line: str, folder: Path) -> str:
    """Run a command line of the document; `# fails` at its end says that it must."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", *shlex.split(line, comments=True)],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(folder / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (done.returncode != 0) == line.endswith("# fails"), f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr
