"""The whole page, with accounts, below a path of a real nginx, configured by the lines of docs/operations.md."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from auth.pages.context import Settings
from detectors.jury.judge import Jury
from storage.database import open_database
from storage.recorder import Recorder
from storage.uploads import own_folder
from tests.auth.by_browser import sign_up
from tests.auth.server import PASSWORD, Browser, wait_for
from tests.ports import free_port
from tests.ui.jurors import JURY
from ui.page import build_page
from ui.server.address import check_root
from ui.server.drain import Drain
from ui.server.front import build_front
from ui.server.lifecycle import launch
from ui.server.programs.api_info import api_info_routes
from ui.server.views import PARAMETER, view_routes
from ui.tabs.shared import shared_routes

DOCUMENT = (Path(__file__).parents[3] / "docs" / "operations.md").read_text(encoding="utf-8")
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
ROOT = "/jury"
CONFIGURATION = """
daemon off; user root; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{}}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{ listen 127.0.0.1:{port}; client_max_body_size 250m; {location} }}
}}
"""


def documented(start: str) -> str:
    """The block of nginx's language that begins with this text."""
    (found,) = (block for block in re.findall(r"```nginx\n(.*?)```", DOCUMENT, re.DOTALL) if block.startswith(start))
    return str(found)


@contextmanager
def proxied(folder: Path, server: str) -> Iterator[str]:
    """nginx in front of this server: the address below its path."""
    port = free_port()
    location = documented(f"location {ROOT}/").replace("http://127.0.0.1:7860/", server)
    location = location.replace("facejury_proxy.conf", f"{folder}/facejury_proxy.conf")
    (folder / "facejury_proxy.conf").write_text(documented("# facejury_proxy.conf"))
    (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, port=port, location=location))
    with subprocess.Popen([str(NGINX), "-p", folder, "-c", folder / "nginx.conf"]) as nginx:
        try:
            wait_for(lambda: httpx.get(f"http://127.0.0.1:{port}{ROOT}/signin").raise_for_status())
            yield f"http://127.0.0.1:{port}{ROOT}"
        finally:
            nginx.terminate()


@pytest.fixture
def root() -> str:
    """Where the proxy shows the page; a test may have its own."""
    return f"{ROOT}/"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: str) -> Iterator[str]:
    """The address at which nginx passes requests on."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    engine, uploads, jury = open_database(f"sqlite:///{tmp_path / 'facejury.db'}"), own_folder(), Jury(JURY)
    recorder = Recorder(engine)
    page = build_page(jury, recorder=recorder)
    routes = [*view_routes(), *api_info_routes(signed_in=True), *shared_routes(engine)]
    front = build_front(engine, uploads, settings=Settings(rounds=4), routes=routes, drain=Drain())
    yield launch(page, host="127.0.0.1", port=free_port(), root=check_root(root), **front)[0]
    page.close(verbose=False)
    recorder.close(5)
    engine.dispose()


@pytest.fixture
def address(tmp_path: Path, server: str) -> Iterator[str]:
    with proxied(tmp_path, server) as where:
        yield where


@pytest.mark.slow
def test_a_slash_at_the_end_of_an_address_leads_nowhere_else(server: str) -> None:
    """Here the server's own address is without the path, as nginx asks for it; a browser keeps the path."""
    program = Browser(httpx.Client(base_url=server))
    program.sign_up("Anna")
    for asked in (f"{server}shared/fl_secret/", f"{server}check/12/", f"{server}signin/", f"{server}account/"):
        answer = program.http.get(asked)
        assert (answer.status_code, answer.headers["location"]) == (307, f"../{asked.split('/')[-2]}")
    assert program.http.post("/signin/", data={"password": PASSWORD}).status_code == 404


@pytest.mark.parametrize("root", ["/gradio", "/s"])
def test_a_path_with_which_addresses_of_the_page_begin_is_one_like_any_other(server: str, root: str) -> None:
    program = Browser(httpx.Client(base_url=server, timeout=60))
    assert program.sign_up("Anna").headers["location"] == f"{root}/"
    assert program.fetch(program.upload(b"%", name="100%.png")).content == b"%"
    for typed, led_to in (("/shared/x/", "../x"), (f"{root}/shared/x/", "../x"), ("/learn", f"./?{PARAMETER}=learn")):
        assert program.http.get(typed).headers["location"] == led_to


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed (Debian: nginx)")
@pytest.mark.browser
@pytest.mark.slow
def test_below_a_path_of_nginx_nothing_leads_out_of_it(address: str, browser: Chromium, portrait: str) -> None:
    context = browser.new_context()
    page, seen = context.new_page(), []
    page.set_default_timeout(60_000)
    page.on("response", lambda answer: seen.append((answer.status, answer.url)))
    sign_up(page, f"{address}/", "Anna")
    expect(page).to_have_url(f"{address}/")
    page.set_input_files("#photo input[type=file]", portrait)
    expect(page.locator("#recorded")).to_contain_text("Recorded in your history")
    expect(page).to_have_url(f"{address}/?view=check/1")
    page.goto(f"{address}/history")
    page.locator(".entries a").click()
    page.get_by_role("button", name="Make a link").click()
    expect(page.locator(".case-link .link")).to_have_text(re.compile(rf"^{address}/shared/fl_"))
    shared = page.locator(".case-link .link").inner_text()
    assert "portrait.png" in httpx.get(shared).text
    assert str(httpx.get(f"{shared}/", follow_redirects=True).url) == shared
    page.goto(f"{address}/check/1/")
    expect(page).to_have_url(f"{address}/?view=check/1")
    page.get_by_label("Language").select_option("de")
    page.get_by_role("link", name="Konto").click()
    expect(page).to_have_url(f"{address}/account")
    page.get_by_role("button", name="English").click()
    addresses = re.findall(r'(?:href|action)="([^"]*)"', page.content())
    assert len(addresses) > 4 and all(found.startswith(f"{ROOT}/") for found in addresses)
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{address}/signin")
    assert [one for one in seen if one[0] >= 400 or not one[1].startswith((f"{address}/", "data:", "blob:"))] == []
    context.close()
    program = Browser(httpx.Client(base_url=address))
    assert program.sign_in("Anna", password=PASSWORD, next="/?view=learn").headers["location"] == "/jury/?view=learn"
    assert program.http.get("/account/history.csv").status_code == 200
    told = program.http.get("/gradio_api/info").json()["named_endpoints"]["/compare"]["code_snippets"]
    assert f'Client("{address}"' in told["python"] and f"{address}/gradio_api/call" in told["bash"]
