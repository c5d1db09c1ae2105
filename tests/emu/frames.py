# SPDX-License-Identifier: Apache-2.0
"""Reads the record of the wire and says of each frame what it is; believes nothing but its bytes."""

import ipaddress
import struct

RECORD = struct.Struct("<IIII")
FILE_HEADER = 24
ETHERNET = 14
ARP, IPV4, IPV6 = 0x0806, 0x0800, 0x86DD
ICMP, TCP, ICMPV6, UDP, ESP = 1, 6, 58, 17, 50
FIN, RST = 1, 4  # flags of TCP
DHCP_OPTIONS, DHCP_TYPE, DHCP_END = 240, 53, 255  # behind the UDP header; codes of options
DISCOVER, REQUEST = 1, 3
ADVERTISEMENT, SOLICITED = 136, 0x40  # of neighbour discovery
ND_AND_MLD = (130, 131, 132, 133, 134, 135, 136, 143)


def timed(path):
    """[(seconds since 1970, frame)] of a pcap file; one that is being written may end in the middle of a frame."""
    with open(path, "rb") as file:
        data = file.read()
    at, frames = FILE_HEADER, []
    while at + RECORD.size <= len(data):
        seconds, micros, size, _ = RECORD.unpack_from(data, at)
        at += RECORD.size
        if at + size > len(data):
            break
        frames.append((seconds + micros / 1e6, data[at:at + size]))
        at += size
    return frames


def read(path):
    """The frames of a pcap file, without their times."""
    return [frame for _, frame in timed(path)]


def udp_kind(payload):
    """PAYLOAD: UDP header and what follows."""
    if len(payload) < 8:
        return "udp"
    source, target = struct.unpack_from(">HH", payload)
    if {source, target} <= {67, 68}:
        return "dhcp"
    if 500 in (source, target):
        return "ike"
    if 4500 in (source, target):
        # RFC 3948: four zero bytes mean IKE, one byte 0xff keeps an address translation alive, the rest is ESP.
        return "ike" if payload[8:12] in (bytes(4), b"\xff") else "esp"
    return "udp"


def unreachable(message):
    """An ICMP error that says of a packet of IKE or ESP, which it quotes, that nobody was there to take it."""
    return message[:1] == b"\x03" and len(message) >= 36 and kind(bytes(12) + b"\x08\0" + message[8:]) in ("ike", "esp")


def ipv6_kind(frame):
    """Neighbour discovery and multicast listeners, the latter behind a hop-by-hop header."""
    if len(frame) < ETHERNET + 42:
        return "ipv6"
    following, at = frame[ETHERNET + 6], ETHERNET + 40
    if following == 0:
        following, at = frame[at], at + 8 * (frame[at + 1] + 1)
    return "nd" if following == ICMPV6 and at < len(frame) and frame[at] in ND_AND_MLD else "ipv6"


def kind(frame):
    """arp, dhcp, ike, esp, esp-unreachable, nd, or a word for what else it is."""
    if len(frame) < ETHERNET + 20:
        return "short"
    ether = struct.unpack_from(">H", frame, 12)[0]
    if ether == ARP:
        return "arp"
    if ether == IPV6:
        return ipv6_kind(frame)
    if ether != IPV4:
        return f"ethertype-{ether:04x}"
    if struct.unpack_from(">H", frame, ETHERNET + 6)[0] & 0x1FFF:
        return "fragment"
    protocol = frame[ETHERNET + 9]
    if protocol == ICMP and unreachable(frame[ETHERNET + 4 * (frame[ETHERNET] & 15):]):
        return "esp-unreachable"
    if protocol == ESP:
        return "esp"
    if protocol == UDP:
        return udp_kind(frame[ETHERNET + 4 * (frame[ETHERNET] & 15):])
    return f"ip-{protocol}"


def addresses(frame):
    """The IPv4 addresses a frame names in its header, or asks for by ARP."""
    ether = struct.unpack_from(">H", frame, 12)[0] if len(frame) >= ETHERNET else 0
    places = {IPV4: (ETHERNET + 12, ETHERNET + 16), ARP: (ETHERNET + 14, ETHERNET + 24)}.get(ether, ())
    return [ipaddress.IPv4Address(frame[at:at + 4]) for at in places if at + 4 <= len(frame)]


def ends(frame):
    """(from, to): the IPv4 addresses of a packet as text, or None where there are none."""
    if len(frame) < ETHERNET + 20 or struct.unpack_from(">H", frame, 12)[0] != IPV4:
        return None
    return tuple(str(ipaddress.IPv4Address(frame[at:at + 4])) for at in (ETHERNET + 12, ETHERNET + 16))


def peers(frames):
    """Pairs of addresses, in order, that speak IKE or ESP with each other."""
    return {tuple(sorted(ends(frame) or ("none", "none"))) for frame in frames if kind(frame) in ("ike", "esp")}


def dhcp_type(frame):
    """The number of a DHCP message's type (1: DISCOVER, 3: REQUEST, 5: ACK), or None."""
    if kind(frame) != "dhcp":
        return None
    at = ETHERNET + 4 * (frame[ETHERNET] & 15) + 8 + DHCP_OPTIONS
    while at + 2 < len(frame) and frame[at] != DHCP_END:
        if frame[at] == DHCP_TYPE:
            return frame[at + 2]
        at += 1 if frame[at] == 0 else 2 + frame[at + 1]
    return None


def announced(frame):
    """The address that a frame announces as its sender's own: gratuitous ARP, or an advertisement nobody has asked for. Else None."""
    if kind(frame) == "arp" and len(frame) >= ETHERNET + 28 and frame[ETHERNET + 14:ETHERNET + 18] == frame[ETHERNET + 24:ETHERNET + 28]:
        return str(ipaddress.IPv4Address(frame[ETHERNET + 14:ETHERNET + 18]))
    at = ETHERNET + 40
    if kind(frame) == "nd" and frame[at] == ADVERTISEMENT and len(frame) >= at + 24 and not frame[at + 4] & SOLICITED:
        return str(ipaddress.IPv6Address(frame[at + 8:at + 24]))
    return None


def tcp(frame):
    """(from address, from port, to address, to port, flags) of a TCP segment, or None."""
    where = ends(frame)
    at = ETHERNET + 4 * (frame[ETHERNET] & 15) if where else 0
    if not where or kind(frame) != f"ip-{TCP}" or len(frame) < at + 20:
        return None
    source, target = struct.unpack_from(">HH", frame, at)
    return where[0], source, where[1], target, frame[at + 13]


def holding(frames, marker):
    """The frames in which MARKER can be read."""
    return [frame for frame in frames if marker.encode() in frame]


def kinds_with(frames, marker):
    """What kinds of frames MARKER can be read in."""
    return {kind(frame) for frame in holding(frames, marker)}


def in_the_clear(frames, secret_nets, marker):
    """What no wire may show, one line each: outside ESP an address of SECRET_NETS or the marker, inside it the marker."""
    nets = [ipaddress.IPv4Network(net) for net in secret_nets]
    found = [f"{kind(frame)} with the marker: {frame[:64].hex()}" for frame in holding(frames, marker)]
    for frame in frames:
        name = kind(frame)
        for address in addresses(frame):
            if any(address in net for net in nets):
                found.append(f"{name} with {address}: {frame[:64].hex()}")
    return found
