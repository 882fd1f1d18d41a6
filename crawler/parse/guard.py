"""What every parser shares: nothing but ParseError leaves it, whatever bytes came in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from lxml import etree

from core.errors import ParseError

P = ParamSpec("P")
R = TypeVar("R")


def only_parse_errors(parse: Callable[P, R]) -> Callable[P, R]:
    @wraps(parse)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return parse(*args, **kwargs)
        except (ParseError, NameError, ImportError):  # the last two are faults of this program
            raise
        except (MemoryError, etree.XMLSyntaxError) as error:
            if isinstance(error, etree.XMLSyntaxError) and error.code != etree.ErrorTypes.ERR_NO_MEMORY:
                raise _unreadable(error) from error
            raise too_large() from error
        # The libraries below promise nothing for hostile bytes; what they raise is a property of the document.
        except Exception as error:
            raise _unreadable(error) from error

    return guarded


def _unreadable(error: Exception) -> ParseError:
    return ParseError(f"the document could not be read ({type(error).__name__})", error_class="unreadable")


def too_large() -> ParseError:
    return ParseError(
        "reading the document needs more memory than is allowed",
        error_class="parser-limit",
        outcome="bounded",
    )
