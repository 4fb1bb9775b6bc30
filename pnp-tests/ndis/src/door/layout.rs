//! Where fields are in the structures of NDIS that the image and the host share, in bytes.
//!
//! Names and numbers are those of the Windows headers; `facts.json` is the copy of the facts that
//! a test holds them against.

use kernel::door::layout::offsets;

offsets! {
    ndis_oid_request "NDIS_OID_REQUEST" 248 {
        HEADER "Header" 0,
        REQUEST_TYPE "RequestType" 4,
        PORT_NUMBER "PortNumber" 8,
        TIMEOUT "Timeout" 12,
        REQUEST_ID "RequestId" 16,
        REQUEST_HANDLE "RequestHandle" 24,
        DATA "DATA" 32,
        NDIS_RESERVED "NdisReserved" 72,
        MINIPORT_RESERVED "MiniportReserved" 200,
        SOURCE_RESERVED "SourceReserved" 216,
        SUPPORTED_REVISION "SupportedRevision" 232,
        FLAGS "Flags" 244,
    }
    net_buffer_list "NET_BUFFER_LIST" 368 {
        NEXT "Next" 0,
        FIRST_NET_BUFFER "FirstNetBuffer" 8,
        CONTEXT "Context" 16,
        PARENT_NET_BUFFER_LIST "ParentNetBufferList" 24,
        NDIS_POOL_HANDLE "NdisPoolHandle" 32,
        NDIS_RESERVED "NdisReserved" 48,
        PROTOCOL_RESERVED "ProtocolReserved" 64,
        MINIPORT_RESERVED "MiniportReserved" 96,
        SCRATCH "Scratch" 112,
        SOURCE_HANDLE "SourceHandle" 120,
        NBL_FLAGS "NblFlags" 128,
        CHILD_REF_COUNT "ChildRefCount" 132,
        FLAGS "Flags" 136,
        STATUS "Status" 140,
        NET_BUFFER_LIST_INFO "NetBufferListInfo" 144,
    }
    net_buffer "NET_BUFFER" 176 {
        NEXT "Next" 0,
        CURRENT_MDL "CurrentMdl" 8,
        CURRENT_MDL_OFFSET "CurrentMdlOffset" 16,
        DATA_LENGTH "DataLength" 24,
        MDL_CHAIN "MdlChain" 32,
        DATA_OFFSET "DataOffset" 40,
        CHECKSUM_BIAS "ChecksumBias" 48,
        NDIS_POOL_HANDLE "NdisPoolHandle" 56,
        NDIS_RESERVED "NdisReserved" 64,
        PROTOCOL_RESERVED "ProtocolReserved" 80,
        MINIPORT_RESERVED "MiniportReserved" 128,
        DATA_PHYSICAL_ADDRESS "DataPhysicalAddress" 160,
    }
    net_buffer_list_context "NET_BUFFER_LIST_CONTEXT" 16 {
        NEXT "Next" 0,
        SIZE "Size" 8,
        OFFSET "Offset" 10,
        CONTEXT_DATA "ContextData" 16,
    }
    ndis_device_object_attributes "NDIS_DEVICE_OBJECT_ATTRIBUTES" 56 {
        HEADER "Header" 0,
        DEVICE_NAME "DeviceName" 8,
        SYMBOLIC_NAME "SymbolicName" 16,
        MAJOR_FUNCTIONS "MajorFunctions" 24,
        EXTENSION_SIZE "ExtensionSize" 32,
        DEFAULT_SDDL_STRING "DefaultSDDLString" 40,
        DEVICE_CLASS_GUID "DeviceClassGuid" 48,
    }
    ndis_filter_partial_characteristics "NDIS_FILTER_PARTIAL_CHARACTERISTICS" 48 {
        HEADER "Header" 0,
        FLAGS "Flags" 4,
        SEND_NET_BUFFER_LISTS_HANDLER "SendNetBufferListsHandler" 8,
        SEND_NET_BUFFER_LISTS_COMPLETE_HANDLER "SendNetBufferListsCompleteHandler" 16,
        CANCEL_SEND_NET_BUFFER_LISTS_HANDLER "CancelSendNetBufferListsHandler" 24,
        RECEIVE_NET_BUFFER_LISTS_HANDLER "ReceiveNetBufferListsHandler" 32,
        RETURN_NET_BUFFER_LISTS_HANDLER "ReturnNetBufferListsHandler" 40,
    }
    ndis_configuration_object "NDIS_CONFIGURATION_OBJECT" 24 {
        HEADER "Header" 0,
        NDIS_HANDLE "NdisHandle" 8,
        FLAGS "Flags" 16,
    }
    ndis_status_indication "NDIS_STATUS_INDICATION" 112 {
        HEADER "Header" 0,
        SOURCE_HANDLE "SourceHandle" 8,
        STATUS_CODE "StatusCode" 20,
        STATUS_BUFFER "StatusBuffer" 48,
        STATUS_BUFFER_SIZE "StatusBufferSize" 56,
    }
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn every_offset_and_size_is_that_of_the_windows_headers() {
        let facts: serde_json::Value =
            serde_json::from_str(include_str!("facts.json")).expect("the facts are JSON");
        for (name, size, fields) in ALL {
            let fact = &facts[name];
            assert_eq!(fact["size"], *size, "size of {name}");
            for (field, offset) in *fields {
                assert_eq!(fact["fields"][field], *offset, "{name}.{field}");
            }
        }
    }
}
