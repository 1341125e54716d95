"""Findings in the editor: where they stand, whose file they belong to, and what mends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

if TYPE_CHECKING:
    from lsp_client import Editor

PAIR = """\
correlator pair {
  order   2
  over    particles
  measure ee
  weight  E1 * E2 / Q^2
}
"""
EEC = PAIR + "\nobservable eec = pair | {\n  axis zeta = z12: 50 log bins in [1e-4, 1]\n}\n"


def test_a_file_without_errors_has_none(editor: Editor) -> None:
    assert editor.codes(editor.open("sound.obs", EEC), []) == []


def test_findings_have_place_code_link_and_remedy(editor: Editor) -> None:
    uri = editor.open("typo.obs", EEC.replace("z12:", "z_12:"))

    (found,) = editor.codes(uri, ["E201"])

    assert found.range == lsp.Range(lsp.Position(8, 14), lsp.Position(8, 18))
    assert found.severity is lsp.DiagnosticSeverity.Error
    assert found.source == "ecdsl"
    assert found.message == "unknown name `z_12`\nhelp: did you mean `z12`?"
    assert found.code_description is not None
    assert found.code_description.href.endswith("/errors.md#e201-unknown-name")


def test_other_places_are_linked(editor: Editor) -> None:
    uri = editor.open("twice.obs", EEC + PAIR)

    (found,) = editor.codes(uri, ["E205"])

    assert found.related_information is not None
    (other,) = found.related_information
    assert other.message == "first declared here"
    assert other.location == lsp.Location(uri, lsp.Range(lsp.Position(0, 11), lsp.Position(0, 15)))


def test_a_change_is_looked_at(editor: Editor) -> None:
    uri = editor.open("changed.obs", EEC)
    editor.codes(uri, [])

    editor.change(uri, EEC.replace("z12:", "z13:"))
    editor.codes(uri, ["E204"])
    editor.change(uri, EEC)
    editor.codes(uri, [])


def test_an_unused_import_is_faded(editor: Editor) -> None:
    editor.write("unused_lib.obs", PAIR)
    uri = editor.open("unused.obs", f"import unused_lib\n{EEC}")

    (found,) = editor.codes(uri, ["W102"])

    assert found.severity is lsp.DiagnosticSeverity.Warning
    assert found.tags == (lsp.DiagnosticTag.Unnecessary,)


def test_the_judgement_of_the_meaning_is_shown(editor: Editor) -> None:
    window = "window z12 > 0.5 and z12 < 0.1\n  axis"
    uri = editor.open("empty.obs", EEC.replace("axis", window))

    found = editor.diagnostics(uri, bool)

    assert [item.severity for item in found] == [lsp.DiagnosticSeverity.Error]
    assert found[0].range.start.line == 8


def test_errors_of_an_imported_file_are_shown_in_that_file(editor: Editor) -> None:
    broken = editor.write("broken_lib.obs", PAIR.replace("weight", "wait"))
    uri = editor.open("importer.obs", "from broken_lib import pair\n" + EEC.replace(PAIR, ""))

    editor.codes(broken, ["E104"])
    editor.codes(uri, [])
    editor.close(uri)
    editor.codes(broken, [])


def test_a_buffer_counts_before_the_file(editor: Editor) -> None:
    library = editor.write("buffered.obs", PAIR)
    uri = editor.open("user.obs", "from buffered import pair\n" + EEC.replace(PAIR, ""))
    editor.codes(uri, [])

    editor.open("buffered.obs", PAIR.replace("pair", "other"))
    editor.codes(uri, ["E404"])
    editor.change(library, PAIR)
    editor.codes(uri, [])
    editor.change(library, PAIR.replace("pair", "other"))
    editor.codes(uri, ["E404"])
    editor.close(library)
    editor.codes(uri, [])


def test_a_file_that_is_not_on_disk_can_be_imported(editor: Editor) -> None:
    editor.open("new_lib.obs", PAIR)
    uri = editor.open("new_user.obs", "from new_lib import pair\n" + EEC.replace(PAIR, ""))

    editor.codes(uri, [])


def test_saving_and_watching_reads_files_again(editor: Editor) -> None:
    editor.write("disk_lib.obs", PAIR)
    uri = editor.open("disk_user.obs", "from disk_lib import pair\n" + EEC.replace(PAIR, ""))
    editor.codes(uri, [])

    editor.write("disk_lib.obs", PAIR.replace("pair", "other"))
    params = lsp.DidChangeWatchedFilesParams(
        [lsp.FileEvent(editor.uri("disk_lib.obs"), lsp.FileChangeType.Changed)]
    )
    editor.note("workspace_did_change_watched_files", params)
    editor.diagnostics(uri, lambda items: "E404" in [item.code for item in items])
    editor.write("disk_lib.obs", PAIR)
    document = lsp.TextDocumentIdentifier(uri)
    editor.note("text_document_did_save", lsp.DidSaveTextDocumentParams(document))
    editor.codes(uri, [])


def test_no_text_and_no_file_are_findings_too(editor: Editor) -> None:
    assert editor.codes(editor.open("nul.obs", "a\0b"), ["E101"])
    assert editor.codes(editor.open("void.obs", ""), ["E102"])
    assert editor.codes(editor.open("huge.obs", "#" * (1 << 21)), ["E405"])


def test_a_fix_replaces_what_is_marked(editor: Editor) -> None:
    uri = editor.open("fix.obs", EEC.replace("z12:", "z_12:"))
    shown = editor.codes(uri, ["E201"])

    (action,) = editor.of(
        lsp.TEXT_DOCUMENT_CODE_ACTION,
        uri,
        range=shown[0].range,
        context=lsp.CodeActionContext(diagnostics=shown),
    )

    assert action.title == "Replace `z_12` with `z12`"
    assert action.kind == lsp.CodeActionKind.QuickFix
    assert action.diagnostics == tuple(shown)
    assert action.edit.changes[uri] == (lsp.TextEdit(shown[0].range, "z12"),)


def test_what_has_no_certain_remedy_has_no_fix(editor: Editor) -> None:
    uri = editor.open("nofix.obs", EEC.replace("z12:", "z13:"))
    shown = editor.codes(uri, ["E204"])

    found = editor.of(
        lsp.TEXT_DOCUMENT_CODE_ACTION,
        uri,
        range=shown[0].range,
        context=lsp.CodeActionContext(diagnostics=shown),
    )

    assert not found
