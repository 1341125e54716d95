"""What every node of the syntax tree is: something that stands somewhere in a source."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecdsl.diagnostics import Span


@dataclass(frozen=True)
class Node:
    """Anything that stands somewhere in a source."""

    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True)
class Word(Node):
    """A name where it is declared, or a setting such as `ee`."""

    text: str


@dataclass(frozen=True)
class Reference(Node):
    """A dotted name that refers to a declaration or a module: `top.correlators.top_eeec`."""

    parts: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The name with its dots."""
        return ".".join(part.text for part in self.parts)


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly below `node`, in the order of the source."""
    found: list[Node] = []
    stack = [getattr(node, item.name) for item in reversed(fields(node)) if item.name != "span"]
    while stack:
        value = stack.pop()
        if isinstance(value, Node):
            found.append(value)
        elif isinstance(value, tuple):
            stack.extend(reversed(value))
    return tuple(found)


def dump(node: Node) -> str:
    """Return the tree as indented text, one node a line (`ecdsl show --stage ast`)."""
    lines: list[str] = []
    stack: list[tuple[Node, int]] = [(node, 0)]
    while stack:
        current, depth = stack.pop()
        lines.append("  " * depth + _headline(current))
        stack.extend((child, depth + 1) for child in reversed(children(current)))
    return "\n".join(lines)


def _headline(node: Node) -> str:
    parts = [type(node).__name__]
    for item in fields(node):
        text = _plain(getattr(node, item.name))
        if item.name != "span" and text:
            parts.append(f"{item.name}={text}")
    return " ".join(parts)


def _plain(value: Any) -> str:
    """Return what stands on a node's own line: its plain values and its operators."""
    if isinstance(value, tuple):
        operators = [item[0] for item in value if isinstance(item, tuple)]
        return " ".join(operators)
    if value is None or value is False or value == "" or is_dataclass(value):
        return ""
    return repr(value)
