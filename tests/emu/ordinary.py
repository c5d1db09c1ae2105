# SPDX-License-Identifier: Apache-2.0
"""How a user who is not root gets a network of namespaces: in a user namespace, where the system permits one."""

import os
import subprocess

from errors import EmuError

# In it the user is root over the namespaces made there, and /run is a folder of their own, gone with the last process.
# A network namespace to come back to, because ip may not return to that of the system.
INSIDE = ["unshare", "--user", "--map-root-user", "--mount", "--net", "--",
          "sh", "-c", "mount -t tmpfs none /run && exec \"$@\"", "sh"]
TUN = "/dev/net/tun"
# What can forbid it: the value that forbids, and the one that permits.
SWITCHES = {"kernel.unprivileged_userns_clone": ("0", "1"),
            "kernel.apparmor_restrict_unprivileged_userns": ("1", "0"),
            "user.max_user_namespaces": ("0", "10000"),
            "user.max_net_namespaces": ("0", "10000"),
            "user.max_mnt_namespaces": ("0", "10000")}
OTHERWISE = "or without a network: make run RUN_ARGS='--without nic'"


def switch(name):
    """The value of a kernel setting, or None where the kernel has none of this name."""
    try:
        with open("/proc/sys/" + name.replace(".", "/"), encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return None


def inside(command):
    """COMMAND with what makes it root over namespaces of its own. Raises with one line when that is forbidden."""
    if os.geteuid() == 0:
        return command
    for name, (forbids, permits) in SWITCHES.items():
        if switch(name) == forbids:
            raise EmuError(f"a network namespace is forbidden to this user ({name} is {forbids}); this permits it: "
                           f"sudo sysctl {name}={permits}; {OTHERWISE}")
    done = subprocess.run([*INSIDE, "true"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise EmuError(f"a network namespace is forbidden to this user ({' '.join(done.stdout.split())}); this does without "
                       f"asking: sudo make run; {OTHERWISE}")
    if os.path.exists(TUN) and not os.access(TUN, os.R_OK | os.W_OK):
        raise EmuError(f"{TUN}, which the gateway needs, is forbidden to this user; this permits it: sudo chmod 666 {TUN}; "
                       f"{OTHERWISE}")
    return [*INSIDE, *command]
