"""Nothing that a user wrote becomes code: not names, not documentation, not file names.

The canary is a file that every hostile text tries to create. Whatever the names, generated modules
are the same bytes.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import batch

from ecdsl.api import compile_file, opened
from ecdsl.backends.graph import graph
from ecdsl.backends.latex import formula
from ecdsl.backends.numba.emit import emit_fill, emit_tuples
from ecdsl.backends.torch.emit import emit_region
from ecdsl.diagnostics import EcdslError
from ecdsl.diagnostics.render import render
from ecdsl.events.schema import EventsMetadata
from ecdsl.events.write_parquet import write_events
from ecdsl.ir.nodes import Observable, Particles
from ecdsl.lang import compile_module
from ecdsl.passes import pipeline

PLACES = (
    *("constant", "column", "measure", "c", "d", "shape", "p", "let", "axis"),
    *("o", "r", "t", "ratio"),
)
HOSTILE = (
    *("__import__", "exec", "None", "lambda", "class", "numba", "np", "torch", "math", "fill"),
    *("__builtins__", "raise", "global", "os", "print", "N" * 200),
)
PROGRAM = """
{doc}
constant {constant} = 2 GeV
column {column} in GeV
measure {measure}(a, b) = sqrt((1 - cos(a, b)) / 2)
{doc}
correlator {c} {{
  order 3; over particles; measure ee; weight E1 * E2 * E3 / Q^3; where E > {constant}
}}
correlator {d} {{ order 2; over particles; measure {measure}; weight E1 * E2 / Q^2 }}
{doc}
shape {shape}({p} in [0, 1] = 0.5) {{
  let {let} = 2 * z12
  window {let} < {p} + {column} / {constant}
  axis {axis} = {let}
}}
{doc}
observable {o} = {c} | {shape}({p} = 0.6) {{ axis {axis}: 4 bins in [0, 1] }}
observable {r} = {d} | {shape} {{ axis {axis}: 4 bins in [0, 1] }}
observable {t} = {c} | {{
  window z12 < z13
  axis {axis} = z12: 4 bins in [0, 1]
}}
derive {ratio} = {r} / {r}
"""
TAME = dict(zip(PLACES, (f"tame{k}" for k in range(len(PLACES))), strict=True))


def program(names: dict[str, str], doc: str = "##") -> str:
    return PROGRAM.format(doc=doc, **names)


def generated(build: Path) -> list[str]:
    """Return the modules; their fingerprints are left out, as the name of a column is in them."""
    found = (path.read_text(encoding="utf-8") for path in build.rglob("*.py"))
    return sorted(re.sub(r"^kernel [0-9a-f]{16}$", "kernel", text, flags=re.M) for text in found)


def compiled(folder: Path, text: str, name: str = "some.obs") -> list[str]:
    """Compile a text in a folder of its own and return the generated modules."""
    folder.mkdir()
    (folder / name).write_text(text, encoding="utf-8")
    report = compile_file(folder / name, build=folder / "build")
    assert len(report.observables) == 3
    return generated(folder / "build")


@pytest.fixture(scope="module")
def tame(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    found = compiled(tmp_path_factory.mktemp("tame") / "project", program(TAME))
    assert len(found) == 6
    assert "tame" not in "".join(found)
    return found


@pytest.mark.parametrize("turn", range(len(HOSTILE)))
def test_names_leave_no_trace_in_code(turn: int, tame: list[str], tmp_path: Path) -> None:
    turned = HOSTILE[turn:] + HOSTILE[:turn]
    names = dict(zip(PLACES, turned, strict=False))

    assert compiled(tmp_path / "project", program(names)) == tame


@pytest.mark.parametrize(
    "text",
    [
        "{{{{ 7 * 7 }}}}{{% for x in y %}}{{{{ x.__class__.__mro__ }}}}",
        "{{{{ cycler.__init__.__globals__.os.system('touch {canary}') }}}}",
        '"""\nimport os; os.system("touch {canary}")\n"""',
        "'''); open('{canary}', 'w'); ('''",
        "\\\\\N{RIGHT-TO-LEFT OVERRIDE}__import__('pathlib').Path('{canary}').touch()",
        "\\input{{/etc/passwd}} $(touch {canary}) `touch {canary}` ; touch {canary} #",
        "%s %(x)s {{0.__class__}} \\x1b]0;\\x07 \x1b[2J",
    ],
)
def test_documentation_leaves_no_trace_in_code(text: str, tame: list[str], tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    doc = "\n".join(f"## {line}" for line in text.format(canary=canary).split("\n"))

    assert compiled(tmp_path / "project", program(TAME, doc)) == tame
    assert not canary.exists()


@pytest.mark.parametrize(
    "name",
    ["{{7*7}}.obs", "';touch canary;'.obs", "$(touch canary).obs", '"\n\x1b[2J.obs', "-.obs"],
)
def test_file_names_are_names_only(name: str, tame: list[str], tmp_path: Path) -> None:
    assert compiled(tmp_path / "project", program(TAME), name) == tame
    (tmp_path / "bad").mkdir()
    bad = tmp_path / "bad" / name
    bad.write_text("shape {", encoding="utf-8")

    with pytest.raises(EcdslError) as caught:
        compile_module(bad)
    assert all(one.isprintable() or one == "\n" for one in render(caught.value.diagnostics))
    assert not list(tmp_path.rglob("canary"))


def test_hostile_names_are_filled_like_others(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    names = dict(zip(PLACES, HOSTILE, strict=False))
    results = []
    for kind, used in (("tame", TAME), ("hostile", names)):
        folder = tmp_path / kind
        compiled(folder, program(used))
        found = opened(compile_file(folder / "some.obs", build=folder / "build"), folder / "build")
        made = batch(np.random.default_rng(1).normal(size=(40, 3)) * 9, [4] * 10)
        labelled = type(made)(**{**vars(made), "labels": {used["column"]: rng.uniform(size=10)}})
        metadata = EventsMetadata(
            constituents=Particles(), labels=(used["column"],), n_jets=10, n_events=10
        )
        write_events(folder / "events.parquet", [labelled], metadata)
        rng = np.random.default_rng(1)
        wanted = [found[used[place]] for place in ("o", "r", "t", "ratio")]
        results.append([item.fill(folder / "events.parquet") for item in wanted])
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one.contents, other.contents)
        assert one.to_hist().ndim == 1
    assert results[0][0].contents.sum() > 0


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(name=st.text(max_size=30) | st.sampled_from(["{{ 7 }}", '"""', "\\", "\n", "a\nimport os"]))
def test_generated_text_does_not_depend_on_names(name: str, tmp_path: Path) -> None:
    """Also where the names are none that the language has: the tree can be built by hand."""
    path = tmp_path / "some.obs"
    path.write_text(program(TAME), encoding="utf-8")
    tame = compile_module(path).observables[2].observable
    content = tame.model_dump()
    for item in (content, *content["axes"], *content["parameters"]):
        item["name"] = name
    wild = Observable.model_validate(content)
    plans = [pipeline.run(observable) for observable in (tame, wild)]

    for emit in (emit_fill, emit_region, lambda plan: emit_tuples(plan.observable.correlator)):
        first, second = (emit(plan) for plan in plans)
        assert first == second
    assert graph(plans[1]).startswith("digraph plan {")
    assert formula(plans[1].observable)


def test_no_text_is_run_anywhere() -> None:
    """Nothing in the package evaluates text, or loads a format that can run code."""
    package = Path(__file__).parents[2] / "ecdsl"
    forbidden = {"eval", "exec", "__import__", "sympify", "parse_expr", "lambdify", "unsafe_load"}
    modules = {"pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle"}
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Name | ast.Attribute):
                # A method of this name is something else: a network's eval().
                name = node.id if isinstance(node, ast.Name) else node.attr
                method = isinstance(node, ast.Attribute) and name in {"eval", "exec"}
                assert method or name not in forbidden, f"{path}:{node.lineno}"
            if isinstance(node, ast.Import | ast.ImportFrom):
                top = {(getattr(node, "module", "") or "").split(".")[0]}
                top |= {alias.name.split(".")[0] for alias in node.names}
                assert not top & modules, f"{path}:{node.lineno}"
