/* What filters in C use of NDIS: layouts and prototypes as on Microsoft's reference pages, checked
   against the offsets of the WDK 10.0.22621 by the assertions below. x86-64. */
#pragma once

#include "nt.h"

typedef int NDIS_STATUS;
typedef void *NDIS_HANDLE;

#define NDIS_STATUS_SUCCESS ((NDIS_STATUS)0)
#define NDIS_STATUS_PENDING ((NDIS_STATUS)0x103)
#define NDIS_STATUS_FAILURE ((NDIS_STATUS)0xC0000001)
#define NDIS_STATUS_RESOURCES ((NDIS_STATUS)0xC000009A)
#define NDIS_STATUS_NOT_SUPPORTED ((NDIS_STATUS)0xC00000BB)
#define NDIS_STATUS_PAUSED ((NDIS_STATUS)0xC023002A)
#define NDIS_STATUS_LOW_POWER_STATE ((NDIS_STATUS)0xC023002F)

/* Of NDIS_OBJECT_HEADER.Type. */
enum {
    NDIS_OBJECT_TYPE_DEFAULT = 0x80,
    NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES = 0x85,
    NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS = 0x8B,
    NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES = 0x8D,
    NDIS_OBJECT_TYPE_OID_REQUEST = 0x96,
};

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
    /* Of its member NetPnPEvent: */
    ULONG NetEvent;
    PVOID Buffer;
    ULONG BufferLength;
} NET_PNP_EVENT_NOTIFICATION;
AT(NET_PNP_EVENT_NOTIFICATION, NetEvent, 8);
AT(NET_PNP_EVENT_NOTIFICATION, Buffer, 16);
AT(NET_PNP_EVENT_NOTIFICATION, BufferLength, 24);

enum { NetEventSetPower, NetEventQueryPower, NetEventQueryRemoveDevice, NetEventPortDeactivation = 11 };
enum { NdisDeviceStateD0 = 1 };

typedef struct {
    NDIS_OBJECT_HEADER Header;
    PVOID SourceHandle;
    ULONG PortNumber;
    ULONG StatusCode;
} NDIS_STATUS_INDICATION;
AT(NDIS_STATUS_INDICATION, StatusCode, 20);

typedef struct NDIS_RESTART_ATTRIBUTES {
    struct NDIS_RESTART_ATTRIBUTES *Next;
    ULONG Oid, DataLength;
    UCHAR Data[];
} NDIS_RESTART_ATTRIBUTES;
AT(NDIS_RESTART_ATTRIBUTES, Data, 16);

typedef struct {
    NDIS_OBJECT_HEADER Header;
    ULONG MtuSize;
    ULONG64 MaxXmitLinkSpeed, MaxRcvLinkSpeed;
    ULONG LookaheadSize, MacOptions, SupportedPacketFilters;
} NDIS_RESTART_GENERAL_ATTRIBUTES;
AT(NDIS_RESTART_GENERAL_ATTRIBUTES, SupportedPacketFilters, 32);

typedef struct {
    NDIS_OBJECT_HEADER Header;
    ULONG MiniportMediaType, MiniportPhysicalMediaType;
    NDIS_RESTART_ATTRIBUTES *RestartAttributes;
} NDIS_FILTER_RESTART_PARAMETERS;
AT(NDIS_FILTER_RESTART_PARAMETERS, RestartAttributes, 16);

typedef struct NET_BUFFER {
    struct NET_BUFFER *Next;
    MDL *CurrentMdl;
    ULONG CurrentMdlOffset;
    __attribute__((aligned(8))) ULONG DataLength;
} NET_BUFFER;
AT(NET_BUFFER, CurrentMdlOffset, 16);
AT(NET_BUFFER, DataLength, 24);

typedef struct NET_BUFFER_LIST {
    struct NET_BUFFER_LIST *Next;
    NET_BUFFER *FirstNetBuffer;
    UCHAR Opaque[104];
    NDIS_HANDLE SourceHandle;
    ULONG NblFlags, ChildRefCount, Flags;
    NDIS_STATUS Status;
} NET_BUFFER_LIST;
AT(NET_BUFFER_LIST, SourceHandle, 120);
AT(NET_BUFFER_LIST, Status, 140);

typedef struct {
    NDIS_OBJECT_HEADER Header;
    UCHAR ProtocolId, fAllocateNetBuffer;
    USHORT ContextSize;
    ULONG PoolTag, DataSize;
} NET_BUFFER_LIST_POOL_PARAMETERS;
SIZED(NET_BUFFER_LIST_POOL_PARAMETERS, 16);

typedef struct {
    KEVENT Event;
} NDIS_EVENT;

typedef struct NDIS_RW_LOCK_EX NDIS_RW_LOCK_EX;

typedef struct {
    UCHAR OldIrql, LockState, Flags;
} LOCK_STATE_EX;

/* NDIS_SEND_FLAGS_, _SEND_COMPLETE_FLAGS_, _RECEIVE_FLAGS_ and _RETURN_FLAGS_DISPATCH_LEVEL. */
#define DISPATCH_LEVEL_FLAG 1u
#define NDIS_RECEIVE_FLAGS_RESOURCES 2u
enum { NormalPoolPriority = 16 };

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
IMPORT void NdisFPauseComplete(NDIS_HANDLE);
IMPORT NDIS_HANDLE NdisAllocateNetBufferListPool(NDIS_HANDLE, const NET_BUFFER_LIST_POOL_PARAMETERS *);
IMPORT void NdisFreeNetBufferListPool(NDIS_HANDLE);
IMPORT NET_BUFFER_LIST *NdisAllocateNetBufferList(NDIS_HANDLE, USHORT, USHORT);
IMPORT void NdisFreeNetBufferList(NET_BUFFER_LIST *);
IMPORT void NdisInitializeEvent(NDIS_EVENT *);
IMPORT void NdisSetEvent(NDIS_EVENT *);
IMPORT UCHAR NdisWaitEvent(NDIS_EVENT *, ULONG);
IMPORT NDIS_RW_LOCK_EX *NdisAllocateRWLock(NDIS_HANDLE);
IMPORT void NdisFreeRWLock(NDIS_RW_LOCK_EX *);
IMPORT void NdisAcquireRWLockWrite(NDIS_RW_LOCK_EX *, LOCK_STATE_EX *, UCHAR);
IMPORT void NdisReleaseRWLock(NDIS_RW_LOCK_EX *, LOCK_STATE_EX *);
IMPORT ULONG NdisGetVersion(void);
IMPORT NDIS_STATUS NdisWriteEventLogEntry(PVOID, NDIS_STATUS, ULONG, USHORT, PVOID, ULONG, PVOID);
