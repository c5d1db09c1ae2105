/* SPDX-License-Identifier: Apache-2.0 */
/* What bhctl hw check prints, byte by byte, its verdict on every kind of device, and when it says that all is well. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "build-image/bhctl/hwcheck.h"

#define FLR	    RUNG_BIT(HV_RUNG_FLR)
#define AF	    RUNG_BIT(HV_RUNG_AF)
#define PM	    RUNG_BIT(HV_RUNG_PM)
#define BUS	    RUNG_BIT(HV_RUNG_BUS)
#define RUNG_BIT(r) (1u << (r))

static struct hwcheck h;

static void machine(void)
{
	memset(&h, 0, sizeof h);
	h.machine = (struct hv_hw_status){.cpus = 2,
					  .ram_mib = 1003,
					  .functions = 9,
					  .iommus = 1,
					  .translating = 1,
					  .remapping = 1};
	h.s.vms = 2;
	h.s.vm[0] = (struct hv_vm_status){.name = "netvm", .ram_bytes = 32 << 20};
	h.s.vm[1] = (struct hv_vm_status){.name = "fifteen-letters", .ram_bytes = 64 << 20};
	h.s.devices = 1;
	h.s.device[0] = (struct hv_device_status){.name = "netvm-0",
						  .state = HV_DEVICE_ASSIGNED,
						  .bdf = 0x01fa,
						  .vendor = 0x8086,
						  .device = 0x10d3,
						  .port = 0x0020,
						  .rungs = PM | BUS,
						  .rungs_allowed = FLR | AF | PM | BUS,
						  .rungs_failed = PM,
						  .rung_worked = HV_RUNG_BUS,
						  .resets = 3,
						  .reset_us = 121999};
}

static char *shown(void (*show)(FILE *f, const struct hwcheck *h))
{
	static char text[8192];
	FILE *f = fmemopen(text, sizeof text, "w");

	show(f, &h);
	(void)fclose(f);
	return text;
}

static void text_of_a_machine(void)
{
	machine();
	h.s.devices = 2;
	h.s.device[1] = (struct hv_device_status){.name = "nic", .dom = 1, .rungs_allowed = BUS};
	CHECK_STR(
		shown(hwcheck_text),
		"loader NOT VERIFIED by the firmware, description NOT VERIFIED\n"
		"2 processors, 1003 MiB of memory of which VMs have 96\n"
		"IOMMU units: 1, translating DMA: 1, remapping interrupts: 1, silent: 0; PCI "
		"functions: 9\n"
		"device          VM              state    slot    id        below    can         "
		"  may           resets     ms  verdict\n"
		"netvm-0         netvm           assigned 01:1f.2 8086:10d3 00:04.0  pm,bus      "
		"  flr,af,pm,bus      3    121  reset by bus\n"
		"nic             fifteen-letters absent   -       -         -        -           "
		"  bus                0      -  absent: not in the machine, or not fit to be given "
		"to a VM\n");
	h.machine.flags = HV_HW_SECURE | HV_HW_VERIFIED | HV_HW_DEVELOPER;
	CHECK_TRUE(strstr(shown(hwcheck_text),
			  "loader verified by the firmware, description verified, developer's\n") !=
		   NULL);
}

static void json_of_a_machine(void)
{
	machine();
	CHECK_STR(shown(hwcheck_json),
		  "{\"good\": true, \"machine\": {\"loader_verified\": false, "
		  "\"description_verified\": false, \"developer\": false, \"processors\": 2, "
		  "\"memory_mib\": 1003, \"given_bytes\": 100663296, \"functions\": 9, \"iommu\": "
		  "{\"units\": 1, \"translating\": 1, \"remapping\": 1, \"silent\": 0}}, "
		  "\"devices\": [{\"name\": \"netvm-0\", \"vm\": \"netvm\", \"state\": "
		  "\"assigned\", \"slot\": \"01:1f.2\", \"id\": \"8086:10d3\", \"port\": "
		  "\"00:04.0\", \"can\": [\"pm\", \"bus\"], \"may\": [\"flr\", \"af\", \"pm\", "
		  "\"bus\"], \"failed\": [\"pm\"], \"worked\": \"bus\", \"resetting\": false, "
		  "\"resets\": 3, \"reset_us\": 121999, \"tainted\": false, \"good\": true, "
		  "\"verdict\": \"reset by bus\"}]}\n");
	h.s.device[0] = (struct hv_device_status){.name = "nic", .dom = 9};
	CHECK_TRUE(
		strstr(shown(hwcheck_json),
		       "{\"name\": \"nic\", \"vm\": \"?\", \"state\": \"absent\", \"slot\": null, "
		       "\"id\": null, \"port\": null, \"can\": [], \"may\": [], \"failed\": [], "
		       "\"worked\": null, ") != NULL);
	machine();
	h.s.device[0].port = HV_ON_ROOT_BUS;
	CHECK_TRUE(strstr(shown(hwcheck_json), "\"port\": null") != NULL);
	CHECK_TRUE(strstr(shown(hwcheck_text), "root bus") != NULL);
}

static const struct {
	struct hv_device_status d;
	bool good;
	const char *verdict;
} rows[] = {
	{{.state = HV_DEVICE_ABSENT},
	 false, "absent: not in the machine, or not fit to be given to a VM"		     },
	{{.state = HV_DEVICE_ABSENT, .optional = 1},
	 true,	 "not in the machine, and its VM can do without"				},
	{{.state = HV_DEVICE_ASSIGNED, .rungs = FLR, .rungs_allowed = FLR | AF},
	 true,	 "not taken back yet"							 },
	{{.state = HV_DEVICE_FREE, .rungs = FLR, .rungs_allowed = FLR, .resets = 1, .resetting = 1},
	 true,	 "being reset"								},
	{{.state = HV_DEVICE_FREE,
	  .rungs = FLR,
	  .rungs_allowed = FLR,
	  .resets = 1,
	  .rung_worked = HV_RUNG_FLR},
	 true,	 "reset by flr"							       },
	{{.state = HV_DEVICE_ASSIGNED, .rungs_allowed = FLR | BUS},
	 false, "cannot be reset: no function level reset, no power state that resets, no port "
	 "above"							      },
	{{.state = HV_DEVICE_ASSIGNED, .rungs = PM | BUS, .rungs_allowed = FLR | AF},
	 false, "cannot be reset: the description allows flr,af, the device has pm,bus"	},
	{{.state = HV_DEVICE_ASSIGNED, .tainted = 1, .resets = 1},
	 false, "tainted: no function level reset, no power state that resets, no port above"},
	{{.state = HV_DEVICE_ASSIGNED,
	  .tainted = 1,
	  .rungs = PM | BUS,
	  .rungs_allowed = PM | BUS,
	  .rungs_failed = PM | BUS},
	 false, "tainted: its configuration space showed no reset after pm,bus"		},
	{{.state = HV_DEVICE_ASSIGNED,
	  .tainted = 1,
	  .rungs = PM | BUS,
	  .rungs_allowed = PM | BUS,
	  .rungs_failed = PM,
	  .rung_worked = HV_RUNG_BUS},
	 false, "tainted: it did not reset once; bus worked the last time"		   },
	{{.state = HV_DEVICE_FREE,
	  .rungs = FLR,
	  .rungs_allowed = FLR,
	  .resets = 1,
	  .rung_worked = 99},
	 true,	 "reset by ?"								 },
};

static void each_verdict(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char wanted[200];

		machine();
		h.s.device[0] = rows[i].d;
		CHECK_EQ(hwcheck_good(&h), rows[i].good);
		(void)snprintf(wanted, sizeof wanted, "  %s\n", rows[i].verdict);
		CHECK_TRUE(strstr(shown(hwcheck_text), wanted) != NULL);
		(void)snprintf(wanted, sizeof wanted, "\"verdict\": \"%s\"}", rows[i].verdict);
		CHECK_TRUE(strstr(shown(hwcheck_json), wanted) != NULL);
		(void)snprintf(wanted, sizeof wanted, "{\"good\": %s, ",
			       rows[i].good ? "true" : "false");
		CHECK_TRUE(strstr(shown(hwcheck_json), wanted) != NULL);
	}
}

/* One bad device among good ones, or one unit that does not do its work. */
static void one_fault_is_enough(void)
{
	machine();
	h.s.devices = 3;
	h.s.device[1] = h.s.device[2] = h.s.device[0];
	CHECK_TRUE(hwcheck_good(&h));
	h.s.device[0].tainted = 1;
	CHECK_FALSE(hwcheck_good(&h));
	machine();
	h.machine.iommus = h.machine.translating = h.machine.remapping = 2;
	CHECK_TRUE(hwcheck_good(&h));
	h.machine.translating = 1;
	CHECK_FALSE(hwcheck_good(&h));
	h.machine.translating = 2;
	h.machine.remapping = 1;
	CHECK_FALSE(hwcheck_good(&h));
	h.machine.remapping = 2;
	h.machine.silent = 1;
	CHECK_FALSE(hwcheck_good(&h));
	h.machine = (struct hv_hw_status){.cpus = 1};
	CHECK_FALSE(hwcheck_good(&h));
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(text_of_a_machine);
	RUN(json_of_a_machine);
	RUN(each_verdict);
	RUN(one_fault_is_enough);
	return check_end();
}
