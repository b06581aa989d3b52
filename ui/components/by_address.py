"""A picture by its address on the web, where the operator allows some: a field on the page, and /compare_url."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import gradio as gr
from gradio.context import Context
from gradio.utils import get_upload_folder

from ui.components.markup import build_html
from ui.render.cards import say_line
from ui.server.events import PRIVATE, QUICK
from ui.server.remote_picture import MAX_URL_CHARACTERS, Fetcher, FetchRefused, name_picture, say_sources

FETCHING = {"concurrency_id": "fetch", "concurrency_limit": 2}
FOLDER = "fetched"  # of the upload folder, which is swept
MAX_FOLDER_BYTES = 1_000_000_000
NO_ROOM = "Too many pictures were fetched within the last hour. Save the picture and drop it here instead."


def build_by_address(fetcher: Fetcher, picture: gr.Image) -> None:
    """Build the field into the page that is open; what is fetched goes into the photo field as an upload does."""
    with gr.Column(elem_id="by-address"):
        with gr.Row():
            label = f"Or the address of a picture on {say_sources(fetcher.sources)}"
            address = gr.Textbox(label=label, placeholder="https://", max_lines=1, max_length=MAX_URL_CHARACTERS)
            button = gr.Button("Fetch", size="sm", variant="secondary", min_width=80)
        said = build_html("")

    def show(url: str) -> tuple[object, str]:
        """The picture, or why there is none."""
        try:
            return _keep(fetcher, url), ""
        except FetchRefused as error:
            return gr.skip(), say_line(str(error))

    gr.on([button.click, address.submit], show, [address], [picture, said], **FETCHING, **PRIVATE)
    if page := Context.root_block:
        page.load(_read_link, None, [address], **QUICK)


def _read_link(request: gr.Request) -> object:
    """What a link with ?picture= names stands in the field, and no more: who follows it says whether to fetch it."""
    asked = request.query_params.get("picture", "")
    return asked[:MAX_URL_CHARACTERS] if asked.startswith(("https://", "http://")) else gr.skip()


@contextmanager
def fetched(fetcher: Fetcher, url: str) -> Iterator[Path]:
    """The picture as a file, for as long as a program's call takes. Raises gr.Error."""
    try:
        name, data = name_picture(url), fetcher.fetch(url)
    except FetchRefused as error:
        raise gr.Error(str(error), print_exception=False) from error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        yield path


def _keep(fetcher: Fetcher, url: str) -> str:
    folder = Path(get_upload_folder(), FOLDER)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if _measure(folder) > MAX_FOLDER_BYTES:
        raise FetchRefused(NO_ROOM)
    data = fetcher.fetch(url)
    path = Path(tempfile.mkdtemp(dir=folder), name_picture(url))
    path.write_bytes(data)
    return str(path)


def _measure(folder: Path) -> int:
    count = 0
    for file in folder.glob("*/*"):
        with suppress(FileNotFoundError):  # it was swept meanwhile
            count += file.stat().st_size
    return count
