/* nmap/npcap#831: a list changes in the control path while the receive path walks it. */
#define OWN_CREATE
#define OWN_CLEANUP
#define OWN_FIELDS ULONG64 Snapped;
#include "device.h"

typedef struct PROGRAM {
    struct PROGRAM *volatile Next;
    ULONG Snap;
} PROGRAM;

static PROGRAM *volatile Programs;

static NTSTATUS DispatchCreate(DEVICE_OBJECT *Object, IRP *Irp)
{
    PROGRAM *Program = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Program), 'gorP');
    if (Program != NULL) {
        Program->Snap = 96;
        Program->Next = Programs;
        Programs = Program;
    }
    Irp->CurrentStackLocation->FileObject->FsContext = Program;
    return Succeed(Object, Irp);
}

static NTSTATUS DispatchCleanup(DEVICE_OBJECT *Object, IRP *Irp)
{
    PROGRAM *Program = Irp->CurrentStackLocation->FileObject->FsContext;
    PROGRAM *volatile *At = &Programs;
    while (*At != NULL && *At != Program)
        At = &(*At)->Next;
    if (*At != NULL)
        *At = Program->Next;
    if (Program != NULL)
        ExFreePoolWithTag(Program, 'gorP');
    return Succeed(Object, Irp);
}

#define OWN_RECEIVE
static void FilterReceive(MODULE *Module, NET_BUFFER_LIST *Lists, ULONG Port, ULONG Count, ULONG Flags);

#include "rest.h"

static void FilterReceive(MODULE *Module, NET_BUFFER_LIST *Lists, ULONG Port, ULONG Count, ULONG Flags)
{
    PROGRAM *Program;
    if (!EnterReceive(Module, Lists, Flags))
        return;
    for (Program = Programs; Program != NULL; Program = Program->Next) {
        UCHAR Irql = 0;
        /* The work for one program, with the module's own lock. */
        Acquire(Module, Flags, &Irql);
        Module->Snapped += Program->Snap;
        Release(Module, Flags, Irql);
    }
    NdisFIndicateReceiveNetBufferLists(Module->Handle, Lists, Port, Count, Flags);
    Leave(Module, Flags);
}
