/* nmap/npcap#710, #504: a program keeps its handle over a sleep and goes on asking; the driver makes a
   request to a miniport in D3 of every call. */
#define OWN_CONTROL
#include "device.h"

static NTSTATUS DispatchControl(DEVICE_OBJECT *Object, IRP *Irp)
{
    MODULE *Module = FirstModule();
    ULONG Lookahead = 0;
    if (Module != NULL)
        Ask(Module, NdisRequestQueryInformation, OID_GEN_CURRENT_LOOKAHEAD, &Lookahead, sizeof(Lookahead), NULL);
    return Succeed(Object, Irp);
}

#include "rest.h"
