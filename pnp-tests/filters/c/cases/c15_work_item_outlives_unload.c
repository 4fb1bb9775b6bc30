/* microsoft/xdp-for-windows#225: DriverUnload is done, and a work item waits for what only the unloading side
   would have done: the image stays, and the service cannot start again. */
#define SETUP() Prepare()
#include "device.h"

static IO_WORKITEM *WorkItem;
/* Nobody sets it. */
static KEVENT Go;

static NDIS_STATUS Prepare(void)
{
    NDIS_STATUS Status = MakeDevice();
    KeInitializeEvent(&Go, NotificationEvent, 0);
    if (Status == NDIS_STATUS_SUCCESS)
        WorkItem = IoAllocateWorkItem(DeviceObject);
    return Status;
}

static void Work(PVOID Object, PVOID Context, IO_WORKITEM *Item)
{
    KeWaitForSingleObject(&Go, Executive, KernelMode, 0, NULL);
    IoFreeWorkItem(Item);
}

#define OWN_PAUSE
static NDIS_STATUS FilterPause(MODULE *Module, PVOID Parameters)
{
    IO_WORKITEM *Item = __atomic_exchange_n(&WorkItem, NULL, __ATOMIC_SEQ_CST);
    if (Item != NULL)
        IoQueueWorkItemEx(Item, Work, DelayedWorkQueue, NULL);
    Close(Module);
    return NDIS_STATUS_SUCCESS;
}

#include "rest.h"
