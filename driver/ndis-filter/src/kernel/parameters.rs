//! Attach, pause and restart parameters, copied or borrowed out of what NDIS passes.

use driver_abi::ndis::filter::{
    NDIS_FILTER_ATTACH_PARAMETERS, NDIS_FILTER_PAUSE_PARAMETERS, NDIS_FILTER_RESTART_PARAMETERS,
    NDIS_SIZEOF_FILTER_ATTACH_PARAMETERS_REVISION_1,
    NDIS_SIZEOF_FILTER_PAUSE_PARAMETERS_REVISION_1,
};
use driver_abi::ndis::object::NDIS_OBJECT_HEADER;
use driver_abi::ndis::object::{
    NDIS_OBJECT_TYPE_FILTER_ATTACH_PARAMETERS, NDIS_OBJECT_TYPE_FILTER_PAUSE_PARAMETERS,
    NDIS_OBJECT_TYPE_FILTER_RESTART_PARAMETERS,
};
use driver_abi::nt::UNICODE_STRING;

use super::filter::AttachError;
use super::memory::IssuerMemory;
use crate::event::bytes::header_covers;
use crate::event::{Memory, PauseReason, RestartAttributes, Utf16};

/// `Size` of revision 1 of the restart parameters: 44, although `size_of` is 48.
const SIZEOF_RESTART_PARAMETERS_REVISION_1: u16 = 44;

/// The names and interface numbers of a filter module and of the layers below. Borrowed: valid inside
/// FilterAttach only.
/// Source: ddi:ndis/ns-ndis-_ndis_filter_attach_parameters.
#[derive(Clone, Copy)]
pub struct AttachParameters<'a> {
    /// `{adapter}-{filter}-nnnn`, this module's name.
    pub module_guid_name: Utf16<'a>,
    /// The adapter's name for people.
    pub miniport_instance_name: Utf16<'a>,
    /// `\DEVICE\{guid}` of the adapter.
    pub miniport_name: Utf16<'a>,
    /// Interface index of this module.
    pub if_index: u32,
    /// NET_LUID of this module.
    pub luid: u64,
    /// Interface index of the adapter.
    pub miniport_if_index: u32,
    /// NET_LUID of the adapter, which stays the same across detach and attach.
    pub miniport_luid: u64,
    /// Interface index of the layer below this module.
    pub lower_if_index: u32,
    /// NET_LUID of the layer below; equals `miniport_luid` when this module is the lowest.
    pub lower_luid: u64,
    /// NDIS_MEDIUM of the adapter, as Windows numbers it.
    pub medium: i32,
    /// NDIS_PHYSICAL_MEDIUM of the adapter, as Windows numbers it.
    pub physical_medium: i32,
    /// NET_IF_MEDIA_CONNECT_STATE of the adapter at the attach, as Windows numbers it.
    pub media_connect_state: i32,
}

/// The reason for a pause. The documentation says a filter always sees "NDIS internal": record it,
/// never branch on it.
#[derive(Clone, Copy)]
pub struct PauseParameters {
    /// The reason as NDIS states it; empty when NDIS passed no parameters.
    pub reason: PauseReason,
}

/// The parameters of a restart. Borrowed: valid inside FilterRestart only.
#[derive(Clone, Copy)]
pub struct RestartParameters<'a> {
    /// The restart attributes; None when they are those of the last restart.
    pub attributes: Option<RestartAttributes<'a>>,
    /// The layer below, which may have changed; None when NDIS passed no parameters.
    pub lower: Option<LowerLayer>,
}

/// The layer directly below a module: the adapter, or another filter module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LowerLayer {
    /// Interface index of the layer.
    pub if_index: u32,
    /// NET_LUID of the layer.
    pub luid: u64,
}

/// Whether a header is of this `kind` and covers `size` bytes of revision 1 or later.
fn covers(header: NDIS_OBJECT_HEADER, kind: u8, size: u16) -> bool {
    let [low, high] = header.Size.to_le_bytes();
    header_covers(&[header.Type, header.Revision, low, high], kind, 1, usize::from(size))
}

/// # Safety
///
/// `string` is NULL or names a counted string, both valid for the callback that `memory` lives in.
unsafe fn text(string: *const UNICODE_STRING, memory: &IssuerMemory) -> Utf16<'_> {
    if string.is_null() {
        return Utf16::EMPTY;
    }
    // SAFETY: not NULL, so a counted string (caller).
    let string = unsafe { string.read() };
    let address = string.Buffer.expose_provenance() as u64;
    memory.read(address, usize::from(string.Length & !1)).map_or(Utf16::EMPTY, Utf16::new)
}

impl<'a> AttachParameters<'a> {
    /// # Safety
    ///
    /// `raw` is FilterAttach's parameter and `memory` lives in that call.
    pub(super) unsafe fn view(
        raw: *const NDIS_FILTER_ATTACH_PARAMETERS,
        memory: &'a IssuerMemory,
    ) -> Result<Self, AttachError> {
        // SAFETY: every revision starts with a header.
        let header = unsafe { (*raw).Header };
        let size = NDIS_SIZEOF_FILTER_ATTACH_PARAMETERS_REVISION_1;
        if !covers(header, NDIS_OBJECT_TYPE_FILTER_ATTACH_PARAMETERS, size) {
            return Err(AttachError::Parameters);
        }
        // SAFETY: revision 1 (164 bytes, checked above) holds every field read here; the ones that
        // later revisions add, and an older NDIS does not provide, are not touched.
        #[expect(clippy::multiple_unsafe_ops_per_block, reason = "one structure, field by field")]
        let parameters = unsafe {
            Self {
                module_guid_name: text((*raw).FilterModuleGuidName, memory),
                miniport_instance_name: text((*raw).BaseMiniportInstanceName, memory),
                miniport_name: text((*raw).BaseMiniportName, memory),
                if_index: (*raw).IfIndex,
                luid: (*raw).NetLuid.Value,
                miniport_if_index: (*raw).BaseMiniportIfIndex,
                miniport_luid: (*raw).BaseMiniportNetLuid.Value,
                lower_if_index: (*raw).LowerIfIndex,
                lower_luid: (*raw).LowerIfNetLuid.Value,
                medium: (*raw).MiniportMediaType.0,
                physical_medium: (*raw).MiniportPhysicalMediaType.0,
                media_connect_state: (*raw).MediaConnectState.0,
            }
        };
        Ok(parameters)
    }
}

impl PauseParameters {
    /// # Safety
    ///
    /// `raw` is FilterPause's parameter: NULL or an NDIS_FILTER_PAUSE_PARAMETERS.
    pub(super) unsafe fn view(raw: *const NDIS_FILTER_PAUSE_PARAMETERS) -> Self {
        let none = Self { reason: PauseReason::empty() };
        if raw.is_null() {
            return none;
        }
        // SAFETY: not NULL, and it starts with a header.
        let header = unsafe { (*raw).Header };
        let size = NDIS_SIZEOF_FILTER_PAUSE_PARAMETERS_REVISION_1;
        if !covers(header, NDIS_OBJECT_TYPE_FILTER_PAUSE_PARAMETERS, size) {
            return none;
        }
        // SAFETY: the header vouches for 12 bytes; PauseReason ends there.
        let reason = unsafe { (*raw).PauseReason };
        Self { reason: PauseReason::from_bits_retain(reason) }
    }
}

impl<'a> RestartParameters<'a> {
    /// # Safety
    ///
    /// `raw` is FilterRestart's parameter, NULL or an NDIS_FILTER_RESTART_PARAMETERS, and `memory`
    /// lives in that call.
    pub(super) unsafe fn view(
        raw: *const NDIS_FILTER_RESTART_PARAMETERS,
        memory: &'a IssuerMemory,
    ) -> Self {
        let none = Self { attributes: None, lower: None };
        if raw.is_null() {
            return none;
        }
        // SAFETY: not NULL, and it starts with a header.
        let header = unsafe { (*raw).Header };
        let size = SIZEOF_RESTART_PARAMETERS_REVISION_1;
        if !covers(header, NDIS_OBJECT_TYPE_FILTER_RESTART_PARAMETERS, size) {
            return none;
        }
        // SAFETY: the header vouches for 44 bytes; the three fields end at byte 40.
        #[expect(clippy::multiple_unsafe_ops_per_block, reason = "one structure, field by field")]
        let (attributes, if_index, luid) =
            unsafe { ((*raw).RestartAttributes, (*raw).LowerIfIndex, (*raw).LowerIfNetLuid.Value) };
        let address = attributes.expose_provenance() as u64;
        let attributes = (address != 0).then(|| RestartAttributes::at(address, memory));
        Self { attributes, lower: Some(LowerLayer { if_index, luid }) }
    }
}
