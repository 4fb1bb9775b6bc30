/* Requests and devices: layouts and prototypes as in wdm.h, x86-64. */
#pragma once

#include "nt.h"

enum { IRP_MJ_CREATE = 0, IRP_MJ_CLOSE = 2, IRP_MJ_READ = 3, IRP_MJ_DEVICE_CONTROL = 14, IRP_MJ_CLEANUP = 18 };
#define STATUS_PENDING ((NTSTATUS)0x103)
#define STATUS_MORE_PROCESSING_REQUIRED ((NTSTATUS)0xC0000016)

typedef struct DEVICE_OBJECT {
    USHORT Type, Size;
    LONG ReferenceCount;
    DRIVER_OBJECT *DriverObject;
    struct DEVICE_OBJECT *NextDevice, *AttachedDevice;
    PVOID CurrentIrp, Timer;
    ULONG Flags, Characteristics;
    PVOID Vpb, DeviceExtension;
    ULONG DeviceType;
    UCHAR StackSize;
} DEVICE_OBJECT;
AT(DEVICE_OBJECT, Flags, 48);
AT(DEVICE_OBJECT, StackSize, 76);

#define DO_DEVICE_INITIALIZING 0x80

typedef struct {
    NTSTATUS Status;
    ULONG64 Information;
} IO_STATUS_BLOCK;

typedef struct {
    USHORT Type, Size;
    DEVICE_OBJECT *DeviceObject;
    PVOID Vpb, FsContext;
} FILE_OBJECT;
AT(FILE_OBJECT, FsContext, 24);

typedef struct IO_STACK_LOCATION {
    UCHAR MajorFunction, MinorFunction, Flags, Control;
    ULONG64 Parameters[4];
    DEVICE_OBJECT *DeviceObject;
    FILE_OBJECT *FileObject;
    PVOID CompletionRoutine, Context;
} IO_STACK_LOCATION;
AT(IO_STACK_LOCATION, FileObject, 48);
SIZED(IO_STACK_LOCATION, 72);

typedef struct {
    USHORT Type, Size;
    PVOID MdlAddress;
    ULONG Flags;
    PVOID SystemBuffer, ThreadListEntry[2];
    IO_STATUS_BLOCK IoStatus;
    UCHAR RequestorMode, PendingReturned;
    signed char StackCount, CurrentLocation;
    UCHAR Cancel, CancelIrql, ApcEnvironment, AllocationFlags;
    IO_STATUS_BLOCK *UserIosb;
    KEVENT *UserEvent;
    PVOID Overlay[2], CancelRoutine, UserBuffer, DriverContext[4], Thread, AuxiliaryBuffer, ListEntry[2];
    IO_STACK_LOCATION *CurrentStackLocation;
    PVOID OriginalFileObject, Unused;
} IRP;
AT(IRP, IoStatus, 48);
AT(IRP, CurrentLocation, 67);
AT(IRP, CancelRoutine, 104);
AT(IRP, CurrentStackLocation, 184);
SIZED(IRP, 208);

#define SL_PENDING_RETURNED 0x01
#define SL_INVOKE_ON_ALL 0xE0

IMPORT NTSTATUS IoCreateDevice(DRIVER_OBJECT *Driver, ULONG Extension, UNICODE_STRING *Name, ULONG Type, ULONG Flags,
                               UCHAR Exclusive, DEVICE_OBJECT **Device);
IMPORT void IoDeleteDevice(DEVICE_OBJECT *Device);
IMPORT DEVICE_OBJECT *IoAttachDeviceToDeviceStack(DEVICE_OBJECT *Source, DEVICE_OBJECT *Target);
IMPORT void IoDetachDevice(DEVICE_OBJECT *Target);
IMPORT DEVICE_OBJECT *IoGetAttachedDeviceReference(DEVICE_OBJECT *Device);
IMPORT IRP *IoAllocateIrp(signed char StackSize, UCHAR ChargeQuota);
IMPORT void IoFreeIrp(IRP *Irp);
IMPORT void IoReuseIrp(IRP *Irp, NTSTATUS Status);
IMPORT NTSTATUS IofCallDriver(DEVICE_OBJECT *Device, IRP *Irp);
IMPORT void IofCompleteRequest(IRP *Irp, signed char Boost);
IMPORT IRP *IoBuildDeviceIoControlRequest(ULONG Code, DEVICE_OBJECT *Device, PVOID Input, ULONG InputLength,
                                          PVOID Output, ULONG OutputLength, UCHAR Internal, KEVENT *Event,
                                          IO_STATUS_BLOCK *Status);
IMPORT LONG64 ObfDereferenceObject(PVOID Object);
