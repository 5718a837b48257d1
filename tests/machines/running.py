"""How a machine is run: as often and as long as a build allows, and longer at night."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

NIGHT_RUNS = 50
"""How many times as many runs a night has."""


def run_machine(
    machine: type[RuleBasedStateMachine],
    new_ground: Callable[..., Any],
    runs: int,
    steps: int,
    *,
    night_steps: int = 1,
) -> None:
    """Run a machine on new ground; a run at night has ``night_steps`` times as many steps."""
    is_night = settings.get_current_profile_name() == "night"
    grounded = type("Machine", (machine,), {"new_ground": staticmethod(new_ground)})
    run_state_machine_as_test(
        grounded,
        settings=settings(
            max_examples=runs * NIGHT_RUNS if is_night else runs,
            stateful_step_count=steps * night_steps if is_night else steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
