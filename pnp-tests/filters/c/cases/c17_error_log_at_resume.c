/* VirtualBox/virtualbox#816: an error in the system's log at every resume. */
#include "filter.h"
#include "../ntio.h"

#define OWN_NET_PNP_EVENT
static NDIS_STATUS FilterNetPnPEvent(MODULE *Module, NET_PNP_EVENT_NOTIFICATION *Event)
{
    if (Event->NetEvent == NetEventSetPower) {
        IO_ERROR_LOG_PACKET *Packet = IoAllocateErrorLogEntry(DriverObject, sizeof(*Packet));
        if (Packet != NULL) {
            memset(Packet, 0, sizeof(*Packet));
            Packet->ErrorCode = (NTSTATUS)0xC004000B;
            IoWriteErrorLogEntry(Packet);
        }
    }
    return NdisFNetPnPEvent(Module->Handle, Event);
}

#include "rest.h"
