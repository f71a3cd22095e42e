"""我的资料 on the local phone: asked for in the chat, opened by WeChat's page, read at 375 px."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect
from werkzeug.serving import make_server

import runtime as parts
from app import create_app
from localwechat.testing import SandboxControl
from runtime import Runtime
from settings import with_base_url
from tests.fixtures.browser import PHONE, Windows
from tests.fixtures.configuration import make_settings
from tests.fixtures.processes import free_port
from tests.inbound.conftest import furnish
from tests.world.linked import sections_for

pytestmark = pytest.mark.browser
LOOK = """() => ({
  width: document.documentElement.scrollWidth,
  low: [...document.querySelectorAll('main a, main button, main summary')]
    .filter((one) => one.getBoundingClientRect().height < 43).map((one) => one.textContent.trim()),
})"""


@dataclass
class Linked:
    """An office behind a port, to which the local WeChat sends what people write."""

    runtime: Runtime
    sandbox: SandboxControl
    url: str

    def say(self, openid: str, text: str) -> str:
        """Somebody types on the phone; the reply's text."""
        body, kind = {"openid": openid, "text": text}, {"Content-Type": "application/json"}
        status, answer = self.sandbox.request("POST", "/phone/api/say", body, kind)
        assert status == 200, answer
        return str((json.loads(answer)["reply"] or {}).get("Content", ""))


@pytest.fixture
def linked(
    sandbox: SandboxControl, sqlite_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Linked]:
    """The office on its port."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    sandbox.account(callback_url=f"{url}/wechat/callback", type="service", verified=True)
    sections = sections_for(sandbox, sqlite_url, str(tmp_path_factory.mktemp("phone")))
    del sections["server"]["clock_url"]
    sections["wechat"]["web_authorization"] = True
    settings = with_base_url(make_settings(**sections), url)
    built = parts.build(settings)
    with built.db.session_scope() as session:
        furnish(session)
    app = create_app(settings, runtime=built)
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Linked(built, sandbox, url)
    server.shutdown()
    thread.join(5)
    built.close()


def test_from_the_chat_to_the_page_to_a_correction_and_out_again(linked: Linked, windows: Windows) -> None:
    (openid,) = linked.sandbox.followers(1)
    assert "单独同意" in linked.say(openid, "绑定 李红梅 9012")
    assert "绑定成功" in linked.say(openid, "同意")
    found = re.search(r"http\S+/m/me", linked.say(openid, "我的资料"))
    assert found
    context = windows.context(viewport=PHONE, has_touch=True, is_mobile=True)
    context.add_cookies([{"name": "sandbox_openid", "value": openid, "url": linked.sandbox.url}])
    page = context.new_page()
    page.goto(found[0])
    expect(page.locator("h1")).to_have_text("我的资料")
    expect(page.locator("dl.facts").first).to_contain_text("李*梅")
    look = page.evaluate(LOOK)
    assert look == {"width": 375, "low": []}
    page.get_by_role("link", name="显示姓名和手机号码").click()
    expect(page.locator("dl.facts").first).to_contain_text("李红梅")
    page.get_by_role("link", name="申请更正").click()
    page.get_by_label("要更正什么").fill("手机换成 13900001111")
    page.get_by_role("button", name="提交申请").click()
    expect(page.locator("h1")).to_have_text("已提交更正申请")
    page.get_by_role("link", name="回到我的资料").click()
    expect(page.locator("main")).to_contain_text("更正信息（待办理）")
    page.get_by_role("link", name="解除绑定").click()
    page.get_by_role("button", name="解除绑定").click()
    expect(page.locator("h1")).to_have_text("已解除绑定")
    assert "您还没有绑定" in linked.say(openid, "我的资料")
