"""What is signed beforehand: for the later attempts, when the secret is forgotten."""

from storage.outbox import KEEP_SECONDS
from ui.server.programs.delivery import sign, sign_ahead

START = 1_800_000_000


def test_at_any_second_of_its_day_a_message_has_a_timestamp_at_most_four_minutes_off_as_the_docs_say() -> None:
    signed = sign_ahead(b"secret", "batch_1", b"{}", start=START)
    furthest = max(min(abs(moment - now) for moment in signed) for now in range(START, START + KEEP_SECONDS + 1, 60))
    assert furthest == 240
    moment, signature = next(reversed(signed.items()))
    assert signature == sign(b"secret", "batch_1", moment, b"{}")
