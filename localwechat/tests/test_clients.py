"""Clients that know nothing of this repository use the platform with nothing changed but where they send."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from wechatpy import WeChatClient
from wechatpy.exceptions import APILimitedException, WeChatClientException

from localwechat.testing import SandboxControl
from localwechat.tests.world import png
from tests.fixtures.services import unavailable
from tests.tooling.test_layout import ROOT


class ToSandbox(HTTPAdapter):
    """A transport that takes every request of WeChat's hosts to the sandbox."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.host = urlsplit(url).netloc

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        assert request.url is not None
        parts = urlsplit(request.url)
        request.url = urlunsplit(("http", self.host, parts.path, parts.query, ""))
        return super().send(request, *args, **options)


@pytest.fixture
def wechatpy_client(sandbox: SandboxControl) -> WeChatClient:
    client = WeChatClient(sandbox.config.app_id, sandbox.config.app_secret, timeout=10)
    client._http.mount("https://", ToSandbox(sandbox.url))
    return client


def test_wechatpy_makes_all_that_a_push_needs(sandbox: SandboxControl, wechatpy_client: WeChatClient) -> None:
    client = wechatpy_client
    people = sandbox.followers(3)
    assert list(client.user.iter_followers()) == people
    tag = client.tag.create("第一支部")
    client.tag.tag_user(tag["id"], people[:2])
    assert [t["name"] for t in client.tag.get()] == ["星标组", "第一支部"]
    assert list(client.tag.iter_tag_users(tag["id"])) == people[:2]

    cover = client.material.add("image", ("cover.png", io.BytesIO(png()), "image/png"))
    draft = client.post(
        "draft/add",
        data={
            "articles": [{"title": "学习园地", "content": "<p>正文</p>", "thumb_media_id": cover["media_id"]}]
        },
    )
    sent = client.post(
        "message/mass/sendall",
        data={
            "filter": {"is_to_all": False, "tag_id": tag["id"]},
            "mpnews": {"media_id": draft["media_id"]},
            "msgtype": "mpnews",
        },
    )
    assert sent["errmsg"] == "send job submission success"
    reached = sandbox.wait_for(lambda: sandbox.receipts("mass"))
    assert [receipt["openid"] for receipt in reached] == people[:2]

    client.menu.create({"button": [{"type": "click", "name": "签到", "key": "CHECKIN"}]})
    assert client.menu.get()["menu"]["button"][0]["key"] == "CHECKIN"

    code = client.qrcode.create(
        {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "branch-07"}}}
    )
    picture = client._http.get(client.qrcode.get_url(code["ticket"]))
    assert picture.headers["Content-Type"] == "image/jpg"
    assert picture.content.startswith(b"\xff\xd8")


def test_wechatpy_gets_the_documented_errors(sandbox: SandboxControl, wechatpy_client: WeChatClient) -> None:
    client = wechatpy_client
    client.tag.create("第一支部")
    with pytest.raises(WeChatClientException) as taken:
        client.tag.create("第一支部")
    assert taken.value.errcode == 45157
    with pytest.raises(WeChatClientException) as nobody:
        client.user.get("oNobody00000000000000000000A")
    assert nobody.value.errcode == 40003
    sandbox.settings(limits={"/cgi-bin/tags/get": 0})
    with pytest.raises(APILimitedException) as limited:
        client.tag.get()
    assert limited.value.errcode == 45009


def test_wechatpy_renews_a_token_that_expired_under_way(
    sandbox: SandboxControl, wechatpy_client: WeChatClient
) -> None:
    sandbox.followers(1)
    before = wechatpy_client.access_token
    sandbox.faults({"path": "/cgi-bin/user/get", "kind": "expire_token", "count": 1})
    assert wechatpy_client.user.get_followers()["total"] == 1
    assert wechatpy_client.access_token != before


SCRIPT = """
const WechatAPI = require('co-wechat-api');
const [, , base, appid, secret, cover, people] = process.argv;
const api = new WechatAPI(appid, secret);
api.prefix = base + '/cgi-bin/';
const failed = async (promise) => { try { await promise; return 0; } catch (error) { return error.code; } };
(async () => {
  const report = {};
  report.tag = await api.createTags('第一支部');
  const openids = JSON.parse(people);
  await api.batchTagging(openids, report.tag.tag.id);
  report.cover = await api.uploadMaterial(cover, 'image');
  const { accessToken } = await api.ensureAccessToken();
  report.draft = await api.request(api.prefix + 'draft/add?access_token=' + accessToken, {
    method: 'POST', dataType: 'json', headers: { 'Content-Type': 'application/json' },
    data: Buffer.from(JSON.stringify({ articles: [{ title: '学习园地', content: '<p>正文</p>',
      thumb_media_id: report.cover.media_id }] })),
  });
  report.sent = await api.massSendNews(report.draft.media_id, report.tag.tag.id, 'npm-1');
  report.menu = await api.createMenu({ button: [{ type: 'click', name: '签到', key: 'CHECKIN' }] });
  report.code = await api.createLimitQRCode('branch-07');
  report.picture = api.showQRCodeURL(report.code.ticket);
  report.errors = [
    await failed(api.createTags('第一支部')),
    await failed(api.massSendNews('no-such-media', openids, 'npm-2')),
    await failed(api.createMenu({ button: [] })),
    await failed(api.createLimitQRCode(100001)),
  ];
  process.stdout.write(JSON.stringify(report));
})().catch((error) => { console.error(error); process.exit(1); });
"""


@pytest.fixture(scope="session")
def npm_modules() -> Path:
    """The folder that ``./pioneer setup`` leaves for ``NODE_PATH``."""
    if not shutil.which("node"):
        unavailable(
            "no Node.js for the WeChat client from npm: apt-get install nodejs npm, then ./pioneer setup"
        )
    modules = ROOT / ".venv" / "npm" / "node_modules"
    if not (modules / "co-wechat-api").is_dir():
        unavailable("the WeChat client from npm is not there: ./pioneer setup fetches it")
    return modules


def test_a_client_from_npm_makes_a_push_and_gets_the_documented_errors(
    sandbox: SandboxControl, npm_modules: Path, tmp_path: Path
) -> None:
    people = sandbox.followers(2)
    cover, script = tmp_path / "cover.png", tmp_path / "push.js"
    cover.write_bytes(png())
    script.write_text(SCRIPT)
    config = sandbox.config
    done = subprocess.run(
        ["node", script, sandbox.url, config.app_id, config.app_secret, cover, json.dumps(people)],
        env={**os.environ, "NODE_PATH": str(npm_modules)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    report: Mapping[str, Any] = json.loads(done.stdout)
    assert report["tag"]["tag"]["name"] == "第一支部"
    assert report["sent"]["errcode"] == 0
    assert report["menu"]["errmsg"] == "ok"
    assert report["code"]["url"].startswith("http://weixin.qq.com/q/")
    assert report["errors"] == [45157, 40007, 40016, 40129]
    reached = sandbox.wait_for(lambda: sandbox.receipts("mass"))
    assert [(r["openid"], r["client_id"]) for r in reached] == [(openid, "npm-1") for openid in people]
