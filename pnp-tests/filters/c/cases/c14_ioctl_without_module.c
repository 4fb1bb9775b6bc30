/* openvswitch/ovs-issues#53: a user's request while no module is attached; nobody looks whether there is one.
   */
#define OWN_CONTROL
#define OWN_FIELDS ULONG64 Calls;
#include "device.h"

static NTSTATUS DispatchControl(DEVICE_OBJECT *Object, IRP *Irp)
{
    MODULE *Module = FirstModule();
    UCHAR Irql = KeAcquireSpinLockRaiseToDpc(&Module->Lock);
    Module->Calls++;
    KeReleaseSpinLock(&Module->Lock, Irql);
    return Succeed(Object, Irp);
}

#include "rest.h"
