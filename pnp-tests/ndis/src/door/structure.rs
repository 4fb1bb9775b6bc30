//! The structures that NDIS hands to the image, built byte by byte in memory
//! that ends where they end.

use std::ffi::c_void;
use std::mem::offset_of;
use std::ptr;

use driver_abi::ndis::device_pnp::{NDIS_DEVICE_PNP_EVENT, NET_DEVICE_PNP_EVENT};
use driver_abi::ndis::filter as abi;
use driver_abi::ndis::indication as status_abi;
use driver_abi::ndis::net_pnp as event_abi;
use driver_abi::ndis::net_pnp::NET_PNP_EVENT_CODE as Code;
use driver_abi::ndis::object as object_abi;
use driver_abi::ndis::object::NET_LUID_LH;
use driver_abi::ndis::port as port_abi;
use driver_abi::ndis::status::{NDIS_STATUS, NDIS_STATUS_LINK_STATE, NDIS_STATUS_PM_WAKE_REASON};
use driver_abi::nt::GUID;

use super::raw::{LINK_SPEED, Raw, header};
use super::restart;
use crate::Ndis;
use crate::given::{RawBuffer, WakeReason};
use crate::id::{AdapterId, ModuleId};
use kernel::door::structure::terminated_string;
use kernel::machine::block::Block;
use kernel::machine::garbage;
use kernel::machine::raw::{self, pointer};
use kernel::world::World;

/// NDIS_FILTER_ATTACH_PARAMETERS of the revision that the filter's declared version gets, and not
/// a byte more (contract a.0, d).
pub fn attach_parameters(world: &World, module: ModuleId) -> Raw {
    let ndis = world.of::<Ndis>().borrow();
    let this = &ndis.modules[module];
    let adapter = &ndis.adapters[this.adapter];
    let minor = ndis.filter.as_ref().map_or(0, |filter| filter.version.1);
    let layer = ndis.layer_of(module).unwrap_or(0);
    let lower = ndis.interface_below(this.adapter, layer);
    let number: u32 = this.name.rsplit('.').next().and_then(|n| n.parse().ok()).unwrap_or(1);
    let guid_name =
        format!("{}-{{6F0D3B1E-52C4-4C0E-9C57-3B7E1D9A8F24}}-{:04}", adapter.guid(), number - 1);
    let [guid, guid_text] = terminated_string(&guid_name);
    let [instance, instance_text] = terminated_string(&adapter.instance_name);
    let [device, device_text] = terminated_string(&format!("\\DEVICE\\{}", adapter.guid()));
    let (revision, size) = match minor {
        0 => (1, abi::NDIS_SIZEOF_FILTER_ATTACH_PARAMETERS_REVISION_1),
        1..20 => (2, abi::NDIS_SIZEOF_FILTER_ATTACH_PARAMETERS_REVISION_2),
        20..30 => (3, abi::NDIS_SIZEOF_FILTER_ATTACH_PARAMETERS_REVISION_3),
        30.. => (4, abi::NDIS_SIZEOF_FILTER_ATTACH_PARAMETERS_REVISION_4),
    };
    let mut mac = [0; 32];
    mac[..6].copy_from_slice(&[0x00, 0x15, 0x5D, 0, 0, adapter.number.to_le_bytes()[0] + 1]);
    let parameters = abi::NDIS_FILTER_ATTACH_PARAMETERS {
        Header: header(object_abi::NDIS_OBJECT_TYPE_FILTER_ATTACH_PARAMETERS, revision, size),
        IfIndex: this.interface.if_index,
        NetLuid: NET_LUID_LH { Value: this.interface.luid },
        FilterModuleGuidName: pointer(guid.address()),
        BaseMiniportIfIndex: adapter.interface.if_index,
        BaseMiniportInstanceName: pointer(instance.address()),
        BaseMiniportName: pointer(device.address()),
        MediaConnectState: connect_state(adapter.link_up),
        MediaDuplexState: status_abi::NET_IF_MEDIA_DUPLEX_STATE::MediaDuplexStateFull,
        XmitLinkSpeed: LINK_SPEED,
        RcvLinkSpeed: LINK_SPEED,
        MiniportMediaType: abi::NDIS_MEDIUM::NdisMedium802_3,
        MiniportPhysicalMediaType: abi::NDIS_PHYSICAL_MEDIUM::NdisPhysicalMedium802_3,
        MiniportMediaSpecificAttributes: ptr::null_mut(),
        DefaultOffloadConfiguration: ptr::null_mut(),
        MacAddressLength: 6,
        CurrentMacAddress: mac,
        BaseMiniportNetLuid: NET_LUID_LH { Value: adapter.interface.luid },
        LowerIfIndex: lower.if_index,
        LowerIfNetLuid: NET_LUID_LH { Value: lower.luid },
        Flags: 0,
        HDSplitCurrentConfig: ptr::null_mut(),
        ReceiveFilterCapabilities: ptr::null_mut(),
        MiniportPhysicalDeviceObject: ptr::null_mut(),
        NicSwitchCapabilities: ptr::null_mut(),
        BaseMiniportIfConnectorPresent: 1,
        SriovCapabilities: ptr::null_mut(),
        NicSwitchArray: ptr::null_mut(),
    };
    let structure = Block::prefix_of(parameters, usize::from(size));
    let texts = [guid, guid_text, instance, instance_text, device, device_text];
    Raw { blocks: std::iter::once(structure).chain(texts).collect() }
}

fn connect_state(up: bool) -> status_abi::NET_IF_MEDIA_CONNECT_STATE {
    use status_abi::NET_IF_MEDIA_CONNECT_STATE as State;
    if up { State::MediaConnectStateConnected } else { State::MediaConnectStateDisconnected }
}

/// NDIS_FILTER_PAUSE_PARAMETERS.
pub fn pause_parameters(reason: u32) -> Raw {
    let parameters = abi::NDIS_FILTER_PAUSE_PARAMETERS {
        Header: header(
            object_abi::NDIS_OBJECT_TYPE_FILTER_PAUSE_PARAMETERS,
            abi::NDIS_FILTER_PAUSE_PARAMETERS_REVISION_1,
            abi::NDIS_SIZEOF_FILTER_PAUSE_PARAMETERS_REVISION_1,
        ),
        Flags: 0,
        PauseReason: reason,
    };
    Raw { blocks: vec![Block::of(parameters)] }
}

/// NDIS_FILTER_RESTART_PARAMETERS, with or without attributes.
pub fn restart_parameters(world: &World, module: ModuleId, attributes: bool) -> Raw {
    let ndis = world.of::<Ndis>().borrow();
    let layer = ndis.layer_of(module).unwrap_or(0);
    let lower = ndis.interface_below(ndis.modules[module].adapter, layer);
    let list = if attributes {
        restart::attributes(crate::switches::of(world).restart_attributes)
    } else {
        Vec::new()
    };
    let parameters = abi::NDIS_FILTER_RESTART_PARAMETERS {
        // 44: the header's SIZEOF ends with the last field, sizeof is 48 (contract a.0).
        Header: header(
            object_abi::NDIS_OBJECT_TYPE_FILTER_RESTART_PARAMETERS,
            abi::NDIS_FILTER_RESTART_PARAMETERS_REVISION_1,
            44,
        ),
        MiniportMediaType: abi::NDIS_MEDIUM::NdisMedium802_3,
        MiniportPhysicalMediaType: abi::NDIS_PHYSICAL_MEDIUM::NdisPhysicalMedium802_3,
        RestartAttributes: list.first().map_or(ptr::null_mut(), |block| pointer(block.address())),
        LowerIfIndex: lower.if_index,
        LowerIfNetLuid: NET_LUID_LH { Value: lower.luid },
        Flags: 0,
    };
    Raw { blocks: std::iter::once(Block::prefix_of(parameters, 44)).chain(list).collect() }
}

/// A NET_PNP_EVENT_NOTIFICATION of revision 1 around a buffer; `blocks` are what the buffer is and
/// points at, the buffer first.
fn notification(code: u32, address: usize, length: u32, blocks: Vec<Block>) -> Raw {
    let value = event_abi::NET_PNP_EVENT_NOTIFICATION {
        Header: header(
            object_abi::NDIS_OBJECT_TYPE_DEFAULT,
            event_abi::NET_PNP_EVENT_NOTIFICATION_REVISION_1,
            event_abi::NDIS_SIZEOF_NET_PNP_EVENT_NOTIFICATION_REVISION_1,
        ),
        PortNumber: 0,
        NetPnPEvent: event_abi::NET_PNP_EVENT {
            NetEvent: Code(code),
            Buffer: pointer::<c_void>(address),
            BufferLength: length,
            NdisReserved: [0; 4],
            TransportReserved: [0; 4],
            TdiReserved: [0; 4],
            TdiClientReserved: [0; 4],
        },
        Flags: 0,
        SwitchId: 0,
        VPortId: 0,
    };
    // NDIS uses revision 1 for what filters receive (contract d): 164 bytes and no more.
    let size = usize::from(event_abi::NDIS_SIZEOF_NET_PNP_EVENT_NOTIFICATION_REVISION_1);
    Raw { blocks: std::iter::once(Block::prefix_of(value, size)).chain(blocks).collect() }
}

/// A notification whose buffer is one block, described by its true length.
fn around(code: u32, blocks: Vec<Block>) -> Raw {
    let (address, length) = blocks.first().map_or((0, 0), |block| (block.address(), block.len()));
    notification(code, address, u32::try_from(length).expect("buffers are small"), blocks)
}

/// A buffer as a scenario gives it: blocks, address, length.
fn scripted(buffer: &RawBuffer) -> (Vec<Block>, usize, u32) {
    let whole = |bytes: &[u8], unaligned: bool, length: u32| {
        let block = Block::with(bytes, unaligned);
        let address = block.address();
        (vec![block], address, length)
    };
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).expect("a line is short");
    match buffer {
        RawBuffer::Absent => (Vec::new(), 0, 0),
        RawBuffer::Null { length } => (Vec::new(), 0, *length),
        RawBuffer::Bytes(bytes) => whole(bytes, false, length(bytes)),
        RawBuffer::Unaligned(bytes) => whole(bytes, true, length(bytes)),
        RawBuffer::Claims { length, bytes } => whole(bytes, false, *length),
    }
}

/// An event with the buffer that a scenario gives.
pub fn scripted_event(code: u32, buffer: &RawBuffer) -> Raw {
    let (blocks, address, length) = scripted(buffer);
    notification(code, address, length, blocks)
}

/// NetEventSetPower or NetEventQueryPower.
pub fn power_event(code: u32, state: u32) -> Raw {
    around(code, vec![Block::with(&state.to_le_bytes(), false)])
}

/// NetEventPortActivation: the ports linked by Next, BufferLength that of one entry.
pub fn port_activation(ports: &[u32]) -> Raw {
    let mut blocks: Vec<Block> = Vec::new();
    for &number in ports.iter().rev() {
        let next = blocks.last().map_or(0, Block::address);
        blocks.push(Block::of(port(number, next)));
    }
    blocks.reverse();
    around(Code::NetEventPortActivation.0, blocks)
}

fn port(number: u32, next: usize) -> port_abi::NDIS_PORT {
    port_abi::NDIS_PORT {
        Next: pointer(next),
        NdisReserved: ptr::null_mut(),
        MiniportReserved: ptr::null_mut(),
        ProtocolReserved: ptr::null_mut(),
        PortCharacteristics: port_abi::NDIS_PORT_CHARACTERISTICS {
            Header: header(
                object_abi::NDIS_OBJECT_TYPE_DEFAULT,
                port_abi::NDIS_PORT_CHARACTERISTICS_REVISION_1,
                port_abi::NDIS_SIZEOF_PORT_CHARACTERISTICS_REVISION_1,
            ),
            PortNumber: number,
            Flags: 0,
            Type: port_abi::NDIS_PORT_TYPE::NdisPortTypeUndefined,
            MediaConnectState: connect_state(true),
            XmitLinkSpeed: LINK_SPEED,
            RcvLinkSpeed: LINK_SPEED,
            Direction: port_abi::NET_IF_DIRECTION_TYPE::NET_IF_DIRECTION_SENDRECEIVE,
            SendControlState: port_abi::NDIS_PORT_CONTROL_STATE::NdisPortControlStateUncontrolled,
            RcvControlState: port_abi::NDIS_PORT_CONTROL_STATE::NdisPortControlStateUncontrolled,
            SendAuthorizationState:
                port_abi::NDIS_PORT_AUTHORIZATION_STATE::NdisPortAuthorizationUnknown,
            RcvAuthorizationState:
                port_abi::NDIS_PORT_AUTHORIZATION_STATE::NdisPortAuthorizationUnknown,
        },
    }
}

/// NetEventPortDeactivation: an array of port numbers.
pub fn port_deactivation(ports: &[u32]) -> Raw {
    let bytes: Vec<u8> = ports.iter().flat_map(|port| port.to_le_bytes()).collect();
    around(Code::NetEventPortDeactivation.0, vec![Block::with(&bytes, false)])
}

/// Any event, with a payload such as NDIS would give it (contract c).
pub fn net_pnp_event(world: &World, adapter: AdapterId, code: u32) -> Raw {
    match Code(code) {
        Code::NetEventSetPower | Code::NetEventQueryPower => power_event(code, 4),
        Code::NetEventReconfigure | Code::NetEventUploadGftFlowEntries => {
            around(code, vec![Block::with(&[0x4E, 0x50, 0x01, 0x00, 0x2A, 0x00, 0x00], false)])
        }
        Code::NetEventBindList => around(code, vec![bind_list(world)]),
        Code::NetEventPnPCapabilities => {
            let wake = event_abi::NDIS_DEVICE_WAKE_UP_ENABLE
                | event_abi::NDIS_DEVICE_WAKE_ON_MAGIC_PACKET_ENABLE;
            around(code, vec![Block::with(&wake.to_le_bytes(), false)])
        }
        Code::NetEventPause => {
            let mut parameters = pause_parameters(abi::NDIS_PAUSE_NDIS_INTERNAL).blocks;
            // The protocol's structure is the filter's with another header type (contract d).
            parameters[0].write(0, &[object_abi::NDIS_OBJECT_TYPE_DEFAULT]);
            around(code, parameters)
        }
        Code::NetEventRestart => around(code, protocol_restart(world, adapter)),
        Code::NetEventPortActivation => port_activation(&[1, 2, 3]),
        Code::NetEventPortDeactivation => port_deactivation(&[1, 2, 3]),
        Code::NetEventIMReEnableDevice => {
            let guid = world.of::<Ndis>().borrow().adapters[adapter].guid();
            around(code, terminated_string(&format!("\\DEVICE\\{guid}")).into())
        }
        Code::NetEventBindFailed => {
            let luid = world.of::<Ndis>().borrow().adapters[adapter].interface.luid;
            let failed = event_abi::NDIS_BIND_FAILED_NOTIFICATION {
                Header: header(
                    object_abi::NDIS_OBJECT_TYPE_DEFAULT,
                    event_abi::NDIS_BIND_FAILED_NOTIFICATION_REVISION_1,
                    16,
                ),
                MiniportNetLuid: NET_LUID_LH { Value: luid },
            };
            around(code, vec![Block::of(failed)])
        }
        Code::NetEventQueryRemoveDevice
        | Code::NetEventCancelRemoveDevice
        | Code::NetEventBindsComplete
        | Code::NetEventNDKEnable
        | Code::NetEventNDKDisable
        | Code::NetEventFilterPreDetach
        | Code::NetEventSwitchActivate
        | Code::NetEventAllowBindsAbove
        | Code::NetEventInhibitBindsAbove
        | Code::NetEventAllowStart
        | Code::NetEventRequirePause => around(code, Vec::new()),
        _ => unreachable!("NDIS sends no event {code}"),
    }
}

/// A REG_MULTI_SZ of every adapter's device name.
fn bind_list(world: &World) -> Block {
    let ndis = world.of::<Ndis>().borrow();
    let names = ndis.adapters.iter().map(|adapter| format!("\\DEVICE\\{}\0", adapter.guid()));
    let text: String = names.chain(std::iter::once("\0".to_owned())).collect();
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    Block::with(&bytes, false)
}

/// NDIS_PROTOCOL_RESTART_PARAMETERS: the names of the filter modules, and the attributes.
fn protocol_restart(world: &World, adapter: AdapterId) -> Vec<Block> {
    let ndis = world.of::<Ndis>().borrow();
    let this = &ndis.adapters[adapter];
    let mut names = Vec::new();
    for number in 0..this.layers.len() {
        let name: Vec<u8> = format!("{}-{number:04}", this.guid())
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        names.extend(u16::try_from(name.len()).expect("names are short").to_le_bytes());
        names.extend(name);
    }
    let names = Block::with(&names, false);
    let attributes = restart::general();
    let parameters = event_abi::NDIS_PROTOCOL_RESTART_PARAMETERS {
        Header: header(
            object_abi::NDIS_OBJECT_TYPE_PROTOCOL_RESTART_PARAMETERS,
            event_abi::NDIS_PROTOCOL_RESTART_PARAMETERS_REVISION_1,
            event_abi::NDIS_SIZEOF_PROTOCOL_RESTART_PARAMETERS_REVISION_1,
        ),
        FilterModuleNameBuffer: pointer(names.address()),
        FilterModuleNameBufferLength: u32::try_from(names.len()).expect("names are short"),
        RestartAttributes: pointer(attributes.address()),
        BoundIfIndex: this.interface.if_index,
        BoundIfNetluid: NET_LUID_LH { Value: this.interface.luid },
        Flags: 0,
    };
    vec![Block::prefix_of(parameters, 52), names, attributes]
}

/// NET_DEVICE_PNP_EVENT with the buffer that a scenario gives.
pub fn device_pnp_event(code: u32, buffer: &RawBuffer) -> Raw {
    let (blocks, address, length) = scripted(buffer);
    let event = NET_DEVICE_PNP_EVENT {
        Header: header(object_abi::NDIS_OBJECT_TYPE_DEFAULT, 1, 44),
        PortNumber: 0,
        DevicePnPEvent: NDIS_DEVICE_PNP_EVENT(code),
        InformationBuffer: pointer(address),
        InformationBufferLength: length,
        NdisReserved: [0; 16],
    };
    Raw { blocks: std::iter::once(Block::prefix_of(event, 44)).chain(blocks).collect() }
}

fn indication(code: NDIS_STATUS, buffer: Block) -> Raw {
    let length = u32::try_from(buffer.len()).expect("status buffers are small");
    let address = buffer.address();
    indication_of(code, address, length, vec![buffer])
}

fn indication_of(code: NDIS_STATUS, address: usize, length: u32, blocks: Vec<Block>) -> Raw {
    let value = status_abi::NDIS_STATUS_INDICATION {
        Header: header(
            object_abi::NDIS_OBJECT_TYPE_STATUS_INDICATION,
            status_abi::NDIS_STATUS_INDICATION_REVISION_1,
            status_abi::NDIS_SIZEOF_STATUS_INDICATION_REVISION_1,
        ),
        SourceHandle: ptr::null_mut(),
        PortNumber: 0,
        StatusCode: code,
        Flags: 0,
        DestinationHandle: ptr::null_mut(),
        RequestId: ptr::null_mut(),
        StatusBuffer: pointer(address),
        StatusBufferSize: length,
        Guid: GUID { Data1: 0, Data2: 0, Data3: 0, Data4: [0; 8] },
        NdisReserved: [ptr::null_mut(); 4],
    };
    Raw { blocks: std::iter::once(Block::of(value)).chain(blocks).collect() }
}

/// NDIS_STATUS_LINK_STATE.
pub fn link_state(up: bool) -> (Raw, NDIS_STATUS) {
    let state = status_abi::NDIS_LINK_STATE {
        Header: header(object_abi::NDIS_OBJECT_TYPE_DEFAULT, 1, 40),
        MediaConnectState: connect_state(up),
        MediaDuplexState: status_abi::NET_IF_MEDIA_DUPLEX_STATE::MediaDuplexStateFull,
        XmitLinkSpeed: if up { LINK_SPEED } else { u64::MAX },
        RcvLinkSpeed: if up { LINK_SPEED } else { u64::MAX },
        PauseFunctions: 0,
        AutoNegotiationFlags: 0,
    };
    (indication(NDIS_STATUS_LINK_STATE, Block::of(state)), NDIS_STATUS_LINK_STATE)
}

/// Members of a status indication of a driver's that hold what memory holds which nobody has written.
pub fn unwritten_status_members(address: usize) -> Vec<&'static str> {
    use status_abi::NDIS_STATUS_INDICATION as Indication;
    let members = [
        ("PortNumber", offset_of!(Indication, PortNumber), 4),
        ("Flags", offset_of!(Indication, Flags), 4),
        ("DestinationHandle", offset_of!(Indication, DestinationHandle), 8),
        ("RequestId", offset_of!(Indication, RequestId), 8),
        ("Guid", offset_of!(Indication, Guid), 16),
    ];
    // Zeroes are as good as written.
    let garbage = garbage::byte();
    let is_unwritten = |(_, at, length): &(&str, usize, usize)| {
        garbage != 0 && raw::bytes(address + at, *length).iter().all(|byte| *byte == garbage)
    };
    members.iter().filter(|member| is_unwritten(member)).map(|(name, ..)| *name).collect()
}

/// A status with the buffer that a scenario gives.
pub fn scripted_status(code: NDIS_STATUS, buffer: &RawBuffer) -> Raw {
    let (blocks, address, length) = scripted(buffer);
    indication_of(code, address, length, blocks)
}

/// NDIS_STATUS_PM_WAKE_REASON without a saved packet.
pub fn wake_reason(reason: WakeReason) -> (Raw, NDIS_STATUS) {
    use status_abi::NDIS_PM_WAKE_REASON_TYPE as Type;
    let kind = match reason {
        WakeReason::Unspecified => Type::NdisWakeReasonUnspecified,
        WakeReason::Packet => Type::NdisWakeReasonPacket,
        WakeReason::MediaDisconnect => Type::NdisWakeReasonMediaDisconnect,
        WakeReason::MediaConnect => Type::NdisWakeReasonMediaConnect,
    };
    let value = status_abi::NDIS_PM_WAKE_REASON {
        Header: header(
            object_abi::NDIS_OBJECT_TYPE_DEFAULT,
            status_abi::NDIS_PM_WAKE_REASON_REVISION_1,
            status_abi::NDIS_SIZEOF_PM_WAKE_REASON_REVISION_1,
        ),
        Flags: 0,
        WakeReason: kind,
        InfoBufferOffset: 0,
        InfoBufferSize: 0,
    };
    (indication(NDIS_STATUS_PM_WAKE_REASON, Block::of(value)), NDIS_STATUS_PM_WAKE_REASON)
}
