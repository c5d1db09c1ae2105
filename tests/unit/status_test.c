/* SPDX-License-Identifier: Apache-2.0 */
/* The two forms of bhctl status, byte by byte, and numbers that no word stands for. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build-image/bhctl/status.h"

static struct status s;

static void two_vms(void)
{
	memset(&s, 0, sizeof s);
	s.hypervisor.core_version = 0x010203;
	s.hypervisor.abi_version = 2;
	s.hypervisor.core_bytes = 812 * 1024 + 512;
	s.vms = 2;
	s.vm[0] = (struct hv_vm_status){
		.name = "netvm",
		.state = HV_VM_RUNNING,
		.ready = 1,
		.cause = HV_STOP_NESTED_FAULT,
		.life = 3,
		.restarts = 2,
		.role = HV_ROLE_NETVM,
		.ram_bytes = 32 << 20,
		.used_bytes = 21 << 20,
		.kept_bytes = 32 << 20,
		.restarts_left = 4,
		.core_bytes = 34176,
		.image_bytes = 11 << 20,
		.cpu_ns = 2182999999,
		.exits = 77,
		.last_rip = 0xffffffff80000000,
		.last_fault = 0xfee00000,
		.cpu = 1,
		.iommu_faults = 4,
		.sent_bytes = 55,
		.flags = HV_DOM_DEVELOPER,
		.status = HV_STATUS_LEASE | HV_STATUS_KEYS,
		.spare = {.room = 16 << 20,
			  .bytes = 9 << 20,
			  .state = HV_SPARE_SEALED,
			  .used = 1,
			  .trial_ms = 1234,
			  .back = HV_BACK_LEASE}
	};
	memset(s.vm[0].digest, 0xab, sizeof s.vm[0].digest);
	memset(s.vm[0].spare.digest, 0xcd, sizeof s.vm[0].spare.digest);
	s.vm[1] = (struct hv_vm_status){.name = "fifteen-letters", .ram_bytes = 64 << 20};
	s.devices = 2;
	s.device[0] = (struct hv_device_status){.name = "netvm-0",
						.state = HV_DEVICE_ASSIGNED,
						.bdf = 0x01fa,
						.vendor = 0x8086,
						.device = 0x10d3};
	s.device[1] = (struct hv_device_status){.name = "netvm-1"};
}

static char *shown(void (*show)(FILE *f, const struct status *s))
{
	static char text[8192];
	FILE *f = fmemopen(text, sizeof text, "w");

	show(f, &s);
	(void)fclose(f);
	return text;
}

static void text_of_two_vms(void)
{
	two_vms();
	CHECK_STR(shown(status_text),
		  "hypervisor 1.2.3, ABI 2, 812.5 KiB; focus: nobody; VPN: none\n"
		  "VM              role     state     epoch restarts left given-MiB used-MiB "
		  "core-KiB "
		  "cpu   cpu-ms  digest    last stop\n"
		  "netvm           netvm    ready         3        2    4      32.0     21.0       "
		  "33   "
		  "1     2182  abababab  nested-fault\n"
		  "fifteen-letters pvm      off           0        0    0      64.0        -       "
		  " 0   "
		  "0        0  00000000  none\n"
		  "device          VM              state\n"
		  "netvm-0         netvm           assigned 01:1f.2 8086:10d3\n"
		  "netvm-1         netvm           absent\n"
		  "spare image     state    digest   in-use trial-ms went-back     may-be\n"
		  "netvm           sealed   cdcdcdcd yes        1234 no-lease      any "
		  "(developer)\n");
}

static void json_of_two_vms(void)
{
	two_vms();
	CHECK_STR(
		shown(status_json),
		"{\"hypervisor\": {\"version\": \"1.2.3\", \"abi\": 2, \"bytes\": 832000}, "
		"\"focus\": null, "
		"\"vpn\": \"none\", \"vms\": [{\"name\": \"netvm\", \"role\": \"netvm\", "
		"\"state\": \"ready\", "
		"\"epoch\": 3, \"restarts\": 2, \"restarts_left\": 4, \"restart_in_ms\": 0, "
		"\"quarantined\": false, \"memory\": {\"given_bytes\": 33554432, "
		"\"used_bytes\": 22020096, "
		"\"core_bytes\": 34176, \"image_bytes\": 11534336, \"checkpoint_bytes\": "
		"33554432}, "
		"\"digest\": \"abababababababababababababababababababababababababababababababab\", "
		"\"devices\": [{\"name\": \"netvm-0\", \"state\": \"assigned\", \"slot\": "
		"\"01:1f.2\", "
		"\"id\": \"8086:10d3\", \"tainted\": false}, {\"name\": \"netvm-1\", \"state\": "
		"\"absent\", "
		"\"slot\": null, \"id\": null, \"tainted\": false}], \"cpu\": 1, \"cpu_ns\": "
		"2182999999, "
		"\"exits\": 77, \"iommu_faults\": 4, \"sent_bytes\": 55, "
		"\"says\": [\"lease\", \"keyboard\"], \"spare\": {\"room_bytes\": 16777216, "
		"\"state\": \"sealed\", \"bytes\": 9437184, "
		"\"digest\": \"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd\", "
		"\"in_use\": true, \"trial_ms\": 1234, \"went_back\": \"no-lease\", "
		"\"developer\": true}, \"last_stop\": {\"cause\": \"nested-fault\", "
		"\"rip\": \"0xffffffff80000000\", \"fault_address\": \"0xfee00000\"}}, "
		"{\"name\": \"fifteen-letters\", \"role\": \"pvm\", \"state\": \"off\", \"epoch\": "
		"0, "
		"\"restarts\": 0, \"restarts_left\": 0, \"restart_in_ms\": 0, "
		"\"quarantined\": false, \"memory\": {\"given_bytes\": 67108864, \"used_bytes\": "
		"null, "
		"\"core_bytes\": 0, \"image_bytes\": 0, \"checkpoint_bytes\": 0}, "
		"\"digest\": null, \"devices\": [], \"cpu\": 0, \"cpu_ns\": 0, \"exits\": 0, "
		"\"iommu_faults\": 0, \"sent_bytes\": 0, \"says\": [], \"spare\": null, "
		"\"last_stop\": null}]}\n");
}

static void what_comes_after_a_death(void)
{
	two_vms();
	s.vm[0].restart_in_ms = 250;
	s.vm[1].quarantined = 1;
	s.vm[1].cause = HV_STOP_PROGRESS;
	CHECK_TRUE(strstr(shown(status_text), "  nested-fault, again in 250 ms\n") != NULL);
	CHECK_TRUE(strstr(shown(status_text), "  no-progress, quarantined\n") != NULL);
	CHECK_TRUE(strstr(shown(status_json), "\"restart_in_ms\": 250, \"quarantined\": false") !=
		   NULL);
	CHECK_TRUE(strstr(shown(status_json), "\"restart_in_ms\": 0, \"quarantined\": true") !=
		   NULL);
}

static void focus_and_vpn(void)
{
	two_vms();
	s.vm[1].focused = 1;
	CHECK_TRUE(strstr(shown(status_text), "; focus: fifteen-letters; VPN: none\n") != NULL);
	CHECK_TRUE(strstr(shown(status_json),
			  "\"focus\": \"fifteen-letters\", \"vpn\": \"none\"") != NULL);
	s.vm[0].status = HV_STATUS_VPN_UP; /* not of that role: says nothing */
	s.vm[1].role = HV_ROLE_VPNVM;
	CHECK_TRUE(strstr(shown(status_json), "\"vpn\": \"down\"") != NULL);
	s.vm[1].status = HV_STATUS_VPN_UP;
	CHECK_TRUE(strstr(shown(status_json), "\"vpn\": \"up\"") != NULL);
	CHECK_TRUE(strstr(shown(status_text), "VPN: up\n") != NULL);
}

static void what_has_no_word(void)
{
	two_vms();
	s.vm[0].state = s.vm[0].cause = s.vm[0].role = 99;
	s.device[0].state = 99;
	s.device[0].dom = 9;
	s.device[0].tainted = 1;
	CHECK_TRUE(strstr(shown(status_text), "netvm           ?        ?  ") != NULL);
	CHECK_TRUE(strstr(shown(status_text),
			  "netvm-0         ?               ? 01:1f.2 8086:10d3 did not reset\n") !=
		   NULL);
	CHECK_TRUE(strstr(shown(status_json), "\"role\": \"?\", \"state\": \"?\"") != NULL);
}

static void a_running_vm_that_is_not_ready(void)
{
	two_vms();
	s.vm[0].ready = 0;
	CHECK_TRUE(strstr(shown(status_json), "\"state\": \"running\"") != NULL);
	CHECK_TRUE(strstr(shown(status_json), "\"used_bytes\": 22020096") == NULL);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(text_of_two_vms);
	RUN(json_of_two_vms);
	RUN(what_comes_after_a_death);
	RUN(focus_and_vpn);
	RUN(what_has_no_word);
	RUN(a_running_vm_that_is_not_ready);
	return check_end();
}
