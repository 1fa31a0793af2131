"""A turn goes to whoever has waited longest, and to nobody twice."""

import threading

from core.turns import Turn
from tests.waiting import wait_for

LONG = 20.0


def waiting(turn: Turn, name: int, got: list[int]) -> threading.Thread:
    """Let a thread queue for the turn; it has its place when this returns."""

    def work() -> None:
        assert turn.acquire(LONG)
        got.append(name)
        turn.release()

    before = len(turn._line)
    thread = threading.Thread(target=work)
    thread.start()
    wait_for(lambda: len(turn._line) == before + 1, "a place in the line")
    return thread


def test_the_first_to_wait_is_the_first_to_get_it() -> None:
    turn, got = Turn(), list[int]()
    assert turn.acquire(LONG)
    threads = [waiting(turn, number, got) for number in range(5)]

    turn.release()
    for thread in threads:
        thread.join()

    assert got == [0, 1, 2, 3, 4]


def test_who_gives_up_leaves_the_line() -> None:
    turn, got = Turn(), list[int]()
    assert turn.acquire(LONG)
    assert not turn.acquire(0.01)
    thread = waiting(turn, 1, got)

    turn.release()
    thread.join()

    assert got == [1]
    assert turn.acquire(0)


def test_only_one_has_it_at_a_time() -> None:
    turn, inside, most = Turn(), [0], [0]

    def work() -> None:
        for _ in range(200):
            assert turn.acquire(LONG)
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            inside[0] -= 1
            turn.release()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == [1]
