/* The I/O manager's part: a control device, work items, the error log, other drivers' devices. Layouts and
   prototypes as in wdm.h and on Microsoft's reference pages, x86-64. */
#pragma once

#include "ntirp.h"
#include "ntndis.h"

enum { FILE_READ_DATA = 1 };

typedef struct IO_WORKITEM IO_WORKITEM;
typedef NTSTATUS DRIVER_DISPATCH(DEVICE_OBJECT *Device, IRP *Irp);

typedef struct {
    NDIS_OBJECT_HEADER Header;
    UNICODE_STRING *DeviceName, *SymbolicName;
    DRIVER_DISPATCH **MajorFunctions;
    ULONG ExtensionSize;
    const UNICODE_STRING *DefaultSDDLString;
    const GUID *DeviceClassGuid;
} NDIS_DEVICE_OBJECT_ATTRIBUTES;
AT(NDIS_DEVICE_OBJECT_ATTRIBUTES, MajorFunctions, 24);
SIZED(NDIS_DEVICE_OBJECT_ATTRIBUTES, 56);

typedef struct {
    UCHAR MajorFunctionCode, RetryCount;
    USHORT DumpDataSize, NumberOfStrings, StringOffset, EventCategory;
    NTSTATUS ErrorCode;
    ULONG UniqueErrorValue;
    NTSTATUS FinalStatus;
    ULONG SequenceNumber, IoControlCode;
    LONG64 DeviceOffset;
    ULONG DumpData[1];
} IO_ERROR_LOG_PACKET;
AT(IO_ERROR_LOG_PACKET, ErrorCode, 12);
SIZED(IO_ERROR_LOG_PACKET, 48);

IMPORT NDIS_STATUS NdisRegisterDeviceEx(NDIS_HANDLE, NDIS_DEVICE_OBJECT_ATTRIBUTES *, DEVICE_OBJECT **,
                                        NDIS_HANDLE *);
IMPORT void NdisDeregisterDeviceEx(NDIS_HANDLE);
IMPORT IO_WORKITEM *IoAllocateWorkItem(DEVICE_OBJECT *Device);
IMPORT void IoQueueWorkItemEx(IO_WORKITEM *Item, void (*Routine)(PVOID, PVOID, IO_WORKITEM *), ULONG Queue,
                              PVOID Context);
IMPORT void IoFreeWorkItem(IO_WORKITEM *Item);
IMPORT IO_ERROR_LOG_PACKET *IoAllocateErrorLogEntry(PVOID Object, UCHAR Size);
IMPORT void IoWriteErrorLogEntry(IO_ERROR_LOG_PACKET *Packet);
IMPORT NTSTATUS IoGetDeviceObjectPointer(UNICODE_STRING *Name, ULONG Access, FILE_OBJECT **File,
                                         DEVICE_OBJECT **Device);
