"""The language server: the requests of an editor over stdin and stdout.

https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification
"""

from __future__ import annotations

import asyncio
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from ecdsl.diagnostics import EcdslError
from ecdsl.editor.completion import complete
from ecdsl.editor.diagnostics import code_actions
from ecdsl.editor.hover import hover
from ecdsl.editor.navigation import definition, highlights, references, symbols
from ecdsl.editor.positions import Client
from ecdsl.editor.rename import RefusedError, renamable, rename
from ecdsl.editor.semantic import LEGEND, semantic_tokens
from ecdsl.editor.session import Session
from ecdsl.editor.signature import signature_help
from ecdsl.editor.workspace import path_of
from ecdsl.lang.format import format_source
from ecdsl.lang.grammar import obs_parser

if TYPE_CHECKING:
    from ecdsl.editor.analysis import Analysis


class ObsServer(LanguageServer):
    """The server of one editor.

    Attributes:
        session: What it knows of the editor's files.
        is_stopped: Whether the editor asked it to shut down.
    """

    def __init__(self) -> None:
        # Whole texts cost little for files of this size, and no edit can be applied wrongly.
        super().__init__(
            "ecdsl", version("ecdsl"), text_document_sync_kind=lsp.TextDocumentSyncKind.Full
        )
        self.session = Session(self._publish)
        self.is_stopped = False

    @property
    def client(self) -> Client:
        """How the editor counts characters and spells addresses."""
        encoding = self.workspace.position_encoding or lsp.PositionEncodingKind.Utf16
        return Client(self.session.files.uri, encoding)

    @property
    def takes_snippets(self) -> bool:
        """Whether the editor takes texts with places to fill in."""
        document = self.client_capabilities.text_document
        completion = document.completion if document is not None else None
        item = completion.completion_item if completion is not None else None
        return bool(item is not None and item.snippet_support)

    async def at(
        self, document: lsp.TextDocumentIdentifier, position: lsp.Position
    ) -> tuple[Analysis, int]:
        """Return the analysis of a document and the offset of a position in it."""
        analysis = await self.session.analysis(path_of(document.uri))
        return analysis, self.client.positions(analysis.source.text).offset(position)

    def _publish(self, uri: str, found: list[lsp.Diagnostic]) -> None:
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, found))


server = ObsServer()


def serve() -> bool:
    """Serve one editor until it is done; return whether it said so before it left."""
    stdout = sys.stdout.buffer
    # Whatever a library prints must not get between the messages.
    sys.stdout = sys.stderr
    server.start_io(stdout=stdout)
    return server.is_stopped


# --- the life of the session ---------------------------------------------------------------------


@server.feature(lsp.INITIALIZED)
async def _initialized(ls: ObsServer, _: lsp.InitializedParams) -> None:
    await asyncio.to_thread(obs_parser)  # the first file need not wait for it
    ls.session.files.folders = [path_of(item.uri) for item in ls.workspace.folders.values()]
    if not ls.session.files.folders and ls.workspace.root_uri is not None:
        ls.session.files.folders = [path_of(ls.workspace.root_uri)]
    workspace = ls.client_capabilities.workspace
    watching = workspace.did_change_watched_files if workspace is not None else None
    if watching is not None and watching.dynamic_registration:
        options = lsp.DidChangeWatchedFilesRegistrationOptions([lsp.FileSystemWatcher("**/*.obs")])
        method = lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES
        await ls.client_register_capability_async(
            lsp.RegistrationParams([lsp.Registration("obs-files", method, options)])
        )


@server.feature(lsp.SHUTDOWN)
def _shutdown(ls: ObsServer, _: None) -> None:
    ls.is_stopped = True


@server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
def _opened(ls: ObsServer, params: lsp.DidOpenTextDocumentParams) -> None:
    document = params.text_document
    path = ls.session.files.open(document.uri, document.text)
    ls.session.changed(path, ls.client, delay=0)


@server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
def _changed(ls: ObsServer, params: lsp.DidChangeTextDocumentParams) -> None:
    uri = params.text_document.uri
    text = ls.workspace.get_text_document(uri).source
    ls.session.changed(ls.session.files.open(uri, text), ls.client)


@server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
def _saved(ls: ObsServer, _: lsp.DidSaveTextDocumentParams) -> None:
    ls.session.changed(None, ls.client, delay=0)


@server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
def _closed(ls: ObsServer, params: lsp.DidCloseTextDocumentParams) -> None:
    ls.session.closed(ls.session.files.close(params.text_document.uri), ls.client)


@server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
def _watched(ls: ObsServer, _: lsp.DidChangeWatchedFilesParams) -> None:
    ls.session.changed(None, ls.client)


@server.feature(lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
def _folders(ls: ObsServer, _: lsp.DidChangeWorkspaceFoldersParams) -> None:
    ls.session.files.folders = [path_of(item.uri) for item in ls.workspace.folders.values()]


# --- reading -------------------------------------------------------------------------------------


@server.feature(lsp.TEXT_DOCUMENT_HOVER)
async def _hover(ls: ObsServer, params: lsp.HoverParams) -> lsp.Hover | None:
    analysis, offset = await ls.at(params.text_document, params.position)
    return hover(analysis, offset, ls.client)


@server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
async def _definition(ls: ObsServer, params: lsp.DefinitionParams) -> lsp.Location | None:
    analysis, offset = await ls.at(params.text_document, params.position)
    return definition(analysis, offset, ls.client)


@server.feature(lsp.TEXT_DOCUMENT_REFERENCES)
async def _references(ls: ObsServer, params: lsp.ReferenceParams) -> list[lsp.Location] | None:
    analysis, offset = await ls.at(params.text_document, params.position)
    use = analysis.index.at(analysis.path, offset)
    if use is None or use.binding is None:
        return None
    index = await ls.session.together(analysis.path, use.binding.declared.name)
    again = index.at(analysis.path, use.span.start)
    if again is None or again.binding is None:
        return None
    with_declaration = params.context.include_declaration
    return references(index, again.binding, ls.client, with_declaration=with_declaration)


@server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
async def _highlights(
    ls: ObsServer, params: lsp.DocumentHighlightParams
) -> list[lsp.DocumentHighlight]:
    analysis, offset = await ls.at(params.text_document, params.position)
    return highlights(analysis, offset, ls.client)


@server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
async def _symbols(ls: ObsServer, params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
    analysis = await ls.session.analysis(path_of(params.text_document.uri))
    return symbols(analysis, ls.client)


@server.feature(
    lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL,
    lsp.SemanticTokensRegistrationOptions(legend=LEGEND, full=True),
)
async def _semantic_tokens(ls: ObsServer, params: lsp.SemanticTokensParams) -> lsp.SemanticTokens:
    analysis = await ls.session.analysis(path_of(params.text_document.uri))
    return semantic_tokens(analysis, ls.client)


# --- writing -------------------------------------------------------------------------------------


@server.feature(
    lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=[".", "|", "("])
)
async def _complete(ls: ObsServer, params: lsp.CompletionParams) -> list[lsp.CompletionItem]:
    analysis, offset = await ls.at(params.text_document, params.position)
    return complete(analysis, offset, ls.client, snippets=ls.takes_snippets)


@server.feature(
    lsp.TEXT_DOCUMENT_SIGNATURE_HELP, lsp.SignatureHelpOptions(trigger_characters=["(", ","])
)
async def _signature(ls: ObsServer, params: lsp.SignatureHelpParams) -> lsp.SignatureHelp | None:
    return signature_help(*await ls.at(params.text_document, params.position))


@server.feature(
    lsp.TEXT_DOCUMENT_CODE_ACTION,
    lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix]),
)
async def _code_actions(ls: ObsServer, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    analysis, start = await ls.at(params.text_document, params.range.start)
    end = ls.client.positions(analysis.source.text).offset(params.range.end)
    return code_actions(analysis, start, end, params.context.diagnostics, ls.client)


@server.feature(lsp.TEXT_DOCUMENT_FORMATTING)
async def _format(ls: ObsServer, params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit]:
    analysis = await ls.session.analysis(path_of(params.text_document.uri))
    text = analysis.source.text
    try:
        result = format_source(text)
    except EcdslError:
        # Its errors are shown already; a text with syntax errors stays as it is.
        return []
    if result == text:
        return []
    whole = ls.client.positions(text).range(0, len(text))
    return [lsp.TextEdit(whole, result)]


@server.feature(lsp.TEXT_DOCUMENT_PREPARE_RENAME)
async def _prepare_rename(ls: ObsServer, params: lsp.PrepareRenameParams) -> lsp.Range | None:
    analysis, offset = await ls.at(params.text_document, params.position)
    use = analysis.index.at(analysis.path, offset)
    try:
        renamable(use)
    except RefusedError as reason:
        raise _failed(str(reason)) from None
    return None if use is None else ls.client.range(use.span)


@server.feature(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameOptions(prepare_provider=True))
async def _rename(ls: ObsServer, params: lsp.RenameParams) -> lsp.WorkspaceEdit:
    analysis, offset = await ls.at(params.text_document, params.position)
    try:
        use = analysis.index.at(analysis.path, offset)
        name = renamable(use).name
        index = await ls.session.together(analysis.path, name)
        binding = renamable(index.at(analysis.path, offset))
        return rename(analysis, index, binding, params.new_name, ls.client)
    except RefusedError as reason:
        raise _failed(str(reason)) from None


def _failed(reason: str) -> JsonRpcException:
    return JsonRpcException(reason, code=lsp.LSPErrorCodes.RequestFailed)
