"""Pictures on their way into an article: from the editor's computer, or copied from another site. Both answer as JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import jsonify, request

from content import assets, cleaning, foreign, pictures
from content.assets import AssetStore
from content.pictures import Picture
from ground import clock
from ground.errors import PioneerError, Refused
from web.access import acting, page, settings, signed_in
from web.console.face import blueprint
from web.sizes import takes_files
from web.throttle import count_uploads


@blueprint.post("/pictures")
@takes_files
@page("article.write")
def picture_upload() -> Any:
    """Take pictures for a body, or (``cover``) one that is cut to a cover; answers as the editor expects."""
    uploads = [upload for upload in request.files.values() if upload.filename]
    limits = settings().wechat.limits
    make = pictures.cover_of if request.args.get("cover") else pictures.prepare

    def taken() -> list[Picture]:
        if not uploads:
            raise Refused("请选择图片")
        return [make(upload.read(), limits) for upload in uploads]

    return _answered(taken)


@blueprint.post("/pictures/copy")
@page("article.write")
def picture_copy() -> Any:
    """Copy in the picture at an address that stood in something pasted."""
    address = request.form.get("url", "")[:2000]
    return _answered(lambda: [foreign.copied(address, settings().wechat.limits)])


def _answered(take: Callable[[], list[Picture]]) -> Any:
    try:
        count_uploads("picture", signed_in().id, 1)
        taken = take()
        count_uploads("picture", signed_in().id, len(taken) - 1)
        AssetStore(settings().data_dir).put_all(taken)
        with acting() as (session, _):
            assets.remember(session, taken, at=clock.now())
    except PioneerError as error:
        return jsonify(success=False, message=error.message), error.http_status
    return jsonify(
        success=True,
        pictures=[
            {
                "sha256": one.sha256,
                "url": cleaning.asset_url(one.sha256),
                "scaled": one.was_scaled,
                "width": one.width,
                "height": one.height,
            }
            for one in taken
        ],
    )
