"""What process 1 of a container does besides serving: it buries those whom nobody else waits for.

The embedded Valkey is nobody's child, and neither is what a killed process leaves behind. Where we
are process 1 they become ours, and stay zombies until somebody asks how they ended. A server asks
about its own children, each by its id, and must be the only one who does; so it moves into a
process of its own, and process 1 does nothing else.
"""

import os
import signal
import sys

PASSED_ON = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)
KILLED = 128
"""An end by a signal is told as this plus its number, as shells do."""


def leave_process_1() -> None:
    """As process 1 go on in a child, which gets all signals and whose end is the end; elsewhere do
    nothing. To be called before there are threads."""
    if os.getpid() != 1:
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)  # none is lost on the way
    child = os.fork()
    if child == 0:
        # Ctrl-C reaches the terminal's whole group, and would come a second time from process 1.
        os.setpgid(0, 0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
        return
    for number in PASSED_ON:
        signal.signal(number, lambda number, _: os.kill(child, number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
    sys.exit(_bury_all_until(child))


def _bury_all_until(child: int) -> int:
    """Wait for the end of the child, and of whoever ends before; the child's exit status."""
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else KILLED - code
