# SPDX-License-Identifier: Apache-2.0
"""Stops a running machine for a moment, shows it to the auditor, lets it run on."""

from audit import Auditor, View
from lines import read_log
from physmem import PhysMem, functions, parse_mtree, ranges_named
from published import Published
from qmp import Qmp
from vtd import BASE, Unit


def look(qmp, rundir, published):
    """The auditor that has seen a machine which stands still."""
    mem = PhysMem(qmp, rundir)
    mem.load(published.frames, published.frames_count * 4)
    mem.load(published.ptpool[0], published.ptpool[1] - published.ptpool[0])
    ranges = parse_mtree(qmp.human("info mtree -f"))
    unit = Unit(mem) if any(first == BASE for first, _ in ranges_named(ranges, "intel_iommu")) else None
    msix = [(first & ~0xFFF, (end + 0xFFF) & ~0xFFF) for first, end in ranges_named(ranges, "msix-table")]
    view = View(mem, published, ranges_named(ranges, "pc.ram"), msix,
                functions(qmp.command("query-pci")), unit)
    auditor = Auditor(view)
    auditor.run()
    return auditor


def audit(rundir):
    """(findings, counts) of a running machine."""
    auditor = auditor_of(rundir, Published(read_log(rundir)))
    return auditor.findings, auditor.counts


def auditor_of(rundir, published):
    """The auditor that has seen a running machine; PUBLISHED: what its log says of its tables."""
    with Qmp(rundir.file("ctl.sock")) as qmp:
        was_running = qmp.command("query-status")["running"]
        qmp.command("stop")
        try:
            return look(qmp, rundir, published)
        finally:
            if was_running:
                qmp.command("cont")
