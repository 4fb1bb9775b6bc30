/* openvswitch/ovs-issues#77: FilterAttach fails when another service is not up yet, as at boot, and the
   filter stays off that adapter until somebody toggles it. */
#include "filter.h"
#include "../ntio.h"

static NDIS_STATUS LookForDevice(void)
{
    UNICODE_STRING Name;
    FILE_OBJECT *File;
    DEVICE_OBJECT *Device;
    RtlInitUnicodeString(&Name, L"\\Device\\WfpAle");
    if (IoGetDeviceObjectPointer(&Name, FILE_READ_DATA, &File, &Device) < 0)
        return NDIS_STATUS_FAILURE;
    ObfDereferenceObject(File);
    return NDIS_STATUS_SUCCESS;
}
#define ATTACHED(Module) LookForDevice()

#include "rest.h"
