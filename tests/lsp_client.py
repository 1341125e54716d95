"""A real client of the language server: `ecdsl lsp` in a process of its own, over its stdio."""

from __future__ import annotations

import asyncio
import sys
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT = 60


class Editor:
    """An editor with one folder: blocking calls to a client that runs in a thread."""

    def __init__(self, folder: Path, **general: Any) -> None:
        self.folder = folder
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.client = LanguageClient("tests", "1")
        self._general = lsp.GeneralClientCapabilities(**general)
        self._versions: dict[str, int] = {}
        self._arrived = threading.Condition()
        self.found: dict[str, list[lsp.Diagnostic]] = {}
        # The client marks what it calls, which a method does not let it do.
        self.client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(partial(self._publish))
        self.client.feature(lsp.CLIENT_REGISTER_CAPABILITY)(lambda _: None)

    def start(self) -> lsp.InitializeResult:
        command = [sys.executable, "-c", "from ecdsl.cli.main import run; run()", "lsp"]
        self._run(self.client.start_io(*command, cwd=str(self.folder)))
        return self._run(self._initialize())

    async def _initialize(self) -> lsp.InitializeResult:
        item = lsp.ClientCompletionItemOptions(snippet_support=True)
        capabilities = lsp.ClientCapabilities(
            general=self._general,
            text_document=lsp.TextDocumentClientCapabilities(
                completion=lsp.CompletionClientCapabilities(completion_item=item),
                rename=lsp.RenameClientCapabilities(prepare_support=True),
            ),
            workspace=lsp.WorkspaceClientCapabilities(
                did_change_watched_files=lsp.DidChangeWatchedFilesClientCapabilities(
                    dynamic_registration=True
                )
            ),
        )
        folder = lsp.WorkspaceFolder(self.folder.as_uri(), "folder")
        params = lsp.InitializeParams(capabilities, workspace_folders=[folder])
        result = await self.client.initialize_async(params)
        self.capabilities = result.capabilities
        self.client.initialized(lsp.InitializedParams())
        return result

    def stop(self) -> int | None:
        """Shut the server down as the protocol asks for; return its exit code."""
        self.ask(lsp.SHUTDOWN, None)
        return self.leave()

    def leave(self) -> int | None:
        server = self.client._server
        self._loop.call_soon_threadsafe(self.client.exit, None)
        self._run(asyncio.wait_for(server.wait(), TIMEOUT))
        self._run(self.client.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TIMEOUT)
        self._loop.close()
        return server.returncode

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(TIMEOUT)

    # --- files

    def write(self, name: str, text: str) -> str:
        """Write a file on disk; return its address."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path.as_uri()

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def open(self, name: str, text: str | None = None) -> str:
        """Open a file, with a text that is not saved where one is given."""
        if text is None:
            text = (self.folder / name).read_text(encoding="utf-8")
        uri = self.uri(name)
        self._versions[uri] = 1
        self.note(
            "text_document_did_open",
            lsp.DidOpenTextDocumentParams(lsp.TextDocumentItem(uri, "obs", 1, text)),
        )
        return uri

    def change(self, uri: str, text: str) -> None:
        self._versions[uri] += 1
        self.note(
            "text_document_did_change",
            lsp.DidChangeTextDocumentParams(
                lsp.VersionedTextDocumentIdentifier(self._versions[uri], uri),
                [lsp.TextDocumentContentChangeWholeDocument(text)],
            ),
        )

    def close(self, uri: str) -> None:
        self.note(
            "text_document_did_close",
            lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(uri)),
        )

    # --- messages

    def note(self, method: str, params: Any) -> None:
        """Send a notification and wait until it is on its way."""
        self.soon(partial(getattr(self.client, method), params))

    def soon(self, send: Callable[[], None]) -> None:
        """Run a function where the client lives, and wait for its end."""
        done = threading.Event()

        def run() -> None:
            send()
            done.set()

        self._loop.call_soon_threadsafe(run)
        assert done.wait(TIMEOUT)

    def ask(self, method: str, params: Any) -> Any:
        """Send a request and return its result."""
        return self._run(self._send(method, params))

    async def _send(self, method: str, params: Any) -> Any:
        return await self.client.protocol.send_request_async(method, params)

    def at(self, method: str, uri: str, place: tuple[int, int], **more: Any) -> Any:
        """Send a request about a line and a character of a file, both counted from 0."""
        return self.ask(
            method,
            lsp.METHOD_TO_TYPES[method][2](
                text_document=lsp.TextDocumentIdentifier(uri), position=lsp.Position(*place), **more
            ),
        )

    def of(self, method: str, uri: str, **more: Any) -> Any:
        """Send a request about a whole file."""
        document = lsp.TextDocumentIdentifier(uri)
        return self.ask(method, lsp.METHOD_TO_TYPES[method][2](text_document=document, **more))

    # --- findings

    def _publish(self, params: lsp.PublishDiagnosticsParams) -> None:
        with self._arrived:
            self.found[params.uri] = list(params.diagnostics)
            self._arrived.notify_all()

    def diagnostics(
        self, uri: str, until: Callable[[list[lsp.Diagnostic]], bool] = lambda _: True
    ) -> list[lsp.Diagnostic]:
        """Wait until the findings of a file are as they should be, and return them."""
        with self._arrived:
            ok = self._arrived.wait_for(
                lambda: uri in self.found and until(self.found[uri]), TIMEOUT
            )
            assert ok, f"the findings stay {self.found.get(uri)}"
            return self.found[uri]

    def codes(self, uri: str, wanted: list[str]) -> list[lsp.Diagnostic]:
        return self.diagnostics(uri, lambda found: [item.code for item in found] == wanted)


def find(text: str, needle: str, occurrence: int = 1) -> tuple[int, int]:
    """Return the line and character of a text's n-th `needle`; a `‸` in it is the cursor."""
    before, _, after = needle.rpartition("‸")
    offset = -1
    for _ in range(occurrence):
        offset = text.index(before + after, offset + 1)
    lines = text[: offset + len(before)].split("\n")
    return len(lines) - 1, len(lines[-1])
