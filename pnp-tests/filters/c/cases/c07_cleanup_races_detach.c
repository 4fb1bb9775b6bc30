/* nmap/npcap#601, #746, microsoft/xdp-for-windows#97: the cleanup of a handle takes a lock that lies in the
   module's context, which is freed while the handle is open. */
#define OWN_CREATE
#define OWN_CLEANUP
#define OWN_FIELDS ULONG64 Handles;
#include "device.h"

static NTSTATUS DispatchCreate(DEVICE_OBJECT *Object, IRP *Irp)
{
    Irp->CurrentStackLocation->FileObject->FsContext = FirstModule();
    return Succeed(Object, Irp);
}

static NTSTATUS DispatchCleanup(DEVICE_OBJECT *Object, IRP *Irp)
{
    MODULE *Module = Irp->CurrentStackLocation->FileObject->FsContext;
    if (Module != NULL) {
        UCHAR Irql = KeAcquireSpinLockRaiseToDpc(&Module->Lock);
        Module->Handles--;
        KeReleaseSpinLock(&Module->Lock, Irql);
    }
    return Succeed(Object, Irp);
}

#include "rest.h"
