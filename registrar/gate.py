"""One gate for all processes that share a token, so that together they stay below Canvas's rate limit.

Canvas counts cost, not requests: about 600 units, each request in flight reserves 50 until it ends, 10 leak away a
second (canvas-behaviour.md, section 8). The gate keeps in Redis what the last answer said remained, adds what has
leaked since, and takes off 50 for each request in flight, whichever process sent it. This is the only module that
imports redis; with the embedded broker the client's own gate in the process does.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar
from uuid import uuid4

import redis
from django.conf import settings


class Keyed(Protocol):
    @property
    def key(self) -> str: ...


Lease = TypeVar("Lease", bound=Keyed)

UPFRONT = 50
LEAK = 10
FLOOR = 100
"""Left to others who use the same token."""
ASSUMED = 250
"""What is taken to remain before Canvas has said anything."""
FORGOTTEN_AFTER = 20
"""Seconds after which a request in flight is taken to have died with its process. One that only takes long shows
in what Canvas says remains.
"""

_ADMIT = """
local now, token = tonumber(ARGV[1]), ARGV[2]
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - tonumber(ARGV[7]))
local state = redis.call('HMGET', KEYS[1], 'remaining', 'at', 'blocked', 'ceiling')
local remaining, at, blocked = tonumber(state[1]), tonumber(state[2]), tonumber(state[3] or '0')
if blocked and blocked > now then return tostring(blocked - now) end
if not remaining then remaining, at = tonumber(ARGV[6]), now end
local leaked = math.max(0, now - at) * tonumber(ARGV[4])
local estimate = math.min(remaining + leaked, tonumber(state[4] or ARGV[6]))
local short = tonumber(ARGV[5]) + tonumber(ARGV[3]) * (redis.call('ZCARD', KEYS[2]) + 1) - estimate
if short > 0 then return tostring(short / tonumber(ARGV[4])) end
redis.call('ZADD', KEYS[2], now, token)
redis.call('EXPIRE', KEYS[2], 3600)
return '0'
"""

_TELL = """
local now, token = tonumber(ARGV[1]), ARGV[2]
local since = redis.call('ZSCORE', KEYS[2], token)
local others = since and redis.call('ZCOUNT', KEYS[2], '-inf', '(' .. since) or 0
redis.call('ZREM', KEYS[2], token)
if ARGV[4] == '1' then
  local times = redis.call('HINCRBY', KEYS[1], 'refused', 1)
  redis.call('HSET', KEYS[1], 'blocked', now + math.min(2 ^ math.min(times, 5), 30))
elseif ARGV[3] ~= '' then
  -- What Canvas says remains has the others' reservations taken off already; the gate takes them off itself. Only
  -- those that were in flight all the while are sure to be among them, and the bucket is no larger than was seen.
  local told = tonumber(ARGV[3])
  local ceiling = math.max(told, tonumber(redis.call('HGET', KEYS[1], 'ceiling') or ARGV[6]))
  local remaining = math.min(told + others * tonumber(ARGV[5]), ceiling)
  redis.call('HSET', KEYS[1], 'remaining', remaining, 'at', now, 'refused', 0, 'ceiling', ceiling)
end
redis.call('EXPIRE', KEYS[1], 3600)
return 1
"""


class RedisGate(Generic[Lease]):
    """Implements ``canvas_api.throttle.Gate``, whose leases it is told how to make.

    A Redis that is down holds nobody up: Canvas's own refusals remain.
    """

    def __init__(
        self,
        server: redis.Redis,
        name: str,
        lease: Callable[[str], Lease],
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._keys = [f"preflight:gate:{name}:state", f"preflight:gate:{name}:flying"]
        self._lease, self._clock, self._sleep = lease, clock, sleep
        self._admit: Any = server.register_script(_ADMIT)
        self._tell: Any = server.register_script(_TELL)

    def acquire(self) -> Lease:
        token = uuid4().hex
        while (pause := self._ask(token)) > 0:
            self._sleep(min(pause, 5.0))
        return self._lease(token)

    def _ask(self, token: str) -> float:
        numbers = (UPFRONT, LEAK, FLOOR, ASSUMED, FORGOTTEN_AFTER)
        try:
            return float(self._admit(keys=self._keys, args=[self._clock(), token, *numbers]))
        except redis.RedisError:
            return 0.0

    def release(self, lease: Lease, remaining: float | None, refused: bool) -> None:
        told = "" if remaining is None else str(remaining)
        try:
            self._tell(keys=self._keys, args=[self._clock(), lease.key, told, int(refused), UPFRONT, ASSUMED])
        except redis.RedisError:
            return


def shared_gate(base_url: str, token: str, lease: Callable[[str], Lease]) -> RedisGate[Lease] | None:
    """The gate for this Canvas and token, or None where no Redis is configured."""
    address = settings.CELERY_BROKER_URL
    if not address.startswith(("redis:", "rediss:")):
        return None
    name = hashlib.sha256(f"{base_url} {token}".encode()).hexdigest()[:24]
    return RedisGate(redis.Redis.from_url(address, socket_timeout=5), name, lease)
