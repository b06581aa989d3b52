"""What a program reads that calls the page's API wrongly, where Gradio itself says "Internal Server Error"."""

import re
import traceback
from difflib import get_close_matches

from gradio.route_utils import FnIndexInferError
from starlette.requests import Request
from starlette.responses import Response

from auth.answers import say
from auth.requests import API, is_upload, path_of

CALLED = re.compile(re.escape(API) + r"(?:call/v2|call|run|api)/([^/]+)/?")
NO_FUNCTION = "This page has no function {name}. {hint}"
ALL = f"{API}info lists all that it has."
WRONG_VALUES = "{fault}. {name} takes: {parameters}."
NO_FILES = "Send files as parts of a form that are called “files”, each with a name of its own."
WRONG = (TypeError, KeyError, FnIndexInferError)


def refuse_wrong_call(request: Request, error: Exception) -> Response:
    """The answer to an error of WRONG: to a call of no function or with wrong parameters, and to an upload of no file.

    Which of these it was is told by the function of Gradio's that raised it. Raises every other error again.
    """
    path = path_of(request.scope)
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    raised_in, called = frame.f_code.co_name, CALLED.fullmatch(path)
    name = f"/{called[1]}" if called else ""
    if is_upload(path) and raised_in == "upload_fn":
        return say(request.scope, NO_FILES, 400)
    if raised_in == "construct_args":
        takes = request.app.api_info["named_endpoints"][name]["parameters"]  # Gradio asked it for them just before
        fault = str(error).partition(". ")[0]  # after that it names a button that is elsewhere here
        parameters = ", ".join(one["parameter_name"] for one in takes) or "nothing"
        return say(request.scope, WRONG_VALUES.format(fault=fault, name=name, parameters=parameters), 400)
    if raised_in == "get_fn" or (name and error.args == (name,)):
        functions = request.app.get_blocks().fns.values()
        names = [f"/{one.api_name}" for one in functions if one.api_visibility == "public"]
        close = get_close_matches(name, names, n=1)
        hint = f"Did you mean {close[0]}?" if close else ALL
        return say(request.scope, NO_FUNCTION.format(name=name or "of this number", hint=hint), 404)
    raise error
