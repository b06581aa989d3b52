from pathlib import Path

import pytest

from tests.detectors.scan.scanning import make_photos, read_csv, start_scan


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_photos(tmp_path_factory.mktemp("scan") / "photos")


@pytest.fixture(scope="session")
def undisturbed(photos: Path) -> list[dict[str, str]]:
    """The rows that a scan of the photos gives, without the times."""
    out = photos.parent / "undisturbed.csv"
    done = start_scan(photos, "--only", "custom-cnn", out=out)
    assert done.returncode == 0, done.stderr
    return read_csv(out)
