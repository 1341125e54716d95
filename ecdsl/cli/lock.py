"""`ecdsl lock`: pin what the observables of a project mean."""

from __future__ import annotations

from pathlib import Path

from ecdsl.cli.guard import guarded
from ecdsl.cli.options import Quiet, Verbose, examples
from ecdsl.cli.output import Output, shown

EXAMPLES = examples("ecdsl lock", "ecdsl lock && git add ecdsl.lock", "ecdsl compile --frozen")


@guarded
def lock(*, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """Write the meaning of every observable to `ecdsl.lock`, which `--frozen` then insists on."""
    from ecdsl.lock import survey, write_lock
    from ecdsl.project import find_project

    project = find_project(Path.cwd())
    found = survey(project.sources, project.root).lock
    path, changed = write_lock(project.root, found)
    what = f"{len(found.observables)} observable(s), {len(found.modules)} module(s) of packages"
    Output(quiet, verbose).status(f"{'wrote' if changed else 'unchanged'}: {shown(path)} ({what})")
