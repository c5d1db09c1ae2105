# SPDX-License-Identifier: Apache-2.0
"""Walks x86-64 page tables, nested page tables and VT-d second-level tables; judges nothing but their form."""

PAGE = 4096
ADDRESS = 0x000FFFFFFFFFF000
LARGE = 1 << 7
LEAVES_MAX = 1 << 21
TABLES_MAX = 1 << 14

# x86-64 and nested entries
PRESENT = 1 << 0
WRITE = 1 << 1
USER = 1 << 2
NO_EXECUTE = 1 << 63
# VT-d second-level entries
VTD_READ = 1 << 0
VTD_WRITE = 1 << 1


class Leaf:
    """One mapping: input address, host-physical address, size, rights after all levels."""

    __slots__ = ("ia", "hpa", "size", "write", "execute", "user")

    def __init__(self, ia, hpa, size, write, execute, user):
        self.ia = ia
        self.hpa = hpa
        self.size = size
        self.write = write
        self.execute = execute
        self.user = user

    @property
    def end(self):
        return self.hpa + self.size

    def __repr__(self):
        rights = "".join(letter for letter, has in
                         (("w", self.write), ("x", self.execute), ("u", self.user)) if has)
        return f"{self.ia:#x} -> {self.hpa:#x}+{self.size:#x} r{rights}"


class Walk:
    """The leaves below one root, the pages its tables lie in, and what is malformed."""

    def __init__(self):
        self.leaves = []
        self.tables = set()
        self.problems = []


def canonical(ia):
    return ia | 0xFFFF000000000000 if ia >> 47 else ia


def step(entry, rights, vtd):
    """Rights (write, execute, user) after one more entry, or None where it maps nothing."""
    write, execute, user = rights
    if vtd:
        if not entry & (VTD_READ | VTD_WRITE):
            return None
        return write and bool(entry & VTD_WRITE), False, False
    if not entry & PRESENT:
        return None
    return (write and bool(entry & WRITE), execute and not entry & NO_EXECUTE,
            user and bool(entry & USER))


def walk(mem, root, levels=4, vtd=False):
    """
    Everything mapped below ROOT.

    mem     has table(hpa) -> 512 entries
    levels  of tables, 3 or 4
    vtd     second-level entries of VT-d instead of the processor's
    """
    found = Walk()
    found.tables.add(root & ADDRESS)
    todo = [(root & ADDRESS, levels - 1, 0, (True, True, True))]
    while todo:  # bound: TABLES_MAX and LEAVES_MAX
        table, level, base, rights = todo.pop()
        if len(found.tables) >= TABLES_MAX or len(found.leaves) >= LEAVES_MAX:
            found.problems.append(f"more tables or leaves below {root:#x} than any we build")
            break
        size = PAGE << (9 * level)
        for index, entry in enumerate(mem.table(table)):
            after = step(entry, rights, vtd) if entry else None
            if after is None:
                continue
            ia = base + index * size
            hpa = entry & ADDRESS
            if level and not entry & LARGE:
                if hpa in found.tables:
                    found.problems.append(f"table {hpa:#x} is used twice below {root:#x}")
                    continue
                found.tables.add(hpa)
                todo.append((hpa, level - 1, ia, after))
                continue
            if level > 2:
                found.problems.append(f"entry {entry:#x} of {table:#x}: large page at level {level + 1}")
                continue
            hpa &= ~(1 << 12) if level else ~0  # bit 12 of a large leaf belongs to the memory type
            if hpa & (size - 1):
                found.problems.append(f"entry {entry:#x} of {table:#x}: unaligned large page")
                continue
            found.leaves.append(Leaf(ia if vtd else canonical(ia), hpa, size, *after))
    return found
