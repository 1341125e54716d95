"""The session: encodings, its end, cancelled requests, and nothing but messages on stdout."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from lsp_client import TIMEOUT, Editor
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

COMMAND = [sys.executable, "-c", "from ecdsl.cli.main import run; run()", "lsp"]


@pytest.mark.parametrize(
    ("offered", "agreed", "units"),
    [
        (None, "utf-16", 2),
        (["utf-8", "utf-16"], "utf-8", 4),
        (["utf-32"], "utf-32", 1),
    ],
)
def test_characters_are_counted_as_agreed(
    tmp_path: Path, offered: list[str] | None, agreed: str, units: int
) -> None:
    editor = Editor(tmp_path, position_encodings=offered)
    assert editor.start().capabilities.position_encoding == agreed
    text = "# 😀 e\u0301\nshape a { axis x = 😀 }\n"
    uri = editor.open("wide.obs", text)

    (found,) = editor.codes(uri, ["E103"])

    assert found.range == lsp.Range(lsp.Position(1, 19), lsp.Position(1, 19 + units))
    assert editor.stop() == 0


def test_leaving_without_a_goodbye_is_exit_code_1(tmp_path: Path) -> None:
    editor = Editor(tmp_path)
    editor.start()

    assert editor.leave() == 1


def test_an_editor_that_dies_takes_the_server_with_it(tmp_path: Path) -> None:
    server = subprocess.run(
        [*COMMAND, "--stdio"],
        input=b"",
        capture_output=True,
        cwd=tmp_path,
        timeout=TIMEOUT,
        check=False,
    )

    assert server.returncode == 1
    assert server.stdout == b""


def message(**content: Any) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", **content}).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def messages(raw: bytes) -> list[dict[str, Any]]:
    """Take a stream of messages apart; anything else in it is an error."""
    found = []
    while raw:
        head, _, rest = raw.partition(b"\r\n\r\n")
        fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n"))
        length = int(fields[b"Content-Length"])
        found.append(json.loads(rest[:length]))
        raw = rest[length:]
    return found


def test_stdout_carries_messages_alone_whatever_comes_in(tmp_path: Path) -> None:
    """Nonsense, and half a surrogate pair, are answered or dropped."""
    uri = (tmp_path / "a.obs").as_uri()
    document = {"uri": uri, "languageId": "obs", "version": 1, "text": "shape \ud83d {"}
    place = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 0}}
    nowhere = {"textDocument": {"uri": "untitled:None"}, "position": {"line": 9, "character": 9}}
    sent = b"".join(
        [
            message(id=0, method="textDocument/hover", params=place),
            message(id=1, method="initialize", params={"capabilities": {}}),
            message(method="initialized", params={}),
            message(method="textDocument/didOpen", params={"textDocument": document}),
            message(id=2, method="textDocument/hover", params=place),
            message(id=3, method="textDocument/hover", params=nowhere),
            message(id=4, method="no/such", params={}),
            message(id=5, method="textDocument/hover", params={"position": "no"}),
            message(method="$/cancelRequest", params={"id": 77}),
            message(method="$/unknown", params={}),
            b"Content-Length: 5\r\n\r\nhello",
            message(id=6, method="textDocument/documentSymbol", params=place),
            message(id=7, method="shutdown"),
        ]
    )
    server = subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        cwd=tmp_path,
    )  # fmt: skip
    assert server.stdin is not None
    server.stdin.write(sent)
    server.stdin.flush()
    time.sleep(3)
    raw, _ = server.communicate(message(method="exit"), timeout=TIMEOUT)

    found = messages(raw)
    answers = {item["id"]: item for item in found if "method" not in item}
    # Parameters of another type are told of in a message: pygls answers no such request.
    assert set(answers) == {0, 1, 2, 3, 4, 6, 7}
    # A request before `initialize` may be refused, or wait for it.
    assert {k for k in answers if "error" in answers[k]} | {0} == {0, 4}
    assert server.returncode == 0


def test_cancelled_requests_are_answered_and_the_server_goes_on(tmp_path: Path) -> None:
    editor = Editor(tmp_path)
    editor.start()
    text = "".join(f"shape s{k} {{\n  axis x = z12\n}}\n" for k in range(300))
    uri = editor.open("long.obs", text)
    document = lsp.TextDocumentIdentifier(uri)
    protocol = editor.client.protocol
    answers: list[int] = []

    def burst(name: str, futures: list[Future[Any]]) -> None:
        for k in range(20):
            params, number = lsp.DocumentSymbolParams(document), f"{name}{k}"
            futures.append(
                protocol.send_request(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL, params, msg_id=number)
            )
            editor.client.cancel_request(lsp.CancelParams(number))

    # A server that is fast enough has answered before it reads that it need not.
    for name in "abcdefghij":
        futures: list[Future[Any]] = []
        editor.soon(partial(burst, name, futures))
        for future in futures:
            try:
                answers.append(len(future.result(TIMEOUT)))
            except JsonRpcException as error:
                answers.append(error.code)
        if lsp.LSPErrorCodes.RequestCancelled in answers:
            break

    assert set(answers) <= {300, lsp.LSPErrorCodes.RequestCancelled}
    assert lsp.LSPErrorCodes.RequestCancelled in answers
    assert len(editor.of(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL, uri)) == 300
    assert editor.stop() == 0


def test_the_server_needs_no_heavy_library() -> None:
    script = """
import sys
from pathlib import Path
import ecdsl.editor.server
from ecdsl.editor.analysis import analyse
from ecdsl.editor.completion import complete
from ecdsl.editor.hover import hover
from ecdsl.editor.positions import Client
from ecdsl.checking import judgement
from ecdsl import resources

path = resources.library() / "top" / "mass.obs"
analysis = analyse(path, None, {})
judgement(analysis.observables)
client = Client(Path.as_uri)
offset = analysis.source.text.index("observable ") + 12
assert "Sigma" in hover(analysis, offset, client).contents.value
complete(analysis, offset, client, snippets=True)
heavy = ("torch", "numba", "sympy", "matplotlib", "awkward", "pyarrow", "fastjet", "pythia8mc")
print([name for name in heavy if name in sys.modules])
"""
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=TIMEOUT, check=True
    )

    assert found.stdout.strip() == "[]"
