# SPDX-License-Identifier: Apache-2.0
"""The ways an emu command can end badly, and the exit status of each; holds no behaviour."""

EXIT_OK = 0
EXIT_FAILED = 1  # the machine did something else than was asked or expected
EXIT_USAGE = 2  # the command line was wrong
EXIT_DEADLINE = 3  # the time was up before the awaited thing happened
EXIT_NO_MACHINE = 4  # there is no running machine in this run directory
EXIT_NO_ANSWER = 120  # added to the above where a status would be taken for that of a command in the machine


class EmuError(Exception):
    """Ends a command; the text is for the person at the keyboard."""

    exit_status = EXIT_FAILED


class UsageError(EmuError):
    exit_status = EXIT_USAGE


class DeadlineError(EmuError):
    exit_status = EXIT_DEADLINE


class NoMachineError(EmuError):
    exit_status = EXIT_NO_MACHINE
