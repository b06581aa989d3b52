"""The address /live: one picture of a camera in, its faces and their smoothed verdicts out.

POST /live?started=NUMBER&only=KEY&only=KEY, the body a JPEG. The picture is decoded and judged in memory, and let go:
it never reaches the disk, the history or the log. Stands behind the sign-in where there is one.
"""

import logging
import time
from dataclasses import dataclass, field
from typing import Any

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from auth.middleware import NOT_FROM_HERE, is_cross_site, visitor_of
from auth.requests import read_body
from detectors.inputs.images import ImageError, decode_image
from detectors.jury.judge import Jury
from detectors.jury.wording import say_split
from detectors.video.live import LiveFace
from registry import Image
from ui.components.controls import NO_DETECTOR
from ui.render.band import say_held_back
from ui.render.cards import render
from ui.render.wording import WENT_WRONG
from ui.server.camera_slots import CameraSlot, CameraSlots, SlotLostError, SlotsFullError

PLACES = 4  # visitors at the camera at once: each may keep one thread busy
MAX_FRAME_BYTES = 1_000_000  # a JPEG of 640 x 480 has some 60,000
MAX_FRAME_PIXELS = 2_100_000  # 1920 x 1080
PAUSE_MILLISECONDS = 100  # from the start of one frame to the next: ten a second are enough
SEARCHING_MILLISECONDS = 500  # where nobody is in the picture: looking everywhere costs the most
log = logging.getLogger(__name__)


class FrameError(ValueError):
    """What came cannot be judged. status: of HTTP. The message is one sentence for the visitor."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass
class Frames:
    """The handler. slots: who is at the camera."""

    jury: Jury
    slots: CameraSlots = field(default_factory=lambda: CameraSlots(PLACES))
    threads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(PLACES))

    async def judge(self, request: Request) -> JSONResponse:
        """Answer one frame."""
        try:
            status, answer = 200, await self._judge(request)
        except FrameError as error:
            status, answer = error.status, {"error": str(error)}
        except SlotsFullError as error:
            status, answer = 503, {"error": str(error)}
        except (SlotLostError, ImageError) as error:
            status, answer = 409 if isinstance(error, SlotLostError) else 415, {"error": str(error)}
        except ClientDisconnect:
            raise
        except Exception:  # whatever it was, the visitor reads a sentence and the log has the rest
            log.exception("judging a camera's picture failed")
            status, answer = 500, {"error": WENT_WRONG}
        return JSONResponse(answer, status, {"Cache-Control": "no-store"})

    async def _judge(self, request: Request) -> dict[str, Any]:
        if is_cross_site(request):  # AuthMiddleware checks it as well, where there are accounts
            raise FrameError(403, NOT_FROM_HERE)
        jury, started = self._choose(request), _read_number(request)
        visitor = visitor_of(request)
        # Before a place is taken: who sends slowly keeps nobody from theirs.
        data = await read_body(request, MAX_FRAME_BYTES)
        if data is None:
            raise FrameError(413, f"A picture of the camera may have {MAX_FRAME_BYTES // 1000:,} kB.")
        slot = self.slots.take(str(visitor.user_id if visitor else started), started, now=time.monotonic())
        if not await slot.turn.take():
            raise FrameError(409, "A newer picture has arrived.")
        try:
            return await anyio.to_thread.run_sync(_answer, data, jury, slot, limiter=self.threads)
        finally:
            slot.used = time.monotonic()
            slot.turn.give_back()

    def _choose(self, request: Request) -> Jury:
        chosen = self.jury.choose(request.query_params.getlist("only"))
        if not any(spec.expects == "face" for spec in chosen.specs):
            raise FrameError(400, NO_DETECTOR)
        return chosen


def live_routes(jury: Jury) -> list[Route]:
    """For the application, in front of the page's own."""
    return [Route("/live", Frames(jury).judge, methods=["POST"])]


def _read_number(request: Request) -> int:
    """The page that sends: a number, higher for each start of the camera."""
    text = request.query_params.get("started", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise FrameError(400, "started must be a number of at most 16 digits.")
    return int(text)


def _answer(data: bytes, jury: Jury, slot: CameraSlot) -> dict[str, Any]:
    began = time.monotonic()
    image = _decode(data)
    faces = slot.view.look(image, jury, at=began)
    pause = PAUSE_MILLISECONDS if faces else SEARCHING_MILLISECONDS
    took = round((time.monotonic() - began) * 1000, 1)
    return draw(faces, image) | {"pause_ms": pause, "milliseconds": took}


def _decode(data: bytes) -> Image:
    image = decode_image(data)
    if image.shape[0] * image.shape[1] > MAX_FRAME_PIXELS:
        raise FrameError(413, "The camera's picture is larger than 1920 x 1080.")
    return image


def draw(faces: list[LiveFace], image: Image) -> dict[str, Any]:
    """The faces as numbers, as boxes to lay over the picture, as cards, and in a sentence."""
    height, width = image.shape[:2]
    return {
        "width": width,
        "height": height,
        "faces": [face.as_dict() for face in faces],
        "said": _say(faces),
        "over": render("live_boxes", faces=faces, width=width, height=height, say_split=say_split),
        "cards": render("live_cards", faces=faces, say_split=say_split, say_held_back=say_held_back),
    }


def _say(faces: list[LiveFace]) -> str:
    """What a screen reader reads out: it changes with the number of faces and their labels, not with each number."""
    if not faces:
        return "No face found. A larger, frontal face helps."
    labels = [f"Face {face.number}: {face.jury.label if face.jury else say_split(face.verdicts)}." for face in faces]
    return labels[0].replace("Face 1", "The face") if len(faces) == 1 else " ".join(labels)
