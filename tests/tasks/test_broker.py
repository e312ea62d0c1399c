"""The embedded broker: whatever is killed, no message is lost, and none is handed out twice for nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from kombu import Connection

from registrar import broker
from tests.tasks.process import HOME, kill, wait_until

MESSAGES = 300

CONSUMER = """
import sys, time
from kombu import Connection
from registrar import broker
folder, log, pause = sys.argv[1:]
options = {"data_folder": folder, "polling_interval": 0.01}
with Connection("safefs://localhost", transport_options=options) as connection, open(log, "a") as told:
    queue = connection.SimpleQueue("work")
    while True:
        message = queue.get(timeout=60)
        time.sleep(float(pause))
        told.write(f"{message.payload}\\n")
        told.flush()
        message.ack()
"""


def connect(folder: Path) -> Connection:
    return Connection(
        "safefs://localhost", transport_options={"data_folder": str(folder), "polling_interval": 0.01}
    )


def publish(folder: Path, numbers: range) -> None:
    with connect(folder) as connection:
        queue = connection.SimpleQueue("work")
        for number in numbers:
            queue.put(number)
        queue.close()


def consume(folder: Path, log: Path, pause: float = 0.0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CONSUMER, str(folder), str(log), str(pause)],
        cwd=HOME,
        env={**os.environ, "SECRET_KEY": "only-for-tests"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def told(folder: Path) -> Counter[int]:
    lines = [line for log in folder.glob("*.log") for line in log.read_text().split("\n")[:-1]]
    return Counter(int(line) for line in lines)


def reached(folder: Path, aim: int) -> bool:
    return len(told(folder)) >= aim


@pytest.fixture(autouse=True)
def looked_at_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "RETURN_EVERY", 0.0)


def test_it_hands_out_each_message_once_to_competing_consumers(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    publish(folder, range(MESSAGES))
    consumers = [consume(folder, tmp_path / f"{number}.log") for number in range(3)]
    try:
        wait_until(lambda: sum(told(tmp_path).values()) >= MESSAGES)
    finally:
        for consumer in consumers:
            kill(consumer)
    assert told(tmp_path) == Counter(range(MESSAGES))


def test_it_loses_no_message_of_consumers_that_are_killed(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    publish(folder, range(MESSAGES))
    consumers = [consume(folder, tmp_path / f"{number}.log", pause=0.01) for number in range(2)]
    try:
        for kills in range(1, 4):
            aim = kills * MESSAGES // 5
            wait_until(partial(reached, tmp_path, aim))
            kill(consumers.pop(0))
            consumers.append(consume(folder, tmp_path / f"again-{kills}.log", pause=0.01))
        wait_until(lambda: len(told(tmp_path)) == MESSAGES)
    finally:
        for consumer in consumers:
            kill(consumer)
    again = sum(told(tmp_path).values()) - MESSAGES
    assert again <= 3, "only what was being worked on at the moment of a kill may come twice"


def test_it_gives_back_what_was_taken_and_not_acknowledged(tmp_path: Path) -> None:
    publish(tmp_path, range(3))
    with connect(tmp_path) as connection:
        assert connection.SimpleQueue("work").get(timeout=5).payload == 0
    with connect(tmp_path) as connection:
        queue = connection.SimpleQueue("work")
        found = [queue.get(timeout=5) for _ in range(3)]
        assert {message.payload for message in found} == {0, 1, 2}
        for message in found:
            message.ack()
        assert queue.qsize() == 0


def test_it_takes_no_message_from_a_consumer_that_is_only_slow(tmp_path: Path) -> None:
    publish(tmp_path, range(1))
    with connect(tmp_path) as slow, connect(tmp_path) as other:
        held = slow.SimpleQueue("work").get(timeout=5)
        with pytest.raises(other.SimpleQueue("work").Empty):
            other.SimpleQueue("work").get(timeout=0.2)
        held.ack()


def test_it_puts_a_message_back_that_is_rejected(tmp_path: Path) -> None:
    publish(tmp_path, range(1))
    with connect(tmp_path) as connection:
        queue = connection.SimpleQueue("work")
        queue.get(timeout=5).requeue()
        again = queue.get(timeout=5)
        assert again.payload == 0
        again.reject()
        assert queue.qsize() == 0


def test_it_empties_a_queue_and_no_other(tmp_path: Path) -> None:
    publish(tmp_path, range(4))
    with connect(tmp_path) as connection:
        connection.SimpleQueue("other").put("stays")
        assert connection.SimpleQueue("work").clear() == 4
        assert connection.SimpleQueue("other").qsize() == 1


def test_it_leaves_nothing_behind(tmp_path: Path) -> None:
    publish(tmp_path, range(2))
    with connect(tmp_path) as connection:
        queue = connection.SimpleQueue("work")
        for _ in range(2):
            queue.get(timeout=5).ack()
    assert list(tmp_path.iterdir()) == []
