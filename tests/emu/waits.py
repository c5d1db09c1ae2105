# SPDX-License-Identifier: Apache-2.0
"""Waits for something that has to be looked at again and again; knows nothing of what it waits for."""

import time

from errors import DeadlineError


def until(what, holds, timeout_s, pause_s):
    """
    What HOLDS gives back once that is not false; it is asked again each PAUSE_S.

    After the deadline it is asked once more: this process may have stood still while the time passed and what it waits for came.
    """
    end = time.monotonic() + timeout_s
    while True:  # bound: the deadline
        late = time.monotonic() > end
        found = holds()
        if found:
            return found
        if late:
            raise DeadlineError(f"waited {timeout_s:g} s for {what}, in vain")
        time.sleep(pause_s)  # between two looks; the deadline is above
