"""The process that stops the embedded server once nobody uses it, run as a script of its own.

It imports the standard library only, so that it starts in 10 ms without the environment's packages.
"""

import fcntl
import os
import signal
import sys


def main(guard: int, users_lock: str, uid: int, gid: int, command: list[str]) -> None:
    """Lets the caller go on, waits until nobody else holds the lock, then becomes the command.

    ``guard`` is an inherited, locked file: as long as it is open, there is a watchdog.
    """
    users = os.open(users_lock, os.O_RDWR)
    if os.fork():
        return
    # A session of its own: Ctrl-C in the terminal is for the users, who then let go one by one.
    os.setsid()
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.SIG_IGN)
    fcntl.flock(users, fcntl.LOCK_EX)
    # Whoever comes now waits on this lock until the server is down. The guard must be gone by then,
    # or the newcomer would take this process for the watchdog of the server it starts.
    os.set_inheritable(users, True)
    os.set_inheritable(guard, False)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    os.execv(command[0], command)  # noqa: S606 - the caller's pg_ctl, which needs no shell


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:])
