"""The health page: honest about the parts, and no lever to load them with."""

import threading
from datetime import timedelta

import pytest

from tests.sources import ManualClock
from tests.web.service import Service
from vantrexia_core.kernel import DiskFullError
from vantrexia_web.health import Condition, HealthCheck, Observation, Probe


class Part:
    """A part that answers, slowly, or not at all; counts how often it was looked at."""

    def __init__(self, milliseconds=1.0, *, is_down=False):
        self.milliseconds, self.is_down, self.looks = milliseconds, is_down, 0
        self.seconds = 0.0

    def look(self):
        """Take the time that the part takes."""
        self.looks += 1
        self.seconds += self.milliseconds / 1000
        if self.is_down:
            raise ConnectionError("db.internal:5432")


class Hanging:
    """A part that does not come back before it is let go."""

    def __init__(self):
        self.let_go, self.looks = threading.Event(), 0

    def look(self):
        """Hang."""
        self.looks += 1
        self.let_go.wait(60)


def _check(clock=None, *, is_vital=True, passed=None, **parts):
    probes = {name: Probe(part.look, slow_ms=100, is_vital=is_vital) for name, part in parts.items()}
    passed = passed or [0.0]
    return HealthCheck(
        probes,
        clock or ManualClock(),
        seconds=lambda: passed[0] + sum(part.seconds for part in parts.values()),
    )


@pytest.mark.parametrize(
    ("part", "condition"),
    [
        (Part(99.0), Condition.HEALTHY),
        (Part(100.0), Condition.DEGRADED),
        (Part(is_down=True), Condition.DOWN),
    ],
)
def test_a_part_is_judged_by_answer_and_speed(part, condition):
    """Quick is healthy, slow is degraded, no answer is down; a vital part speaks for the whole."""
    report = _check(database=part)()
    assert (report.parts["database"].condition, report.condition) == (condition, condition)


def test_a_part_that_is_not_vital_only_degrades_the_whole():
    """Without the EMR the service still serves."""
    report = _check(is_vital=False, ecw=Part(is_down=True))()
    assert (report.parts["ecw"].condition, report.condition) == (Condition.DOWN, Condition.DEGRADED)


def test_a_part_is_looked_at_every_ten_seconds_at_most():
    """However often somebody asks."""
    passed, part = [0.0], Part(0.0)
    check = _check(passed=passed, database=part)
    for _ in range(5):
        check()
        passed[0] += 9.9 / 5
    assert part.looks == 1
    passed[0] = 10.0
    check()
    assert part.looks == 2


def test_a_clock_that_is_set_makes_no_report_older_or_younger():
    """Age is measured, not read off the wall."""
    clock, part = ManualClock(), Part(0.0)
    check = _check(clock, database=part)
    check()
    clock.advance(timedelta(days=1))
    check()
    assert part.looks == 1


def test_a_part_that_hangs_is_down_and_not_looked_at_twice():
    """The page answers all the same, and does not pile up threads; it is up again when it comes back."""
    passed, part = [0.0], Hanging()
    check = HealthCheck(
        {"database": Probe(part.look, slow_ms=100)},
        ManualClock(),
        seconds=lambda: passed[0],
        look_seconds_max=0.05,
    )
    for passed[0] in (0.0, 10.0, 20.0):
        assert check().condition is Condition.DOWN
    assert part.looks == 1
    part.let_go.set()
    check._looks["database"].is_over.wait(60)
    passed[0] = 30.0
    assert check().condition is Condition.HEALTHY
    assert part.looks == 2


def test_while_somebody_looks_the_others_get_the_last_report():
    """A hundred callers do not wait behind one."""
    passed, part = [0.0], Hanging()
    part.let_go.set()
    check = HealthCheck({"database": Probe(part.look, slow_ms=100)}, ManualClock(), seconds=lambda: passed[0])
    first = check()
    part.let_go.clear()
    passed[0] = 10.0
    looking = threading.Thread(target=check)
    looking.start()
    while part.looks < 2:
        looking.join(0.001)
    assert check() is first
    part.let_go.set()
    looking.join()


def test_a_healthy_service_answers_200():
    """Without a token: status and the parts, each with its own status, latency and time."""
    clock = ManualClock()
    with Service(health=_check(clock, database=Part(1.44))) as service:
        response = service.client.get("/health/")
    assert response.status_code == 200
    assert response.json() == {
        "status": "healthy",
        "services": {
            "database": {"status": "healthy", "latency_ms": 1.4, "checked_at": "2026-03-02T14:30:00Z"}
        },
    }


def test_a_degraded_service_answers_200():
    """It still serves."""
    with Service(health=_check(database=Part(500.0))) as service:
        response = service.client.get("/health/")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")


def test_a_service_that_is_down_answers_503_without_saying_why():
    """The same body; no host, no port, no error."""
    with Service(health=_check(database=Part(is_down=True))) as service:
        response = service.client.get("/health/")
    assert (response.status_code, response.json()["status"]) == (503, "down")
    assert "internal" not in response.text


def test_a_service_without_probes_answers_for_itself(service):
    """The process lives."""
    assert service.client.get("/health/").json() == {"status": "healthy", "services": {}}


@pytest.mark.parametrize(
    ("seen", "milliseconds", "condition"),
    [
        (Observation(Condition.HEALTHY), 1.0, Condition.HEALTHY),
        (Observation(Condition.HEALTHY), 100.0, Condition.DEGRADED),
        (Observation(Condition.DEGRADED), 1.0, Condition.DEGRADED),
        (Observation(Condition.DOWN), 1.0, Condition.DOWN),
    ],
)
def test_a_look_may_judge_the_part_itself(seen, milliseconds, condition):
    """Slowness only makes it worse."""
    part = Part(milliseconds)

    def look():
        part.look()
        return seen

    check = HealthCheck({"audit": Probe(look, slow_ms=100)}, ManualClock(), seconds=lambda: part.seconds)
    report = check().parts["audit"]
    assert report.condition is condition


def test_why_a_part_is_down_is_logged_once(caplog):
    """A disk somebody has to make room on, by name; what a library says stays out of the log."""

    def full():
        raise DiskFullError("/srv/data")

    passed = [0.0]
    probes = {"database": Probe(full, slow_ms=100), "ecw": Probe(Part(is_down=True).look, slow_ms=100)}
    check = HealthCheck(probes, ManualClock(), seconds=lambda: passed[0])
    for _ in range(3):
        check()
        passed[0] += 10.0
    told = [record.getMessage() for record in caplog.records]
    assert [line.partition(". ")[0] for line in told] == [
        "the part database is down: The disk of /srv/data is full",
        "the part ecw is down: ConnectionError",
    ]
