"""What all calls share: the token in the query, one repeat after a refused token, and answers as typed objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from settings import Settings
from wechat.outbound.cooldowns import Cooldowns
from wechat.outbound.endpoints.table import STABLE_TOKEN, Endpoint, Key
from wechat.outbound.failures import CallFailed
from wechat.outbound.reactions import Kind
from wechat.outbound.sdk import Sdk
from wechat.outbound.tokens import Fetch, Fetched, SharedTokens, TokenStore
from wechat.outbound.transport import Answer, File, Transport

T = TypeVar("T")
_IDS = ("msg_id", "msg_data_id", "msgid", "publish_id", "menuid")


class OpenidList(msgspec.Struct, frozen=True):
    """WeChat's wrapping of openids; absent in an empty page."""

    openid: list[str] = []


class Caller:
    """Makes calls with the shared token. Safe for any number of threads."""

    def __init__(self, settings: Settings, store: TokenStore, cooldowns: Cooldowns | None = None) -> None:
        self.settings = settings
        self._cooldowns = cooldowns
        self.tokens = SharedTokens(store)
        self._transport = Transport(settings)
        self._sdk = Sdk(settings.wechat.app_id, self._through_sdk)

    def call(
        self, endpoint: Endpoint, *, query: Mapping[str, str] | None = None, body: Any = None,
        file: File | None = None, form: Mapping[str, str] | None = None, binary: bool = False,
    ) -> Answer:  # fmt: skip
        """One call with the token that its endpoint wants.

        A token that WeChat refuses was refused before the call acted, so the call is repeated once with the next one; refused
        again, fetching stops (``stop-and-alert-admin``). Raises :class:`CallFailed`.
        """
        given = dict(query or {})
        if endpoint.key is Key.NONE:
            return self._once(endpoint, given, body, file, form, binary)
        name, fetch = self._token(endpoint.key)
        token = self.tokens.get(name, fetch)
        for last in (False, True):
            try:
                return self._once(endpoint, {**given, "access_token": token}, body, file, form, binary)
            except CallFailed as failed:
                if failed.kind is not Kind.REFRESH_TOKEN_ONCE:
                    raise
                refusal = failed
            if not last:
                token = self.tokens.refused(name, token, fetch)
        halted = self.tokens.halt(name, token, refusal)
        if self._cooldowns is not None:
            self._cooldowns.note(STABLE_TOKEN, halted)
        raise halted

    def _once(
        self, endpoint: Endpoint, query: Mapping[str, str], body: Any, file: File | None,
        form: Mapping[str, str] | None, binary: bool,
    ) -> Answer:  # fmt: skip
        if self._cooldowns is not None:
            self._cooldowns.check(endpoint)
        try:
            answer = self._transport.call(
                endpoint, query=query, body=body, file=file, form=form, binary=binary
            )
        except CallFailed as failed:
            if self._cooldowns is not None:
                self._cooldowns.note(endpoint, failed)
            raise
        if self._cooldowns is not None:
            self._cooldowns.good(endpoint)
        return answer

    def ask(
        self, endpoint: Endpoint, kind: type[T], *, query: Mapping[str, str] | None = None, body: Any = None,
        file: File | None = None, form: Mapping[str, str] | None = None,
    ) -> T:  # fmt: skip
        """A call whose answer is a ``kind``. An answer that is none counts as unknown for sends, as a bug for reads."""
        return self._typed(
            endpoint, kind, self.call(endpoint, query=query, body=body, file=file, form=form).fields
        )

    def access_token(self) -> str:
        """The official account's token, for the few who must build a URL with it. Never log it."""
        return self.tokens.get(*self._token(Key.ACCOUNT))

    def token_name(self, key: Key = Key.ACCOUNT) -> str:
        """The name under which the token lies in the store."""
        return self._token(key)[0]

    def _typed(self, endpoint: Endpoint, kind: type[T], fields: Any) -> T:
        typed: T | None = None
        try:
            typed = msgspec.convert({**fields, **_ids_as_text(fields)}, kind, strict=False)
        except msgspec.ValidationError:
            typed = None
        if typed is None:
            raise self._transport.not_as_expected(endpoint)
        return typed

    def _token(self, key: Key) -> tuple[str, Fetch]:
        wechat, mini = self.settings.wechat, self.settings.mini_program
        app_id, secret = (
            (mini.app_id, mini.app_secret) if key is Key.MINI else (wechat.app_id, wechat.app_secret)
        )

        def fetch(force: bool) -> Fetched:
            body = {"grant_type": "client_credential", "appid": app_id, "secret": secret}
            return self.ask(
                STABLE_TOKEN, _Token, body={**body, "force_refresh": True} if force else body
            ).fetched()

        return f"access_token:{app_id}", fetch

    def _through_sdk(self, endpoint: Endpoint, query: Mapping[str, str], body: Any) -> dict[str, Any]:
        return self.call(endpoint, query=query, body=body).fields


def _ids_as_text(fields: Mapping[str, Any]) -> dict[str, str]:
    """WeChat writes ids as numbers here and as strings there, up to 19 digits: they are text for us."""
    return {name: str(fields[name]) for name in _IDS if isinstance(fields.get(name), int)}


class _Token(msgspec.Struct):
    access_token: str
    expires_in: int

    def fetched(self) -> Fetched:
        return Fetched(self.access_token, self.expires_in)
