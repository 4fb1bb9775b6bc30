//! Packets: lists of buffers, and the handlers of a filter's data path. From `ndis.h`, `nbl.h`.

use core::ffi::c_void;

use super::object::{NDIS_HANDLE, NDIS_OBJECT_HEADER, NDIS_PORT_NUMBER};
use super::status::NDIS_STATUS;

layout! {
    /// `NET_BUFFER_LIST`: what travels, in chains linked by `Next`. Aligned to 16
    /// (`MEMORY_ALLOCATION_ALIGNMENT`). `Next` and `FirstNetBuffer` are a union with `Link` and
    /// `NetBufferListHeader`, `Status` with `NdisReserved2`.
    /// Source: ddi:nbl/ns-nbl-net_buffer_list.
    NET_BUFFER_LIST: 368, 16 {
        /// The next list of the chain; NULL at its end.
        0 => Next: *mut NET_BUFFER_LIST,
        8 => FirstNetBuffer: *mut NET_BUFFER,
        16 => Context: *mut c_void,
        24 => ParentNetBufferList: *mut NET_BUFFER_LIST,
        32 => NdisPoolHandle: NDIS_HANDLE,
        /// Two pointers, aligned to 16.
        48 => NdisReserved: u128,
        64 => ProtocolReserved: [*mut c_void; 4],
        96 => MiniportReserved: [*mut c_void; 2],
        112 => Scratch: *mut c_void,
        /// Who made it and wants it back.
        120 => SourceHandle: NDIS_HANDLE,
        128 => NblFlags: u32,
        132 => ChildRefCount: i32,
        136 => Flags: u32,
        /// Of a send, when it is completed.
        140 => Status: NDIS_STATUS,
        144 => NetBufferListInfo: [*mut c_void; 27],
    }

    /// `NET_BUFFER`: one packet of a list. Its header is a union with the header's fields,
    /// `SharedMemoryInfo` with `ScatterGatherList`. Source: ddi:nbl/ns-nbl-net_buffer.
    NET_BUFFER: 176, 16 {
        0 => NetBufferHeader: NET_BUFFER_HEADER,
        48 => ChecksumBias: u16,
        50 => Reserved: u16,
        56 => NdisPoolHandle: NDIS_HANDLE,
        64 => NdisReserved: [*mut c_void; 2],
        80 => ProtocolReserved: [*mut c_void; 6],
        128 => MiniportReserved: [*mut c_void; 4],
        160 => DataPhysicalAddress: u64,
        168 => SharedMemoryInfo: *mut c_void,
    }

    /// `NET_BUFFER_HEADER`. `stDataLength` is a union with `DataLength`, a `ULONG`, which is its
    /// lower half and the one that drivers read; `Next` is a union with `Link`.
    #[repr(align(16))]
    NET_BUFFER_HEADER: 48, 16 {
        /// The next packet of the same list; NULL at its end.
        0 => Next: *mut NET_BUFFER,
        8 => CurrentMdl: *mut c_void,
        16 => CurrentMdlOffset: u32,
        /// Bytes of the packet, in its lower half.
        24 => stDataLength: usize,
        32 => MdlChain: *mut c_void,
        40 => DataOffset: u32,
    }

    /// `NDIS_FILTER_PARTIAL_CHARACTERISTICS`: the data path of one module, in place of what the
    /// driver registered. A NULL handler is bypassed.
    /// Source: ddi:ndis/ns-ndis-_ndis_filter_partial_characteristics.
    NDIS_FILTER_PARTIAL_CHARACTERISTICS: 48, 8 {
        0 => Header: NDIS_OBJECT_HEADER,
        4 => Flags: u32,
        8 => SendNetBufferListsHandler: Option<FILTER_SEND_NET_BUFFER_LISTS>,
        16 => SendNetBufferListsCompleteHandler: Option<FILTER_SEND_NET_BUFFER_LISTS_COMPLETE>,
        24 => CancelSendNetBufferListsHandler: Option<FILTER_CANCEL_SEND_NET_BUFFER_LISTS>,
        32 => ReceiveNetBufferListsHandler: Option<FILTER_RECEIVE_NET_BUFFER_LISTS>,
        40 => ReturnNetBufferListsHandler: Option<FILTER_RETURN_NET_BUFFER_LISTS>,
    }
}

callback! {
    /// `FilterSendNetBufferLists`. At most `DISPATCH_LEVEL`.
    FILTER_SEND_NET_BUFFER_LISTS = fn(
        FilterModuleContext: NDIS_HANDLE,
        NetBufferList: *mut NET_BUFFER_LIST,
        PortNumber: NDIS_PORT_NUMBER,
        SendFlags: u32,
    );
    /// `FilterSendNetBufferListsComplete`. At most `DISPATCH_LEVEL`.
    FILTER_SEND_NET_BUFFER_LISTS_COMPLETE = fn(
        FilterModuleContext: NDIS_HANDLE,
        NetBufferList: *mut NET_BUFFER_LIST,
        SendCompleteFlags: u32,
    );
    /// `FilterCancelSendNetBufferLists`. At most `DISPATCH_LEVEL`.
    FILTER_CANCEL_SEND_NET_BUFFER_LISTS = fn(
        FilterModuleContext: NDIS_HANDLE,
        CancelId: *mut c_void,
    );
    /// `FilterReceiveNetBufferLists`. At most `DISPATCH_LEVEL`.
    FILTER_RECEIVE_NET_BUFFER_LISTS = fn(
        FilterModuleContext: NDIS_HANDLE,
        NetBufferLists: *mut NET_BUFFER_LIST,
        PortNumber: NDIS_PORT_NUMBER,
        NumberOfNetBufferLists: u32,
        ReceiveFlags: u32,
    );
    /// `FilterReturnNetBufferLists`. At most `DISPATCH_LEVEL`.
    FILTER_RETURN_NET_BUFFER_LISTS = fn(
        FilterModuleContext: NDIS_HANDLE,
        NetBufferLists: *mut NET_BUFFER_LIST,
        ReturnFlags: u32,
    );
}

/// The only revision.
pub const NDIS_FILTER_PARTIAL_CHARACTERISTICS_REVISION_1: u8 = 1;
/// The whole structure.
pub const NDIS_SIZEOF_FILTER_PARTIAL_CHARACTERISTICS_REVISION_1: u16 = 48;
