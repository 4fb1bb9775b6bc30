/* A small right filter: packets pass and are counted while they do, a pause waits for them, requests are cloned.
   A case includes this file, defines OWN_X with its own version of one callback, the one with the reported mistake, and
   includes rest.h, which has everything that the case did not replace. */
#pragma once

#include "../ntoid.h"

#define TAG 'rgBF'
/* What clang says of a function that a case does not need. */
#define SPARE __attribute__((unused))

#ifndef MINOR_NDIS_VERSION
#define MINOR_NDIS_VERSION 50
#endif
/* What a case adds to a module's context. */
#ifndef OWN_FIELDS
#define OWN_FIELDS
#endif

typedef struct {
    LIST_ENTRY Link;
    NDIS_HANDLE Handle;
    ULONG64 Lock;
    /* Both under Lock: whether it is neither paused nor pausing, and how many threads pass packets. */
    UCHAR Running;
    LONG Users;
    KEVENT Idle;
    /* The clone of a request that is below, for its cancellation. */
    NDIS_OID_REQUEST *Clone;
    OWN_FIELDS
} MODULE;

static NDIS_HANDLE Driver;
SPARE static DRIVER_OBJECT *DriverObject;
/* Every module, under Lock. */
static LIST_ENTRY Modules;
static ULONG64 Lock;

NTSTATUS DriverEntry(DRIVER_OBJECT *Object, UNICODE_STRING *Path);
static void DriverUnload(DRIVER_OBJECT *Object);
static NDIS_STATUS FilterAttach(NDIS_HANDLE Handle, NDIS_HANDLE Context, PVOID Parameters);
static void FilterDetach(MODULE *Module);
static NDIS_STATUS FilterRestart(MODULE *Module, NDIS_FILTER_RESTART_PARAMETERS *Parameters);
static NDIS_STATUS FilterPause(MODULE *Module, PVOID Parameters);
static void FilterStatus(MODULE *Module, NDIS_STATUS_INDICATION *Indication);
static NDIS_STATUS FilterNetPnPEvent(MODULE *Module, NET_PNP_EVENT_NOTIFICATION *Event);
static NDIS_STATUS FilterOidRequest(MODULE *Module, NDIS_OID_REQUEST *Request);
static void FilterSend(MODULE *Module, NET_BUFFER_LIST *Lists, ULONG Port, ULONG Flags);
static void FilterSendComplete(MODULE *Module, NET_BUFFER_LIST *Lists, ULONG Flags);
static void FilterReceive(MODULE *Module, NET_BUFFER_LIST *Lists, ULONG Port, ULONG Count, ULONG Flags);

/* Lets packets pass from now on. */
SPARE static void Open(MODULE *Module);
/* Lets no packet pass from now on, and waits for the threads that pass some. */
SPARE static void Close(MODULE *Module);
/* Whether these lists may pass, which Leave ends; otherwise they are given back. */
SPARE static int EnterSend(MODULE *Module, NET_BUFFER_LIST *Lists, ULONG Flags);
SPARE static int EnterReceive(MODULE *Module, NET_BUFFER_LIST *Lists, ULONG Flags);
SPARE static void Leave(MODULE *Module, ULONG Flags);
/* Completes a send with this status. */
SPARE static void Refuse(MODULE *Module, NET_BUFFER_LIST *Lists, ULONG Flags, NDIS_STATUS Status);
/* Clones a request and passes it on; the clone is the module's while it is below. */
SPARE static NDIS_STATUS PassOn(MODULE *Module, NDIS_OID_REQUEST *Request);
/* Originates a request and waits for its end. PASSIVE_LEVEL. */
SPARE static NDIS_STATUS Ask(MODULE *Module, ULONG Type, ULONG Oid, PVOID Buffer, ULONG Length, ULONG *BytesRead);
/* Takes the module off the list. */
SPARE static void Unlink(MODULE *Module);

static PVOID Allocate(NDIS_HANDLE Handle, ULONG Size)
{
    PVOID Block = NdisAllocateMemoryWithTagPriority(Handle, Size, TAG, NormalPoolPriority);
    if (Block != NULL)
        memset(Block, 0, Size);
    return Block;
}
