/* MicrosoftDocs/windows-driver-docs#1623, microsoft/ebpf-for-windows#2838: DriverEntry fails after
   EtwRegister and does not undo it: 0xC4, 0xDD. */
#include "filter.h"

static ULONG64 Provider;
static const GUID Id = { 0x1D8F1D1C, 0x2B55, 0x4F0A, { 0x8D, 0x6E, 1, 2, 3, 4, 5, 6 } };

#define OWN_UNLOAD
static void DriverUnload(DRIVER_OBJECT *Object)
{
    NdisFDeregisterFilterDriver(Driver);
    EtwUnregister(Provider);
}

#define OWN_ENTRY
#include "rest.h"

NTSTATUS DriverEntry(DRIVER_OBJECT *Object, UNICODE_STRING *Path)
{
    EtwRegister(&Id, NULL, NULL, &Provider);
    return Register(Object);
}
