"""Background jobs and their Progress (canvas-behaviour.md, sections 3 and 4).

A job moves one step on each poll of its Progress, and by itself once ``SECONDS`` have passed: queued, running,
done. Jobs of one course wait for each other. Scripts: ``hang`` (running for ever), ``waiting``
(waiting_for_external_tool for ever), ``stay_queued``, ``vanish`` (404), ``crash`` (fails after saving the first
assignment), ``canceled``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from .call import Call
from .entities import Course, Json, Progress
from .params import whole
from .university import University
from .wire import Reply, forbidden, not_found, stamp

PENDING = ("queued", "running", "waiting_for_external_tool")
SECONDS = 0.25
STUCK = {
    "hang": ("running", 60.0),
    "waiting": ("waiting_for_external_tool", 50.0),
    "stay_queued": ("queued", None),
}


class JobFailed(Exception):
    """Ends a job in state ``failed`` with these results."""

    def __init__(self, results: object, completion: float, message: str | None = None) -> None:
        super().__init__(message)
        self.results = results
        self.completion = completion
        self.message = message


Work: TypeAlias = Callable[[Progress], Json]


@dataclass(slots=True, kw_only=True)
class Job:
    progress: Progress
    work: Work
    due: datetime


def enqueue(call: Call, course: Course, work: Work, due: datetime) -> Progress:
    made = call.university.add_progress(
        context_id=course.id, created_at=call.now, updated_at=call.now, script=call.request.script
    )
    call.university.jobs.append(Job(progress=made, work=work, due=due))
    return made


def advance(university: University) -> None:
    """Runs what is due, the oldest first."""
    for job in list(university.jobs):
        if university.now >= job.due:
            while job in university.jobs and _step(university, job):
                pass


def poll(university: University, progress: Progress) -> None:
    job = next((job for job in university.jobs if job.progress is progress), None)
    if job is not None:
        _step(university, job)


def _step(university: University, job: Job) -> bool:
    """One state on. False: it cannot move."""
    progress = job.progress
    ahead = (other for other in university.jobs if other.progress.context_id == progress.context_id)
    if next(ahead) is not job:
        return False
    progress.updated_at = university.now
    if progress.script in STUCK:
        progress.workflow_state, progress.completion = STUCK[progress.script]
        return False
    if progress.workflow_state == "queued":
        progress.workflow_state, progress.completion = "running", 0.0
    else:
        university.jobs.remove(job)
        _finish(progress, job.work)
    return True


def _finish(progress: Progress, work: Work) -> None:
    if progress.script == "canceled":
        progress.workflow_state = "canceled"
        return
    try:
        results: object = work(progress)
    except JobFailed as failed:
        results = failed.results
        progress.workflow_state, progress.message = "failed", failed.message
        progress.completion = failed.completion
    else:
        progress.workflow_state, progress.completion = "completed", 100.0
    progress.results = results


def progress_json(call: Call, progress: Progress) -> Json:
    shown: Json = {
        "id": progress.id,
        "context_id": progress.context_id,
        "context_type": progress.context_type,
        "user_id": progress.user_id,
        "tag": progress.tag,
        "completion": progress.completion,
        "workflow_state": progress.workflow_state,
        "created_at": stamp(progress.created_at),
        "updated_at": stamp(progress.updated_at),
        "message": progress.message,
        "url": f"{call.request.origin}/api/v1/progress/{progress.id}",
    }
    if progress.workflow_state not in PENDING and progress.results is not None:
        shown["results"] = progress.results
    return shown


def _progress(call: Call) -> Progress:
    found = call.university.progresses.get(whole(call.path["id"]) or 0)
    if found is None or found.script == "vanish":
        raise not_found()
    call.require(call.university.courses[found.context_id], "read")
    return found


def show(call: Call) -> Reply:
    found = _progress(call)
    poll(call.university, found)
    return Reply(data=progress_json(call, found))


def cancel(call: Call) -> Reply:
    """Only for the progress's own user: a bulk update belongs to nobody. The state becomes failed."""
    found = _progress(call)
    if found.user_id != call.token.user_id:
        raise forbidden()
    if found.workflow_state == "queued":
        # One that runs already is not stopped.
        call.university.jobs = [job for job in call.university.jobs if job.progress is not found]
    found.workflow_state, found.message = "failed", str(call.params.get("message", "")) or None
    return Reply(data=progress_json(call, found))
