/* nmap/npcap#70, #195, #196, #198, nmap/nmap#1417, SoftEtherVPN/Win10Pcap#2: the filter declares NDIS 6.20,
   and NDIS turns RSC off on every adapter: 10 Gbit/s become 2. */
#define MINOR_NDIS_VERSION 20
#include "filter.h"

#include "rest.h"
