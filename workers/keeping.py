"""What RQ keeps of a job in Redis while it is worked on, written as RQ writes it, in one round trip for many jobs.

RQ itself takes some ten round trips a job. Here a job is taken, and shown as started, by one script; and that it has
come to its end is told by another, many in one pipeline. A job's hash, its execution, the registry of started jobs and
the worker's own counts are where RQ's tools (`rq info`, the registries, the maintenance) look for them. Jobs of ours
have no result, no dependents and no retries of RQ's: what they leave behind is in PostgreSQL.

Keys and fields: RQ 3.0 (rq/job.py, rq/executions.py, rq/registry.py).
"""

import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha1
from uuid import uuid4

from redis import Redis
from redis.exceptions import NoScriptError
from rq import Queue
from rq.executions import Execution
from rq.job import Job
from rq.utils import now, utcformat

# A job without a timeout of its own does not come from our relay.
_TIMEOUT_S = 120

# RQ's own allowance: after so long an execution that nobody ended was abandoned.
_ABANDONED_AFTER_S = 60

_TAKE = """
-- KEYS: the queue; its registry of started jobs; the executions of this worker.
-- ARGV: a job popped before; how many more to pop; the worker's name; now, as text and as seconds; seconds until an
--       execution counts as abandoned; the name that the new executions share.
-- Gives for each job its id, its execution's id, what it is to do, and its timeout. One whose hash is gone was
-- cancelled.
local more = tonumber(ARGV[2])
local ids = more > 0 and redis.call('LPOP', KEYS[1], more) or {}
table.insert(ids, 1, ARGV[1])
local taken = {}
for number, id in ipairs(ids) do
    local job = 'rq:job:' .. id
    if redis.call('EXISTS', job) == 1 then
        local execution = ARGV[7] .. number
        local both = id .. ':' .. execution
        redis.call('HSET', job, 'status', 'started', 'started_at', ARGV[4], 'last_heartbeat', ARGV[4],
                   'worker_name', ARGV[3])
        redis.call('PERSIST', job)
        redis.call('HSET', 'rq:execution:' .. both, 'id', execution, 'job_id', id, 'created_at', ARGV[5],
                   'last_heartbeat', ARGV[5], 'worker_name', ARGV[3])
        redis.call('EXPIRE', 'rq:execution:' .. both, ARGV[6])
        redis.call('ZADD', 'rq:executions:' .. id, ARGV[5] + ARGV[6], execution)
        redis.call('EXPIRE', 'rq:executions:' .. id, ARGV[6])
        redis.call('ZADD', KEYS[2], ARGV[5] + ARGV[6], both)
        redis.call('SADD', KEYS[3], both)
        taken[#taken + 1] = {id, execution, redis.call('HGET', job, 'data'), redis.call('HGET', job, 'timeout')}
    end
end
return taken
"""

_LEAVE = """
-- KEYS: the job; its execution; its executions; the queue's registry of started jobs; the executions of this worker;
--       the worker.
-- ARGV: the execution's id; both ids; how long the job took, in seconds.
redis.call('DEL', KEYS[2])
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[2])
redis.call('SREM', KEYS[5], ARGV[2])
-- The relay may have handed the same row over again already: that job is not ours to delete.
if redis.call('HGET', KEYS[1], 'status') == 'started' then
    redis.call('DEL', KEYS[1])
end
redis.call('HINCRBY', KEYS[6], 'successful_job_count', 1)
redis.call('HINCRBYFLOAT', KEYS[6], 'total_working_time', ARGV[3])
"""

_TAKE_SHA, _LEAVE_SHA = (sha1(script.encode()).hexdigest() for script in (_TAKE, _LEAVE))  # noqa: S324


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A job that was taken from its queue, and the execution as which Redis shows it.

    Of the job it is known what it is to do, and no more. `timeout_s`: how long it may take, seconds.
    """

    job: Job
    queue: Queue
    execution: Execution
    timeout_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A job that has come to its end. `failure` is the traceback of one that raised."""

    taken: Taken
    lane: str
    seconds: float
    failure: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """Writes down what the worker of this name does. `key` and `executions_key` are its own in Redis."""

    redis: Redis
    name: str
    key: str
    executions_key: str

    def take(self, popped: str, queue: Queue, *, more: int) -> list[Taken]:
        """Take a job that was popped from the queue, and up to `more` that still wait in it."""
        try:
            return self._take(popped, queue, more=more)
        except NoScriptError:
            self._load()
            return self._take(popped, queue, more=more)

    def _take(self, popped: str, queue: Queue, *, more: int) -> list[Taken]:
        reply = self.redis.evalsha(
            _TAKE_SHA,
            3,
            queue.key,
            queue.started_job_registry.key,
            self.executions_key,
            popped,
            more,
            self.name,
            utcformat(now()),
            time.time(),
            _TIMEOUT_S + _ABANDONED_AFTER_S,
            uuid4().hex,
        )
        return [self._taken(queue, *found) for found in reply]

    def leave(self, ended: Sequence[Ended]) -> None:
        """Forget jobs that were done."""
        try:
            self._leave(ended)
        except NoScriptError:
            self._load()
            self._leave(ended)

    def _leave(self, ended: Sequence[Ended]) -> None:
        with self.redis.pipeline(transaction=False) as pipeline:
            for one in ended:
                taken = one.taken
                pipeline.evalsha(
                    _LEAVE_SHA,
                    6,
                    taken.job.key,
                    taken.execution.key,
                    f"rq:executions:{taken.job.id}",
                    taken.queue.started_job_registry.key,
                    self.executions_key,
                    self.key,
                    taken.execution.id,
                    taken.execution.composite_key,
                    f"{one.seconds:.6f}",
                )
            pipeline.execute()

    def _load(self) -> None:
        """Tell Redis the scripts. It knows none of them when it begins, and may begin anew at any time."""
        for script in (_TAKE, _LEAVE):
            self.redis.script_load(script)

    def _taken(self, queue: Queue, job_id: bytes, execution_id: bytes, data: bytes, timeout: bytes | None) -> Taken:
        job = Job(job_id.decode(), connection=self.redis)
        job.data, job.origin = zlib.decompress(data), queue.name
        execution = Execution(execution_id.decode(), job.id, self.redis, worker_name=self.name)
        return Taken(job=job, queue=queue, execution=execution, timeout_s=float(timeout or _TIMEOUT_S))
