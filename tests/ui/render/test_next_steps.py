"""Under a verdict: what the file says where it says anything, and links that tell nobody anything."""

import re

from detectors.provenance import Credentials, JpegCoding, Provenance, Trace
from ui.render.cards import SEARCHES, draw_provenance

FULL = Provenance(
    Credentials(signer="Ann <Studio>", signature_holds=True, content_holds=True),
    camera="Canon R5",
    software="Photoshop",
    traces=(Trace("Midjourney", "parameters", "a face"),),
    jpeg=JpegCoding(90, True, False, ()),
)


def told(found: Provenance) -> str:
    (html,) = draw_provenance(found)
    return html.partition("<details")[0]


def test_what_was_found_comes_first_and_the_strongest_of_it_before_the_rest() -> None:
    names = re.findall(r"<dt>(.*?)</dt>", told(FULL))
    assert names == ["Content Credentials", "Trace of a generator: Midjourney", "Software", "Camera"]
    assert "Ann &lt;Studio&gt;" in told(FULL)


def test_what_was_not_found_is_not_listed_and_is_called_not_suspicious() -> None:
    nothing = told(Provenance(jpeg=JpegCoding(90, True, False, ())))
    assert "<dt>" not in nothing and "unknown" not in nothing
    assert "not suspicious" in nothing


def test_what_a_camera_or_a_program_calls_itself_is_not_translated_and_what_we_say_is() -> None:
    (html,) = draw_provenance(Provenance(camera="Fake", software="15.1"))
    said = re.findall(r"<dt>(.*?)</dt><dd(.*?)>(.*?)</dd>", html)
    assert ("Camera", ' translate="no"', "Fake") in said and ("Software", ' translate="no"', "15.1") in said
    assert ("Taken", "", "unknown") in said and ("JPEG", "", "not a JPEG") in said


def test_the_searches_open_elsewhere_and_are_told_nothing_of_the_picture() -> None:
    links = re.findall(r'<a href="(https:[^"]*)"([^>]*)>', told(FULL))
    assert [address for address, _ in links] == [address for _, address in SEARCHES]
    assert all("?" not in address for address, _ in links)
    assert {more.strip() for _, more in links} == {'target="_blank" rel="noopener noreferrer" translate="no"'}


def test_nothing_is_said_of_a_picture_whose_file_was_not_asked() -> None:
    assert draw_provenance(None) == []
