"""The door of the program: ``presswatch …`` or ``python -m presswatch …``. Turns errors into one line and an exit code."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping, Sequence

import typer
import typer.exceptions

from core.errors import ConfigError, NotFound, PresswatchError, QueryError
from presswatch.cli.app import app
from presswatch.cli.session import Session

DONE, FAILED, BAD_USAGE, NOT_FOUND, INTERRUPTED = 0, 1, 2, 3, 130


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    session = Session(environ)
    try:
        code = app(list(sys.argv[1:] if arguments is None else arguments), standalone_mode=False, obj=session)
        return code if isinstance(code, int) else DONE
    except typer.Exit as end:
        return end.exit_code
    except typer.exceptions.TyperException as error:
        said = getattr(error, "format_message", error.__str__)()
        sys.stderr.write(f"presswatch: {said} See: presswatch --help\n")
        return BAD_USAGE
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`| head`): nothing is wrong. Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except PresswatchError as error:
        return told(error, session)
    except Exception:
        logging.getLogger("presswatch").exception(
            "a bug in Presswatch; please report it with the lines above"
        )
        return FAILED
    finally:
        session.close()


def told(error: PresswatchError, session: Session) -> int:
    sys.stderr.write(f"presswatch: {sentence(error, session)}\n")
    if isinstance(error, (ConfigError, QueryError)):
        return BAD_USAGE
    return NOT_FOUND if isinstance(error, NotFound) else FAILED


def sentence(error: PresswatchError, session: Session) -> str:
    if not isinstance(error, QueryError):
        return str(error)
    from matching.messages import explain_error

    return explain_error(error, error.subject, session.language)


if __name__ == "__main__":
    sys.exit(main())
