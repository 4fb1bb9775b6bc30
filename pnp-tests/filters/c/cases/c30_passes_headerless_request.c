/* nmap/npcap#296, #729, #755, #793: a protocol, raspppoe while it binds, sends a request whose Header is all
   zero; NdisAllocateCloneOidRequest stops the machine with 0x7C, 0x21, and the filter is blamed. It should
   look before it clones; this one does not. */
#include "filter.h"

#include "rest.h"
