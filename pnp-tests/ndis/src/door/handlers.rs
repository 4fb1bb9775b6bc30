//! What a filter registers with: its version and its handlers.

use std::fmt;

use driver_abi::ndis::filter as abi;
use driver_abi::ndis::object::NDIS_OBJECT_HEADER;

/// Handlers of the data path: addresses, 0 for none. A module may change its own.
#[derive(Clone, Copy, Default)]
#[expect(missing_docs, reason = "the names are the description")]
pub struct PathHandlers {
    pub send: usize,
    pub send_complete: usize,
    pub cancel_send: usize,
    pub receive: usize,
    pub return_lists: usize,
}

impl fmt::Debug for PathHandlers {
    /// As for `Handlers`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PathHandlers")
    }
}

/// A filter driver's handlers, as it registered them.
#[derive(Clone, Copy)]
#[expect(missing_docs, reason = "the names are the description")]
pub struct Handlers {
    /// FilterSetOptions; it and the handlers below `status` are addresses, 0 for none.
    pub set_options: usize,
    pub set_module_options: Option<abi::FILTER_SET_MODULE_OPTIONS>,
    pub attach: Option<abi::FILTER_ATTACH>,
    pub detach: Option<abi::FILTER_DETACH>,
    pub restart: Option<abi::FILTER_RESTART>,
    pub pause: Option<abi::FILTER_PAUSE>,
    pub net_pnp_event: Option<abi::FILTER_NET_PNP_EVENT>,
    pub device_pnp_event: Option<abi::FILTER_DEVICE_PNP_EVENT_NOTIFY>,
    pub status: Option<abi::FILTER_STATUS>,
    pub path: PathHandlers,
    pub oid_request: usize,
    pub oid_request_complete: usize,
    pub cancel_oid_request: usize,
    pub direct_oid_request: usize,
    pub direct_oid_request_complete: usize,
    pub cancel_direct_oid_request: usize,
    pub synchronous_oid_request: usize,
    pub synchronous_oid_request_complete: usize,
}

impl Handlers {
    /// The callbacks that are there, by name.
    pub fn names(&self) -> Vec<&'static str> {
        let all = [
            ("FilterSetOptions", self.set_options != 0),
            ("FilterSetModuleOptions", self.set_module_options.is_some()),
            ("FilterAttach", self.attach.is_some()),
            ("FilterDetach", self.detach.is_some()),
            ("FilterRestart", self.restart.is_some()),
            ("FilterPause", self.pause.is_some()),
            ("FilterSendNetBufferLists", self.path.send != 0),
            ("FilterSendNetBufferListsComplete", self.path.send_complete != 0),
            ("FilterCancelSendNetBufferLists", self.path.cancel_send != 0),
            ("FilterReceiveNetBufferLists", self.path.receive != 0),
            ("FilterReturnNetBufferLists", self.path.return_lists != 0),
            ("FilterOidRequest", self.oid_request != 0),
            ("FilterOidRequestComplete", self.oid_request_complete != 0),
            ("FilterCancelOidRequest", self.cancel_oid_request != 0),
            ("FilterDevicePnPEventNotify", self.device_pnp_event.is_some()),
            ("FilterNetPnPEvent", self.net_pnp_event.is_some()),
            ("FilterStatus", self.status.is_some()),
            ("FilterDirectOidRequest", self.direct_oid_request != 0),
            ("FilterDirectOidRequestComplete", self.direct_oid_request_complete != 0),
            ("FilterCancelDirectOidRequest", self.cancel_direct_oid_request != 0),
            ("FilterSynchronousOidRequest", self.synchronous_oid_request != 0),
            ("FilterSynchronousOidRequestComplete", self.synchronous_oid_request_complete != 0),
        ];
        all.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
    }
}

impl fmt::Debug for Handlers {
    /// Addresses differ from run to run, so none are shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handlers")
    }
}

/// The characteristics with which a driver registered.
#[expect(missing_docs, reason = "the names are the description")]
pub struct Characteristics {
    pub header: NDIS_OBJECT_HEADER,
    /// Declared NDIS version.
    pub version: (u8, u8),
    pub flags: u32,
    pub unique_name: String,
    pub service_name: String,
    pub handlers: Handlers,
}

/// Requests that NDIS serialises, and those that it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Requests that NDIS serialises.
    Regular,
    /// Direct requests, which NDIS does not serialise.
    Direct,
}

impl Lane {
    /// The address of the handler for requests of this lane, 0 without one.
    pub fn request_handler(self, handlers: &Handlers) -> usize {
        match self {
            Self::Regular => handlers.oid_request,
            Self::Direct => handlers.direct_oid_request,
        }
    }

    pub(super) fn complete_handler(self, handlers: &Handlers) -> usize {
        match self {
            Self::Regular => handlers.oid_request_complete,
            Self::Direct => handlers.direct_oid_request_complete,
        }
    }

    pub(super) fn cancel_handler(self, handlers: &Handlers) -> usize {
        match self {
            Self::Regular => handlers.cancel_oid_request,
            Self::Direct => handlers.cancel_direct_oid_request,
        }
    }
}
