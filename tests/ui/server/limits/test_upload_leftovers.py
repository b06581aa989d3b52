"""Files that Gradio's parser makes outside an upload are nobody's to delete."""

import os

from ui.server.limits.upload_leftovers import _made, _make


def test_only_files_of_an_upload_under_way_are_noted() -> None:
    with _make() as file:
        assert os.path.exists(file.name)
    noted: dict[int, str] = {}
    before = _made.set(noted)
    try:
        with _make() as file:
            assert noted == {os.fstat(file.fileno()).st_ino: file.name}
    finally:
        _made.reset(before)
