/* What plain.c uses of Windows, and nothing else: layouts and prototypes as on Microsoft's reference
   pages, checked against the offsets of the WDK 10.0.22621 by the assertions below. x86-64. */
#pragma once

typedef unsigned char UCHAR;
typedef unsigned short USHORT;
typedef unsigned int ULONG;
typedef unsigned long long ULONG64;
typedef int NDIS_STATUS, NTSTATUS;
typedef void *PVOID, *NDIS_HANDLE;

#define NULL ((void *)0)
#define offsetof(type, field) __builtin_offsetof(type, field)
#define AT(type, field, offset) _Static_assert(offsetof(type, field) == (offset), #field)
#define SIZED(type, size) _Static_assert(sizeof(type) == (size), #type)

#define NDIS_STATUS_SUCCESS ((NDIS_STATUS)0)
#define NDIS_STATUS_RESOURCES ((NDIS_STATUS)0xC000009A)
#define NDIS_STATUS_PAUSED ((NDIS_STATUS)0xC023002A)

typedef struct {
    USHORT Length, MaximumLength;
    USHORT *Buffer;
} UNICODE_STRING;
SIZED(UNICODE_STRING, 16);

typedef struct DRIVER_OBJECT {
    UCHAR Opaque[104];
    void (*DriverUnload)(struct DRIVER_OBJECT *);
    PVOID MajorFunction[28];
} DRIVER_OBJECT;
SIZED(DRIVER_OBJECT, 336);

typedef struct {
    UCHAR Type, Revision;
    USHORT Size;
} NDIS_OBJECT_HEADER;

typedef struct {
    NDIS_OBJECT_HEADER Header;
    UCHAR MajorNdisVersion, MinorNdisVersion, MajorDriverVersion, MinorDriverVersion;
    ULONG Flags;
    UNICODE_STRING FriendlyName, UniqueName, ServiceName;
    PVOID SetOptionsHandler, SetFilterModuleOptionsHandler, AttachHandler, DetachHandler,
        RestartHandler, PauseHandler, SendNetBufferListsHandler, SendNetBufferListsCompleteHandler,
        CancelSendNetBufferListsHandler, ReceiveNetBufferListsHandler, ReturnNetBufferListsHandler,
        OidRequestHandler, OidRequestCompleteHandler, CancelOidRequestHandler,
        DevicePnPEventNotifyHandler, NetPnPEventHandler, StatusHandler, DirectOidRequestHandler,
        DirectOidRequestCompleteHandler, CancelDirectOidRequestHandler;
} NDIS_FILTER_DRIVER_CHARACTERISTICS;
AT(NDIS_FILTER_DRIVER_CHARACTERISTICS, FriendlyName, 16);
AT(NDIS_FILTER_DRIVER_CHARACTERISTICS, StatusHandler, 192);
SIZED(NDIS_FILTER_DRIVER_CHARACTERISTICS, 224);

typedef struct {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
} NDIS_FILTER_ATTRIBUTES;

typedef struct {
    NDIS_OBJECT_HEADER Header;
    ULONG PortNumber;
    ULONG NetEvent;
} NET_PNP_EVENT_NOTIFICATION;
AT(NET_PNP_EVENT_NOTIFICATION, NetEvent, 8);

enum { NetEventQueryPower = 1, NetEventQueryRemoveDevice = 2 };

typedef struct NET_BUFFER_LIST {
    struct NET_BUFFER_LIST *Next;
    UCHAR Opaque[132];
    NDIS_STATUS Status;
} NET_BUFFER_LIST;
AT(NET_BUFFER_LIST, Status, 140);

/* NDIS_SEND_FLAGS_, _SEND_COMPLETE_FLAGS_, _RECEIVE_FLAGS_ and _RETURN_FLAGS_DISPATCH_LEVEL. */
#define DISPATCH_LEVEL_FLAG 1u
#define NDIS_RECEIVE_FLAGS_RESOURCES 2u
enum { NormalPoolPriority = 16 };

#define IMPORT __declspec(dllimport)

IMPORT NDIS_STATUS NdisFRegisterFilterDriver(DRIVER_OBJECT *, NDIS_HANDLE,
                                             NDIS_FILTER_DRIVER_CHARACTERISTICS *, NDIS_HANDLE *);
IMPORT void NdisFDeregisterFilterDriver(NDIS_HANDLE);
IMPORT NDIS_STATUS NdisFSetAttributes(NDIS_HANDLE, NDIS_HANDLE, NDIS_FILTER_ATTRIBUTES *);
IMPORT PVOID NdisAllocateMemoryWithTagPriority(NDIS_HANDLE, ULONG, ULONG, int);
IMPORT void NdisFreeMemory(PVOID, ULONG, ULONG);
IMPORT NDIS_STATUS NdisFNetPnPEvent(NDIS_HANDLE, NET_PNP_EVENT_NOTIFICATION *);
IMPORT void NdisFDevicePnPEventNotify(NDIS_HANDLE, PVOID);
IMPORT void NdisFIndicateStatus(NDIS_HANDLE, PVOID);
IMPORT void NdisFSendNetBufferLists(NDIS_HANDLE, NET_BUFFER_LIST *, ULONG, ULONG);
IMPORT void NdisFSendNetBufferListsComplete(NDIS_HANDLE, NET_BUFFER_LIST *, ULONG);
IMPORT void NdisFCancelSendNetBufferLists(NDIS_HANDLE, PVOID);
IMPORT void NdisFIndicateReceiveNetBufferLists(NDIS_HANDLE, NET_BUFFER_LIST *, ULONG, ULONG, ULONG);
IMPORT void NdisFReturnNetBufferLists(NDIS_HANDLE, NET_BUFFER_LIST *, ULONG);

IMPORT void KeInitializeSpinLock(ULONG64 *);
IMPORT void ExRaiseStatus(NDIS_STATUS Status);
IMPORT UCHAR KeAcquireSpinLockRaiseToDpc(ULONG64 *);
IMPORT void KeReleaseSpinLock(ULONG64 *, UCHAR);
IMPORT void KeAcquireSpinLockAtDpcLevel(ULONG64 *);
IMPORT void KeReleaseSpinLockFromDpcLevel(ULONG64 *);
