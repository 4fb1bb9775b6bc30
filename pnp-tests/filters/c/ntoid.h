/* OID requests: NDIS_OID_REQUEST and its functions, as on Microsoft's reference pages, x86-64. */
#pragma once

#include "ntndis.h"

enum { NdisRequestQueryInformation, NdisRequestSetInformation, NdisRequestMethod = 12 };

#define OID_GEN_CURRENT_PACKET_FILTER 0x0001010Eu
#define OID_GEN_CURRENT_LOOKAHEAD 0x0001010Fu
#define OID_PNP_SET_POWER 0xFD010101u
#define OID_PM_PARAMETERS 0xFD010109u

typedef struct {
    NDIS_OBJECT_HEADER Header;
    ULONG RequestType, PortNumber, Timeout;
    PVOID RequestId;
    NDIS_HANDLE RequestHandle;
    /* The union of the real one: all of its members begin with these three. */
    union {
        struct {
            ULONG Oid;
            PVOID InformationBuffer;
            ULONG InformationBufferLength;
        };
        struct {
            UCHAR Begin[20];
            ULONG BytesWritten, BytesNeeded;
        } Query;
        struct {
            UCHAR Begin[20];
            ULONG BytesRead, BytesNeeded;
        } Set;
        struct {
            UCHAR Begin[20];
            ULONG OutputBufferLength, MethodId, BytesWritten, BytesRead, BytesNeeded;
        } Method;
    };
    UCHAR NdisReserved[128];
    PVOID MiniportReserved[2], SourceReserved[2];
    UCHAR SupportedRevision, Reserved1;
    USHORT Reserved2;
    ULONG SwitchId, VPortId, Flags;
} NDIS_OID_REQUEST;
AT(NDIS_OID_REQUEST, Oid, 32);
AT(NDIS_OID_REQUEST, InformationBuffer, 40);
AT(NDIS_OID_REQUEST, Query.BytesWritten, 52);
AT(NDIS_OID_REQUEST, Method.BytesNeeded, 68);
AT(NDIS_OID_REQUEST, SourceReserved, 216);
AT(NDIS_OID_REQUEST, SupportedRevision, 232);
SIZED(NDIS_OID_REQUEST, 248);

IMPORT NDIS_STATUS NdisAllocateCloneOidRequest(NDIS_HANDLE, NDIS_OID_REQUEST *, ULONG, NDIS_OID_REQUEST **);
IMPORT void NdisFreeCloneOidRequest(NDIS_HANDLE, NDIS_OID_REQUEST *);
IMPORT NDIS_STATUS NdisFOidRequest(NDIS_HANDLE, NDIS_OID_REQUEST *);
IMPORT void NdisFOidRequestComplete(NDIS_HANDLE, NDIS_OID_REQUEST *, NDIS_STATUS);
IMPORT void NdisFCancelOidRequest(NDIS_HANDLE, PVOID);
