"""Every address that is answered, and what bounds its time on the event loop, on which all visitors depend.

What is not in this table is not found, also when the framework has it: a route that a newer Gradio brings along stays
closed until somebody has decided on it.
"""

from dataclasses import dataclass

from starlette.routing import compile_path

from auth.requests import API, MCP, UPLOAD

MAX_PATH_CHARACTERS = 4096
CALL_BYTES = 4_000_000  # 1,000 uploads of a batch with long names have 2.5 MB
PICTURE_BYTES = 3_000_000  # of an agent's picture, which a call may hold in base64
MCP_BYTES = 4_200_000  # that in base64, whose slashes and line breaks may have two characters, and what is around it
SMALL_BYTES = 16_384

IN_THREAD = "runs in a thread"
IN_MEMORY = "looks one thing up in memory"
ONE_FILE = "finds one file by a path of limited length; its content is read in threads"
STREAM = "waits; each event is small"
CALL = "the body is limited in bytes, values and depth, and looked through in a thread"
SMALL = "the body is limited to a few kilobytes"
PIECES = "is taken in pieces of 64 KB, which are written in threads"
FORM = "the form is limited to 16 KB; passwords and the database are left to threads"
FRAME = "the picture is limited to 1 MB, and decoded and judged in a thread"
ICON = "makes one small icon"
ONCE = "does something at the first request only"
REDIRECT = "answers with an address made of its own path"


@dataclass(frozen=True)
class Bound:
    """why: what bounds the time on the event loop; max_bytes: of the body of a call; instead: what to do with more."""

    why: str
    max_bytes: int = SMALL_BYTES
    instead: str = f"send pictures to {UPLOAD}"


BOUNDS = {
    **dict.fromkeys(("/healthz", "/readyz"), Bound(IN_MEMORY)),
    "/live": Bound(FRAME),
    "/languages/{file}": Bound(IN_MEMORY),
    **dict.fromkeys(("/check", "/history", "/learn", "/detectors"), Bound(REDIRECT)),
    **dict.fromkeys(("/check/{part:path}", "/learn/{part:path}", "/detectors/{part:path}"), Bound(REDIRECT)),
    "/shared/{secret}": Bound(IN_THREAD),
    **dict.fromkeys(("/signin", "/signup", "/signout"), Bound(FORM)),
    **dict.fromkeys(("/account", "/account/history.csv", "/account/{part:path}"), Bound(IN_THREAD)),
    **dict.fromkeys(
        ("/account/password", "/account/tokens", "/account/tokens/revoke", "/account/delete"),
        Bound(FORM),
    ),
    **dict.fromkeys(("/operator", "/operator/feedback/{number:int}"), Bound(IN_THREAD)),
    **dict.fromkeys(("/operator/feedback", "/operator/scoreboard"), Bound(FORM)),
    **dict.fromkeys(("/", "/config", "/theme.css", "/robots.txt", "/manifest.json"), Bound(IN_THREAD)),
    **dict.fromkeys(("/static/{path:path}", "/assets/{path:path}", "/favicon.ico", "/pwa_icon"), Bound(ONE_FILE)),
    **dict.fromkeys(("/pwa_icon/192", "/pwa_icon/512"), Bound(ICON)),
    **dict.fromkeys((API + "user", API + "login_check", API + "app_id"), Bound(IN_MEMORY)),
    **dict.fromkeys((API + "info", API + "openapi.json", API + "theme.css"), Bound(IN_THREAD)),
    API + "startup-events": Bound(ONCE),
    **dict.fromkeys((API + "file={path_or_url:path}", API + "file/{path:path}"), Bound(ONE_FILE)),
    UPLOAD: Bound(PIECES),
    API + "upload_progress": Bound(STREAM),
    API + "heartbeat/{session_hash}": Bound(STREAM),
    **dict.fromkeys((API + "run/{api_name}", API + "api/{api_name}"), Bound(CALL, CALL_BYTES)),
    **dict.fromkeys((API + "call/{api_name}", API + "call/v2/{api_name}"), Bound(CALL, CALL_BYTES)),
    API + "queue/join": Bound(CALL, CALL_BYTES),
    MCP: Bound(CALL, MCP_BYTES, f"a picture in it may have {PICTURE_BYTES // 1_000_000} MB as a file"),
    **dict.fromkeys((API + "call/{api_name}/{event_id}", API + "call/v2/{api_name}/{event_id}"), Bound(STREAM)),
    API + "queue/data": Bound(STREAM),
    API + "queue/status": Bound(IN_MEMORY),
    **dict.fromkeys((API + "cancel", API + "reset"), Bound(SMALL)),
}
"""By the route's path, as Starlette writes it, without a slash at its end."""

CLOSED = {
    "/openapi.json": "describes the framework's routes, built on the event loop",
    **dict.fromkeys(("/login", "/logout", API + "token"), "the framework's own sign-in, in whose place ours is"),
    "/pwa_icon/{size}": "resizes to any size on the event loop; the two sizes of the manifest are open",
    "/svelte/{path:path}": "for custom components, of which the page has none",
    API + "custom_component/{id}/{environment}/{type}/{file_name}": "for custom components, of which the page has none",
    API + "component_server": "for components with functions on the server, of which the page has none",
    API + "deep_link": "writes a page's state to the disk, where nobody sweeps it",
    **dict.fromkeys(("/monitoring", "/monitoring/summary", "/monitoring/{key}"), "who uses the page is nobody's"),
    **dict.fromkeys((API + "dev/reload", API + "runs"), "for developers"),
    API + "proxy={url_path:path}": "fetches addresses",
    **dict.fromkeys((API + "stream/{event_id}", API + "stream/{event_id}/close"), "no function takes a stream"),
    **dict.fromkeys(
        (
            API + "stream/{session_hash}/{run}/{component_id}/playlist.m3u8",
            API + "stream/{session_hash}/{run}/{component_id}/{segment_id}.{ext}",
            API + "stream/{session_hash}/{run}/{component_id}/playlist-file",
        ),
        "no function answers with a stream",
    ),
    API + "process_recording": "for components that record, of which the page has none",
    **dict.fromkeys(
        (API + "vibe-edit", API + "undo-vibe-edit", API + "vibe-code", API + "vibe-starter-queries"),
        "edits the program",
    ),
}
"""Routes of the framework that answer "not found", and why."""


def find_bound(path: str) -> Bound | None:
    """What bounds a request to this path; None where nothing is to be found."""
    plain = path.rstrip("/") or "/"
    if plain in BOUNDS or plain in CLOSED:
        return BOUNDS.get(plain)
    return next((bound for pattern, bound in _PATTERNS if pattern.match(path) or pattern.match(plain)), None)


_PATTERNS = [
    (compile_path(template)[0], BOUNDS.get(template))
    for template in sorted({*BOUNDS, *CLOSED}, key=lambda template: (template.count("{"), template))
    if "{" in template
]
