/* A control device, whose handlers succeed unless a case has its own. */
#pragma once

#include "filter.h"
#include "../ntio.h"

#define OWN_UNLOAD
#ifndef SETUP
#define SETUP() MakeDevice()
#endif

static NDIS_HANDLE Device;
static DEVICE_OBJECT *DeviceObject;

static DRIVER_DISPATCH Succeed;
#ifdef OWN_CREATE
static DRIVER_DISPATCH DispatchCreate;
#else
#define DispatchCreate Succeed
#endif
#ifdef OWN_CLEANUP
static DRIVER_DISPATCH DispatchCleanup;
#else
#define DispatchCleanup Succeed
#endif
#ifdef OWN_CONTROL
static DRIVER_DISPATCH DispatchControl;
#else
#define DispatchControl Succeed
#endif

static NTSTATUS Succeed(DEVICE_OBJECT *Object, IRP *Irp)
{
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IofCompleteRequest(Irp, 0);
    return STATUS_SUCCESS;
}

static NDIS_STATUS MakeDevice(void)
{
    NDIS_DEVICE_OBJECT_ATTRIBUTES Attributes = {
        .Header = { NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES, 1, sizeof(Attributes) },
    };
    UNICODE_STRING Name, Link;
    DRIVER_DISPATCH *Handlers[28] = { NULL };
    Handlers[IRP_MJ_CREATE] = DispatchCreate;
    Handlers[IRP_MJ_CLEANUP] = DispatchCleanup;
    Handlers[IRP_MJ_CLOSE] = Succeed;
    Handlers[IRP_MJ_READ] = Succeed;
    Handlers[IRP_MJ_DEVICE_CONTROL] = DispatchControl;
    RtlInitUnicodeString(&Name, L"\\Device\\bugrep");
    RtlInitUnicodeString(&Link, L"\\DosDevices\\bugrep");
    Attributes.DeviceName = &Name;
    Attributes.SymbolicName = &Link;
    Attributes.MajorFunctions = Handlers;
    return NdisRegisterDeviceEx(Driver, &Attributes, &DeviceObject, &Device);
}

static void DriverUnload(DRIVER_OBJECT *Object)
{
    NdisFDeregisterFilterDriver(Driver);
    if (Device != NULL)
        NdisDeregisterDeviceEx(Device);
}

/* What a user's handle is opened for. */
SPARE static MODULE *FirstModule(void)
{
    UCHAR Irql = KeAcquireSpinLockRaiseToDpc(&Lock);
    MODULE *Module = Modules.Flink == &Modules ? NULL : CONTAINING_RECORD(Modules.Flink, MODULE, Link);
    KeReleaseSpinLock(&Lock, Irql);
    return Module;
}
