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
-- KEYS: the executions of this worker; then for each queue to take from, itself and its registry of started jobs.
-- ARGV: a job popped before from the first of them; the worker's name; now, as text and as seconds; seconds until an
--       execution counts as abandoned; the name that the new executions share; then for each queue how many to pop.
-- Gives for each job the number of its queue, its id, its execution's id, what it is to do, and its timeout. One whose
-- hash is gone was cancelled.
local taken, number = {}, 0
for nth = 1, (#KEYS - 1) / 2 do
    local queue, registry, most = KEYS[2 * nth], KEYS[2 * nth + 1], tonumber(ARGV[6 + nth])
    local ids = most > 0 and redis.call('LPOP', queue, most) or {}
    if nth == 1 then
        table.insert(ids, 1, ARGV[1])
    end
    for _, id in ipairs(ids) do
        local job = 'rq:job:' .. id
        if redis.call('EXISTS', job) == 1 then
            number = number + 1
            local execution = ARGV[6] .. number
            local both = id .. ':' .. execution
            redis.call('HSET', job, 'status', 'started', 'started_at', ARGV[3], 'last_heartbeat', ARGV[3],
                       'worker_name', ARGV[2])
            redis.call('PERSIST', job)
            redis.call('HSET', 'rq:execution:' .. both, 'id', execution, 'job_id', id, 'created_at', ARGV[4],
                       'last_heartbeat', ARGV[4], 'worker_name', ARGV[2])
            redis.call('EXPIRE', 'rq:execution:' .. both, ARGV[5])
            redis.call('ZADD', 'rq:executions:' .. id, ARGV[4] + ARGV[5], execution)
            redis.call('EXPIRE', 'rq:executions:' .. id, ARGV[5])
            redis.call('ZADD', registry, ARGV[4] + ARGV[5], both)
            redis.call('SADD', KEYS[1], both)
            taken[number] = {nth, id, execution, redis.call('HGET', job, 'data'), redis.call('HGET', job, 'timeout')}
        end
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


@dataclass(frozen=True, slots=True)
class Source:
    """A queue that jobs are taken from, and the name of its registry of started jobs."""

    queue: Queue
    registry_key: str

    @classmethod
    def of(cls, queue: Queue) -> "Source":
        """The queue with its registry."""
        return cls(queue, queue.started_job_registry.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A job that was taken, and the execution as which Redis shows it.

    Of the job it is known what it is to do, and no more. `timeout_s`: how long it may take, seconds.
    """

    job: Job
    source: Source
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

    def take(self, popped: str, wanted: Sequence[tuple[Source, int]]) -> list[Taken]:
        """Take a job that was popped from the first of these queues, and of each up to so many that wait in it."""
        try:
            return self._take(popped, wanted)
        except NoScriptError:
            self._load()
            return self._take(popped, wanted)

    def _take(self, popped: str, wanted: Sequence[tuple[Source, int]]) -> list[Taken]:
        keys = [key for source, _ in wanted for key in (source.queue.key, source.registry_key)]
        reply = self.redis.evalsha(
            _TAKE_SHA,
            1 + len(keys),
            self.executions_key,
            *keys,
            popped,
            self.name,
            utcformat(now()),
            time.time(),
            _TIMEOUT_S + _ABANDONED_AFTER_S,
            uuid4().hex,
            *[most for _, most in wanted],
        )
        return [self._taken(wanted[nth - 1][0], *found) for nth, *found in reply]

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
                    taken.source.registry_key,
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

    def _taken(self, source: Source, job_id: bytes, execution_id: bytes, data: bytes, timeout: bytes | None) -> Taken:
        job = Job(job_id.decode(), connection=self.redis)
        job.data, job.origin = zlib.decompress(data), source.queue.name
        execution = Execution(execution_id.decode(), job.id, self.redis, worker_name=self.name)
        return Taken(job=job, source=source, execution=execution, timeout_s=float(timeout or _TIMEOUT_S))
