//! An ETW provider: registration, sessions, and writing.
//!
//! Level 0 in an enable means every level, as in Microsoft's TraceLoggingProvider.h. Keyword mask 0 means
//! every keyword here; in that header it matches events without a keyword only, so this is more generous.
//! Without a session an event site costs two loads and a comparison.

use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use driver_abi::etw::{EVENT_DATA_DESCRIPTOR, EVENT_DESCRIPTOR};
use driver_abi::nt::GUID;

use super::import::{
    EtwActivityIdControl, EtwRegister, EtwSetInformation, EtwUnregister, EtwWriteTransfer,
};
use crate::etw::{Event, Group, Opcode};

/// Channel of TraceLogging events, which belong to no channel of the event log.
const TRACE_LOGGING: u8 = 11;
/// `EventProviderSetTraits`, an EVENT_INFO_CLASS.
const SET_TRAITS: u32 = 2;
/// `EVENT_ACTIVITY_CTRL_GET_SET_ID`: the thread's activity id is exchanged.
const GET_SET_ID: u32 = 4;

/// An ETW provider. It must be a static: ETW keeps its address as callback context. All mutable state is in
/// [`Sessions`], so that this value, which holds a function pointer, can be placed in read-only memory.
pub struct Provider {
    guid: GUID,
    traits: &'static [u8],
    /// Called at PASSIVE_LEVEL, inside ETW's enable callback, when a session changes or asks for the state.
    on_control: fn(Control),
    sessions: &'static Sessions,
}

/// The mutable state of one provider: its registration, and the levels and keywords that sessions have
/// enabled.
pub struct Sessions {
    /// Handle of EtwRegister; 0 while the provider is not registered.
    handle: AtomicU64,
    /// The most detailed level that a session has enabled; 0 when there is no session.
    level: AtomicU8,
    any: AtomicU64,
    all: AtomicU64,
}

/// A notification of ETW to a provider: the EVENT_CONTROL_CODE of an enable callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// A session was enabled, or changed its level or keywords, or one of several sessions ended.
    Enable,
    /// The last session ended.
    Disable,
    /// A session asks the provider to write its state.
    CaptureState,
}

/// Bytes of the traits of a provider with this name.
#[must_use]
pub const fn traits_length(name: &str) -> usize {
    2 + name.len() + 1
}

/// The traits: `u16 size | name, NUL`. Evaluated by the compiler only.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "a name is short")]
pub const fn traits<const N: usize>(name: &str) -> [u8; N] {
    assert!(N == traits_length(name) && N < 256);
    let mut out = [0; N];
    out[0] = N as u8;
    let mut index = 0;
    while index < name.len() {
        out[2 + index] = name.as_bytes()[index];
        index += 1;
    }
    out
}

/// The span that an event belongs to.
#[derive(Clone, Copy)]
pub struct Activity<'a> {
    /// Activity id of the event's own span, or of the span that a point happens in. Always given, never
    /// taken from the thread: at DISPATCH_LEVEL the thread is whichever was interrupted.
    pub id: &'a GUID,
    /// Activity id of the enclosing span, on a Start.
    pub related: Option<&'a GUID>,
}

impl Sessions {
    /// The state of a provider that is not registered and has no session.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "for statics, which need a const fn")]
    pub const fn new() -> Self {
        Self {
            handle: AtomicU64::new(0),
            level: AtomicU8::new(0),
            any: AtomicU64::new(0),
            all: AtomicU64::new(0),
        }
    }
}

impl Provider {
    /// A provider that is not registered. `sessions` must not be shared with another provider.
    #[must_use]
    pub const fn new(
        guid: GUID,
        traits: &'static [u8],
        on_control: fn(Control),
        sessions: &'static Sessions,
    ) -> Self {
        Self { guid, traits, on_control, sessions }
    }

    /// Registers the provider. PASSIVE_LEVEL, in DriverEntry, once. A failure is not reported: the provider
    /// stays silent, and the driver works without a trace. Source: ddi:wdm/nf-wdm-etwregister.
    ///
    /// The enable callback may run before this returns; then nothing can be written yet, and nothing has
    /// happened yet. The handle is published after its traits are set.
    pub fn register(&'static self) {
        let mut handle = 0;
        let context = ptr::from_ref(self).cast_mut().cast();
        // SAFETY: PASSIVE_LEVEL in DriverEntry; `self` is static, so the context outlives the
        // registration, and `handle` is writable for the call.
        let status = unsafe { EtwRegister(&raw const self.guid, enable, context, &raw mut handle) };
        if status < 0 {
            return;
        }
        let length = u32::try_from(self.traits.len()).unwrap_or(0);
        // SAFETY: a live handle, PASSIVE_LEVEL; the traits are static. A refusal is harmless: each
        // event brings them along too.
        let _ = unsafe { EtwSetInformation(handle, SET_TRAITS, self.traits.as_ptr(), length) };
        self.sessions.handle.store(handle, Ordering::Release);
    }

    /// Ends the registration. PASSIVE_LEVEL; the driver writes no event at the same time or afterwards. The
    /// enable callback does not run any more when this has returned. Source: ddi:wdm/nf-wdm-etwunregister.
    pub fn unregister(&self) {
        let handle = self.sessions.handle.swap(0, Ordering::AcqRel);
        self.sessions.level.store(0, Ordering::Relaxed);
        if handle != 0 {
            // SAFETY: a handle of EtwRegister, given back once: the swap took it.
            let _ = unsafe { EtwUnregister(handle) };
        }
    }

    /// Whether there is a session, whatever it has enabled. Any IRQL.
    #[must_use]
    #[inline]
    pub fn has_listener(&self) -> bool {
        // Relaxed, as in `enabled`.
        self.sessions.level.load(Ordering::Relaxed) != 0
    }

    /// Whether a session has enabled events of this level and keyword. Any IRQL.
    #[must_use]
    #[inline]
    pub fn enabled(&self, level: u8, keyword: u64) -> bool {
        // Relaxed: an event that goes by while a session comes or goes may be written or not.
        level <= self.sessions.level.load(Ordering::Relaxed) && {
            let all = self.sessions.all.load(Ordering::Relaxed);
            keyword & self.sessions.any.load(Ordering::Relaxed) != 0 && keyword & all == all
        }
    }

    /// [`Provider::enabled`] as a function of its own, for callers where size counts more than time.
    #[inline(never)]
    fn wanted(&self, level: u8, keyword: u64) -> bool {
        self.enabled(level, keyword)
    }

    /// Writes an event if a session has enabled it. At most DISPATCH_LEVEL; all values in memory that is
    /// not paged. An event that ETW has no buffer for is lost without a word. Source:
    /// ddi:wdm/nf-wdm-etwwritetransfer.
    #[inline]
    pub fn write<E: Event>(
        &self,
        keyword: u64,
        activity: Activity<'_>,
        head: &impl Group<Static = E::Head>,
        kind: &impl Group<Static = E::Kind>,
        event: &E,
    ) {
        if self.wanted(E::DECLARED.level, keyword) {
            self.write_enabled(E::SCHEMA, keyword, activity, head, kind, event);
        }
    }

    /// Writes an event for a caller that has asked [`Provider::enabled`]; otherwise as [`Provider::write`].
    /// `schema` must be [`Event::SCHEMA`]. It is a parameter because it is all that tells events of one
    /// shape apart, so that several of them can share one piece of code.
    #[inline]
    pub fn write_enabled<E: Event>(
        &self,
        schema: &'static [u8],
        keyword: u64,
        activity: Activity<'_>,
        head: &impl Group<Static = E::Head>,
        kind: &impl Group<Static = E::Kind>,
        event: &E,
    ) {
        event.lay_out(self.traits, schema, head, kind, |pieces| {
            let kind = (E::DECLARED.level, E::DECLARED.opcode);
            self.transfer(keyword, kind, activity, pieces);
        });
    }

    #[inline(never)]
    fn transfer(
        &self,
        keyword: u64,
        (level, opcode): (u8, Opcode),
        activity: Activity<'_>,
        pieces: &[EVENT_DATA_DESCRIPTOR],
    ) {
        let handle = self.sessions.handle.load(Ordering::Acquire);
        if handle == 0 {
            return;
        }
        let descriptor = EVENT_DESCRIPTOR {
            Id: 0,
            Version: 0,
            Channel: TRACE_LOGGING,
            Level: level,
            Opcode: opcode as u8,
            Task: 0,
            Keyword: keyword,
        };
        let descriptor = &raw const descriptor;
        let count = u32::try_from(pieces.len()).unwrap_or(0);
        let related = activity.related.map_or(ptr::null(), ptr::from_ref);
        // SAFETY: the handle is live: the driver writes nothing any more when it calls `unregister` (its
        // doc). A rundown inside the enable callback may still write then; EtwUnregister waits for that
        // callback, as far as the reference lets one infer (docs/windows-status.md). All
        // pointers are to values that live across the call: each descriptor was made from a slice
        // that its `Pieces` borrowed, and `lay_out` lends them for this call.
        let _ = unsafe {
            EtwWriteTransfer(handle, descriptor, activity.id, related, count, pieces.as_ptr())
        };
    }
}

/// Makes `id` the thread's activity id and gives the former one. At most APC_LEVEL. When the call fails,
/// the answer is `id` itself, as if it had been the former one. Source:
/// ddi:wdm/nf-wdm-etwactivityidcontrol.
#[must_use]
pub fn swap_thread_activity(id: &GUID) -> GUID {
    let mut activity = *id;
    // SAFETY: `activity` is read and written during the call only.
    let _ = unsafe { EtwActivityIdControl(GET_SET_ID, &raw mut activity) };
    activity
}

/// `ETWENABLECALLBACK`. PASSIVE_LEVEL. Level and keywords are those of all sessions together.
/// Source: ddi:wdm/nc-wdm-etwenablecallback.
///
/// # Safety
///
/// Called by ETW only, with the context given to EtwRegister.
unsafe extern "system" fn enable(
    _source: *const GUID,
    code: u32,
    level: u8,
    any: u64,
    all: u64,
    _filter: *mut c_void,
    context: *mut c_void,
) {
    const DISABLE: u32 = 0;
    const ENABLE: u32 = 1;
    const CAPTURE_STATE: u32 = 2;
    // SAFETY: `register` passed a `&'static Provider` as the context.
    let provider = unsafe { &*context.cast::<Provider>() };
    let sessions = provider.sessions;
    let control = match code {
        DISABLE => {
            sessions.level.store(0, Ordering::Relaxed);
            Control::Disable
        }
        ENABLE => {
            sessions.any.store(if any == 0 { u64::MAX } else { any }, Ordering::Relaxed);
            sessions.all.store(all, Ordering::Relaxed);
            sessions.level.store(if level == 0 { u8::MAX } else { level }, Ordering::Relaxed);
            Control::Enable
        }
        CAPTURE_STATE => Control::CaptureState,
        _ => return,
    };
    (provider.on_control)(control);
}
