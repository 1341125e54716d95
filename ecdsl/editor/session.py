"""What the server knows while an editor is connected: analyses that are up to date, and findings.

Analyses run in a thread, so that requests can be cancelled and messages read meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from ecdsl.editor.analysis import Analysis, analyse, analyse_together
from ecdsl.editor.diagnostics import report
from ecdsl.editor.judging import Judge
from ecdsl.editor.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from lsprotocol import types as lsp

    from ecdsl.diagnostics import Diagnostic
    from ecdsl.editor.bindings import Index
    from ecdsl.editor.positions import Client

    Publish = Callable[[str, list[lsp.Diagnostic]], None]

# Seconds without a change before a file is looked at, and until its errors are shown without the
# judgement of its meaning.
DELAY = 0.15
PATIENCE = 0.1
_log = logging.getLogger(__name__)


class Session:
    """Open files, their analyses and the findings that the editor was told of.

    Args:
        publish: Tells the editor the findings of one file, by its address.
    """

    def __init__(self, publish: Publish) -> None:
        self.files = Workspace()
        self._publish = publish
        self._judge = Judge()
        self._generation = 0
        self._analyses: dict[Path, tuple[int, asyncio.Task[Analysis]]] = {}
        self._waiting: dict[Path, asyncio.Task[None]] = {}
        self._last: dict[Path, Analysis] = {}
        # By open file, the findings in it and in the files that it imports.
        self._found: dict[Path, dict[Path, list[lsp.Diagnostic]]] = {}

    async def analysis(self, path: Path) -> Analysis:
        """Return what is known of a file as it and its imports are now."""
        generation, task = self._analyses.get(path, (-1, None))
        if task is None or generation != self._generation:
            root, overlay = self.files.root(path), self.files.overlay
            task = asyncio.create_task(asyncio.to_thread(analyse, path, root, overlay))
            self._analyses[path] = (self._generation, task)
        # One who no longer waits must not stop the others.
        return await asyncio.shield(task)

    async def together(self, path: Path, word: str) -> Index:
        """Return the names of all files around `path` that hold a word, and of `path`."""
        return await asyncio.to_thread(self._together, path, word, self.files.overlay)

    def _together(self, path: Path, word: str, overlay: Mapping[Path, str]) -> Index:
        paths = [path, *self.files.holding(word, path, overlay)]
        return analyse_together(paths, self.files.root(path), overlay)

    def changed(self, path: Path | None, client: Client, *, delay: float = DELAY) -> None:
        """Look again at a file and those that import it, or at all for None, after a pause."""
        self._generation += 1
        for other in self.files.opened:
            if path is None or other == path or self._depends(other, path):
                self._schedule(other, client, delay)

    def closed(self, path: Path, client: Client) -> None:
        """Forget a file that the editor closed."""
        for known in (self._analyses, self._last):
            known.pop(path, None)
        waiting = self._waiting.pop(path, None)
        if waiting is not None:
            waiting.cancel()
        before = self._found.pop(path, {})
        self._show({path, *before})
        self.changed(path, client)

    def _depends(self, other: Path, path: Path) -> bool:
        last = self._last.get(other)
        if last is None:
            return True
        return path in last.modules or any(item.code.startswith("E4") for item in last.findings)

    def _schedule(self, path: Path, client: Client, delay: float) -> None:
        waiting = self._waiting.get(path)
        if waiting is not None:
            waiting.cancel()
        self._waiting[path] = asyncio.create_task(self._look(path, client, delay))

    async def _look(self, path: Path, client: Client, delay: float) -> None:
        await asyncio.sleep(delay)
        judging: asyncio.Task[list[Diagnostic]] | None = None
        try:
            analysis = await self.analysis(path)
            self._last[path] = analysis
            judging = asyncio.create_task(self._judged(analysis))
            await asyncio.wait([judging], timeout=PATIENCE)
            if not judging.done():
                self._tell(path, analysis, analysis.findings, client)
            found = dict.fromkeys([*analysis.findings, *await judging])
            self._tell(path, analysis, found, client)
        except asyncio.CancelledError:
            if judging is not None:
                judging.cancel()
            raise
        except Exception:
            # A bug of ours in one state of a text must not end the session.
            _log.exception("cannot analyse %s", path)

    async def _judged(self, analysis: Analysis) -> list[Diagnostic]:
        """Return what is wrong with meanings; one at a time, so that a change ends it soon."""
        found: list[Diagnostic] = []
        for item in analysis.observables:
            try:
                found.extend(await asyncio.to_thread(self._judge.findings, item))
            except Exception:
                _log.exception("cannot judge %s", item.observable.name)
        return found

    def _tell(
        self, path: Path, analysis: Analysis, findings: Iterable[Diagnostic], client: Client
    ) -> None:
        """Publish the findings of a file, in it and in the files that it imports."""
        before = self._found.get(path, {})
        found: dict[Path, list[lsp.Diagnostic]] = {path: []}
        for item in findings:
            file = analysis.file_of(item.span)
            found.setdefault(file, []).append(report(item, analysis, client))
        self._found[path] = found
        self._show({*before, *found})

    def _show(self, files: Iterable[Path]) -> None:
        """Publish findings: an open file's own, those of any other from all that import it."""
        for file in files:
            own = self._found.get(file)
            seen = [own] if own is not None else list(self._found.values())
            merged: list[lsp.Diagnostic] = []
            for found in seen:
                merged.extend(item for item in found.get(file, []) if item not in merged)
            self._publish(self.files.uri(file), merged)
