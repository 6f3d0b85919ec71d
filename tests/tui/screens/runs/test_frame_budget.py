"""The budget of the monitor's frames, with clocks of its own."""

from dataclasses import dataclass

import pytest

from wftui.tui.screens.runs.frame_budget import FRAMES_PER_SECOND, SHARE, FrameBudget


@dataclass
class Machine:
    """The clocks of a thread."""

    now: float = 100.0
    used: float = 7.0
    granted: float = 1.0

    def work(self, cpu: float) -> None:
        self.now += cpu
        self.used += cpu


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def budget(machine: Machine) -> FrameBudget:
    return FrameBudget(lambda: machine.now, lambda: machine.used, lambda: machine.granted)


def storm(machine: Machine, budget: FrameBudget, seconds: float, cost: float) -> tuple[int, float]:
    """Paint as often as allowed; return how often, and the CPU used."""
    end, used, frames = machine.now + seconds, machine.used, 0
    while True:
        machine.now += (pause := budget.pause())
        if machine.now >= end:
            return frames, machine.used - used
        if pause < 0.001:
            budget.paint()
            machine.work(cost)
            frames += 1


@pytest.mark.parametrize("cost", [0.001, 0.005, 0.02, 0.05])
def test_a_storm_gets_its_share_of_a_cpu_and_no_more(machine: Machine, budget: FrameBudget, cost: float) -> None:
    frames, used = storm(machine, budget, 60, cost)
    assert frames <= 60 * FRAMES_PER_SECOND + 1
    assert used <= 60 * SHARE + 0.04 + cost
    assert frames >= min(60 * FRAMES_PER_SECOND, 60 * SHARE / cost) * 0.8


def test_the_first_frame_and_those_of_a_short_run_come_at_once(machine: Machine, budget: FrameBudget) -> None:
    assert budget.pause() == 0.0
    frames, _ = storm(machine, budget, 0.25, 0.015)
    assert frames == 5


def test_a_frame_waits_a_second_at_most_whatever_keys_use(machine: Machine, budget: FrameBudget) -> None:
    budget.paint()
    machine.work(0.3)
    assert budget.pause() > 0.6
    while budget.pause() > 0.0:
        machine.work(0.1)
    assert machine.now <= 101.2
    budget.paint()
    machine.work(0.01)
    assert 0.9 < budget.pause() <= 1.0
    assert budget.pause(hurry=True) <= 1 / FRAMES_PER_SECOND


def test_what_others_use_at_rest_is_forgotten(machine: Machine, budget: FrameBudget) -> None:
    storm(machine, budget, 10, 0.05)
    machine.now += 10
    assert budget.pause() == 0.0


def test_on_a_busy_machine_it_is_a_share_of_what_the_process_gets(machine: Machine, budget: FrameBudget) -> None:
    machine.granted = 0.25
    frames, used = storm(machine, budget, 60, 0.02)
    assert used <= 60 * SHARE / 4 + 0.04 + 0.02
    assert frames >= 60 * 0.9


@pytest.mark.parametrize(("is_live", "looks"), [(False, 1), (True, 1), (True, 2)])
async def test_what_nobody_waits_for_waits_while_a_run_storms(
    machine: Machine, budget: FrameBudget, is_live: bool, looks: int
) -> None:
    budget.paint()
    machine.work(0.04 + 0.08 * looks)
    asked = []

    def storms() -> bool:
        asked.append(machine.now)
        machine.now += 1.0
        return is_live

    await budget.until_calm(storms)
    assert len(asked) == looks
