#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Rights of the segments of one image; the rules are in segments.awk.  usage: segments.sh IMAGE.elf
readelf -lSrdW "$1" | awk -f "${0%/*}/segments.awk"
