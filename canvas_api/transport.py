"""One session with one Canvas: the token, the time limits, the same-origin guard, the retry loop."""

from __future__ import annotations

import math
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Generic, TypeVar
from urllib.parse import urlencode

import msgspec
import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from canvas_api import errors, throttle
from canvas_api.ids import origin, within
from canvas_api.throttle import Gate, Trouble

T = TypeVar("T")
Parse = Callable[[bytes], T]
Query = list[tuple[str, str]]

REDIRECTS = 5
BODY_SECONDS = 120.0
BODY_BYTES = 256 * 1024 * 1024
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInfo:
    """One HTTP request that was sent. ``status`` is None where no whole answer came."""

    method: str
    path: str
    status: int | None
    seconds: float
    remaining: float | None
    refused: bool
    request_id: str | None = None
    """Canvas's own name for it: whoever looks into Canvas's logs asks for this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[T]):
    """``links`` are addresses within the same Canvas, by their relation; ``digest`` tells equal bodies."""

    value: T
    links: Mapping[str, str]
    digest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Raw:
    status: int
    headers: Mapping[str, str]
    body: bytes


class _Bearer(AuthBase):
    """Given with each request, it also keeps a netrc file from replacing it."""

    def __init__(self, token: str) -> None:
        self._header = f"Bearer {token}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request


class Transport:
    def __init__(
        self,
        *,
        base_url: str,
        token: str,
        gate: Gate,
        session: requests.Session | None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        timeout: tuple[float, float] = (3.05, 30.0),
        user_agent: str,
        on_request: Callable[[RequestInfo], None] | None = None,
        concurrency: int = 1,
        patience: float = math.inf,
    ) -> None:
        self.concurrency = concurrency
        self.origin = origin(base_url)
        self.clock = clock
        self.sleep = sleep
        self.requests_made = 0
        self.refused = 0
        self._token = checked_token(token)
        self._auth = _Bearer(self._token)
        self._gate = gate
        self._session = session or new_session()
        self._timeout = timeout
        self._headers = {"User-Agent": user_agent, "Accept": "application/json"}
        self._on_request = on_request
        self._patience = patience
        self._count = threading.Lock()
        self._here = threading.local()
        settings = self._session.merge_environment_settings(self.origin, {}, True, None, None)
        self._proxies, self._certificate = settings["proxies"], settings["cert"]
        self._verify = settings["verify"] or False

    @property
    def last_request(self) -> RequestInfo | None:
        found: RequestInfo | None = getattr(self._here, "last", None)
        return found

    def close(self) -> None:
        self._session.close()

    def get(self, path: str, parse: Parse[T], query: Query | None = None) -> Answer[T]:
        return self.call("GET", f"{path}?{urlencode(query)}" if query else path, parse)

    def call(self, method: str, target: str, parse: Parse[T], payload: object = None) -> Answer[T]:
        """``target`` is path and query, encoded as it is to arrive. Raises CanvasError only."""
        content = None if payload is None else _ENCODER.encode(payload)
        met: Counter[Trouble] = Counter()
        started = self.clock()
        while True:
            try:
                return self._follow(method, target, parse, content)
            except errors.CanvasError as error:
                trouble = _trouble(error)
                wait = trouble and throttle.decide(
                    trouble,
                    method=method,
                    attempt=met[trouble],
                    retry_after=getattr(error, "retry_after", None),
                )
                if trouble is None or wait is None:
                    raise
                seconds = throttle.jittered(wait)
                if self.clock() - started + seconds > self._patience:
                    raise
                met[trouble] += 1
                self.sleep(seconds)

    def _follow(self, method: str, target: str, parse: Parse[T], content: bytes | None) -> Answer[T]:
        """Redirects are followed by hand: the same method, the same Canvas."""
        for _ in range(REDIRECTS):
            raw = self._exchange(method, target, content)
            if not self._is_redirect(method, raw):
                return self._answer(method, target, raw, parse)
            target = self._target(method, target, raw.headers["Location"])
        raise errors.BadAnswer("too many redirects", method=method, path=_path(target))

    def _is_redirect(self, method: str, raw: _Raw) -> bool:
        # 301 to 303 would turn a write into a read, which is never what was asked for.
        kinds = {301, 302, 303, 307, 308} if method == "GET" else {307, 308}
        return raw.status in kinds and bool(raw.headers.get("Location"))

    def _target(self, method: str, target: str, address: str) -> str:
        """Only what comes out here is ever asked for, so the token never leaves this Canvas."""
        found = within(self.origin, target, address)
        if found is None:
            raise errors.ForeignAddress(address.split("?")[0], method=method, path=_path(target))
        return found

    def _answer(self, method: str, target: str, raw: _Raw, parse: Parse[T]) -> Answer[T]:
        if not 200 <= raw.status < 300:
            raise self._refusal(method, target, raw)
        try:
            value = parse(raw.body)
        except msgspec.ValidationError as error:
            raise self._mismatch(method, target, raw, str(error)) from error
        except _UNREADABLE as error:
            kind = errors.NotCanvas if _is_page(raw) else errors.BadAnswer
            message = "" if _is_page(raw) else f"it is not valid JSON ({error})"
            raise kind(
                message, method=method, path=_path(target), status=raw.status, request_id=_request_id(raw)
            ) from error
        return Answer(value=value, links=self._links(method, target, raw), digest=hash(raw.body))

    def _links(self, method: str, target: str, raw: _Raw) -> dict[str, str]:
        header = raw.headers.get("Link", "")
        found = {link.get("rel"): link["url"] for link in requests.utils.parse_header_links(header)}
        return {rel: self._target(method, target, found[rel]) for rel in ("next", "last") if found.get(rel)}

    def _mismatch(self, method: str, target: str, raw: _Raw, reason: str) -> errors.BadAnswer:
        place = re.search(r"`(\$[^`]*)`", reason)
        missing = re.search(r"missing required field `(\w+)`", reason)
        field = (place[1] if place else "$") + (f".{missing[1]}" if missing else "")
        what = "missing" if missing else reason.split(" - at")[0]
        error = errors.BadAnswer(
            f"{field}: {what}",
            method=method,
            path=_path(target),
            status=raw.status,
            request_id=_request_id(raw),
        )
        error.field = field
        return error

    def _refusal(self, method: str, target: str, raw: _Raw) -> errors.CanvasError:
        content = raw.body.replace(self._token.encode(), b"...")
        body = errors.decoded(content)
        throttled = throttle.is_throttled(raw.status, raw.headers, raw.body)
        kind = errors.Throttled if throttled else errors.error_class(raw.status, body)
        message = errors.canvas_message(body) if body is not None else errors.plain_message(content)
        if issubclass(kind, errors.Refused) and _is_page(raw):
            message = "the answer was a web page; is this the address of Canvas?"
        error = kind(
            message,
            method=method,
            path=_path(target),
            status=raw.status,
            request_id=_request_id(raw),
            details=body.get("errors") if isinstance(body, dict) else None,
        )
        if isinstance(error, errors.Throttled | errors.ServerError):
            error.retry_after = throttle.retry_after(raw.headers)
        return error

    def _exchange(self, method: str, target: str, content: bytes | None) -> _Raw:
        """One request through the gate."""
        lease = self._gate.acquire()
        started = self.clock()
        raw, left, refused = None, None, False
        try:
            raw = self._send(method, target, content)
            left = throttle.remaining(raw.headers)
            refused = throttle.is_throttled(raw.status, raw.headers, raw.body)
            return raw
        finally:
            self._gate.release(lease, left, refused)
            self._record(
                RequestInfo(
                    method=method,
                    path=_path(target),
                    status=raw.status if raw else None,
                    seconds=self.clock() - started,
                    remaining=left,
                    refused=refused,
                    request_id=_request_id(raw) if raw else None,
                )
            )

    def _record(self, info: RequestInfo) -> None:
        self._here.last = info
        with self._count:
            self.requests_made += 1
            self.refused += info.refused
        if self._on_request is not None:
            self._on_request(info)

    def _send(self, method: str, target: str, content: bytes | None) -> _Raw:
        # Not by the session's own send: it reads redirects, body and all, even when told not to follow them.
        adapter = self._session.get_adapter(self.origin)
        try:
            with adapter.send(
                self._prepared(method, target, content),
                stream=True,
                timeout=self._timeout,
                proxies=self._proxies,
                verify=self._verify,
                cert=self._certificate,
            ) as response:
                return _Raw(status=response.status_code, headers=response.headers, body=self._body(response))
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise _unreachable(error, method, _path(target)) from error

    def _prepared(self, method: str, target: str, content: bytes | None) -> requests.PreparedRequest:
        headers = self._headers if content is None else self._headers | {"Content-Type": "application/json"}
        request = requests.Request(method, self.origin, headers=headers, data=content, auth=self._auth)
        prepared = self._session.prepare_request(request)
        prepared.url = self.origin + target  # requests would decode %2E and the like
        return prepared

    def _body(self, response: requests.Response) -> bytes:
        """Read piece by piece: the time limit of requests is for each piece, not for the whole."""
        started = self.clock()
        body = bytearray()
        while piece := response.raw.read1(65536, decode_content=True):
            body += piece
            if self.clock() - started > BODY_SECONDS or len(body) > BODY_BYTES:
                raise requests.Timeout("the answer did not end")
        return bytes(body)


def new_session() -> requests.Session:
    """Cookies are never kept: the token alone says who we are."""
    session = requests.Session()
    session.mount("http://", HTTPAdapter(pool_maxsize=16, pool_block=True))
    session.mount("https://", HTTPAdapter(pool_maxsize=16, pool_block=True))
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def checked_token(token: str) -> str:
    if not re.fullmatch(r"[!-~]+", token):
        raise ValueError("the access token is empty, or holds a space, a line break or a letter outside ASCII")
    return token


def _path(target: str) -> str:
    return target.partition("?")[0]


def _request_id(raw: _Raw) -> str | None:
    return raw.headers.get("X-Request-Context-Id")


def _is_page(raw: _Raw) -> bool:
    return "html" in raw.headers.get("Content-Type", "").lower() or raw.body.lstrip()[:1] == b"<"


def _trouble(error: errors.CanvasError) -> Trouble | None:
    match error:
        case errors.Throttled():
            return Trouble.THROTTLED
        case errors.Untrusted():
            return None
        case errors.Unreachable():
            return Trouble.CUT_OFF if error.doubtful else Trouble.NOT_SENT
        case errors.ServerError(status=500):
            return Trouble.FAILED
        case errors.ServerError(status=502 | 503 | 504):
            return Trouble.AWAY
        case errors.BadAnswer(status=200, field=None):
            return Trouble.UNREADABLE
    return None


def _unreachable(error: Exception, method: str, path: str) -> errors.Unreachable:
    if isinstance(error, requests.exceptions.SSLError):
        return errors.Untrusted(_reason(error), method=method, path=path)
    result = errors.Unreachable(_reason(error), method=method, path=path)
    result.doubtful = not _never_connected(error)
    return result


def _never_connected(error: Exception) -> bool:
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    return isinstance(_inner(error), urllib3.exceptions.NewConnectionError)


def _inner(error: Exception) -> object:
    first = error.args[0] if error.args else None
    return getattr(first, "reason", first)


def _reason(error: Exception) -> str:
    """In words: the libraries' own texts are full of object addresses."""
    text = f"{type(error).__name__} {error}"
    for sign, words in _REASONS.items():
        if sign in text:
            return words
    return type(error).__name__


_REASONS = {
    "NameResolutionError": "its name is not known",
    "CERTIFICATE_VERIFY_FAILED": "it could not be verified",
    "ConnectTimeout": "the connection took too long",
    "ProxyError": "the proxy did not let us through",
    "IncompleteRead": "the answer broke off in the middle",
    "Connection refused": "the connection was refused",
    "Timeout": "the answer took too long",
    "timed out": "the answer took too long",
    "Connection": "the connection broke off",
    "Protocol": "the connection broke off",
}
