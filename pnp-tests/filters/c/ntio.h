/* The I/O manager's part: IRPs of a control device, work items, the error log, other drivers' devices. Layouts and
   prototypes as in wdm.h and on Microsoft's reference pages, x86-64. */
#pragma once

#include "ntndis.h"

enum { IRP_MJ_CREATE = 0, IRP_MJ_CLOSE = 2, IRP_MJ_READ = 3, IRP_MJ_DEVICE_CONTROL = 14, IRP_MJ_CLEANUP = 18 };
enum { FILE_READ_DATA = 1 };

typedef struct DEVICE_OBJECT DEVICE_OBJECT;
typedef struct IO_WORKITEM IO_WORKITEM;

typedef struct {
    USHORT Type, Size;
    DEVICE_OBJECT *DeviceObject;
    PVOID Vpb, FsContext;
} FILE_OBJECT;
AT(FILE_OBJECT, FsContext, 24);

typedef struct {
    UCHAR Opaque[48];
    FILE_OBJECT *FileObject;
    PVOID CompletionRoutine, Context;
} IO_STACK_LOCATION;
AT(IO_STACK_LOCATION, FileObject, 48);
SIZED(IO_STACK_LOCATION, 72);

typedef struct {
    UCHAR Opaque1[48];
    NTSTATUS Status;
    ULONG64 Information;
    UCHAR Opaque2[120];
    IO_STACK_LOCATION *CurrentStackLocation;
} IRP;
AT(IRP, Status, 48);
AT(IRP, Information, 56);
AT(IRP, CurrentStackLocation, 184);

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
IMPORT void IofCompleteRequest(IRP *Irp, UCHAR Boost);
IMPORT IO_WORKITEM *IoAllocateWorkItem(DEVICE_OBJECT *Device);
IMPORT void IoQueueWorkItemEx(IO_WORKITEM *Item, void (*Routine)(PVOID, PVOID, IO_WORKITEM *), ULONG Queue,
                              PVOID Context);
IMPORT void IoFreeWorkItem(IO_WORKITEM *Item);
IMPORT IO_ERROR_LOG_PACKET *IoAllocateErrorLogEntry(PVOID Object, UCHAR Size);
IMPORT void IoWriteErrorLogEntry(IO_ERROR_LOG_PACKET *Packet);
IMPORT NTSTATUS IoGetDeviceObjectPointer(UNICODE_STRING *Name, ULONG Access, FILE_OBJECT **File,
                                         DEVICE_OBJECT **Device);
IMPORT void ObfDereferenceObject(PVOID Object);
