"""How a command ends: the one place that turns exceptions into exit codes.

0    done
1    the user's input or surroundings are wrong; diagnostics on stderr
2    wrong usage (typer)
3    a bug in ecdsl
4    a numerical check failed
130  interrupted
"""

from __future__ import annotations

import sys
import traceback
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec

import typer

from ecdsl.cli.output import show_diagnostics
from ecdsl.diagnostics import EcdslError, NumericalError, data_error

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """Return `command` with its failures shown and turned into exit codes."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (typer.Exit, typer.Abort, typer.BadParameter, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            _end(130, "interrupted: finished parts are kept, the same command goes on from there")
        except EcdslError as error:
            show_diagnostics(error.diagnostics)
            raise typer.Exit(1) from None
        except OSError as error:
            show_diagnostics(_surroundings(error).diagnostics)
            raise typer.Exit(1) from None
        except NumericalError as error:
            _end(4, f"numerical failure: {error}")
        except Exception as error:
            if kwargs.get("verbose"):
                traceback.print_exc()
            _end(3, _bug(error, shown=bool(kwargs.get("verbose"))))

    return run


def _end(code: int, message: str) -> None:
    print(message, file=sys.stderr)
    raise typer.Exit(code) from None


def _surroundings(error: OSError) -> EcdslError:
    where = f"{error.filename}: " if error.filename else ""
    return data_error(
        "D110",
        f"{where}{error.strerror or error}",
        hint="check that the path exists, may be used, and that the disk has room",
    )


def _bug(error: Exception, *, shown: bool) -> str:
    how = "" if shown else " (run it again with -v to see the traceback)"
    return (
        f"internal error: {type(error).__name__}: {error}\n"
        "This is a bug in ecdsl. Please report it with the command line, `ecdsl --version`,\n"
        f"the .obs file or settings that lead to it and the traceback{how}."
    )
