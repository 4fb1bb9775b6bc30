//! A module, from FilterAttach to FilterDetach, and the list of all modules.

use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering::Relaxed};

use driver_abi::ndis::status::{
    NDIS_STATUS, NDIS_STATUS_FAILURE, NDIS_STATUS_PENDING, NDIS_STATUS_RESOURCES,
    NDIS_STATUS_SUCCESS,
};

use crate::import::{
    ExAllocatePool2, ExAllocatePoolWithTag, ExFreePoolWithTag, KeGetCurrentIrql, KeInitializeDpc,
    KeInitializeTimer, KeLeaveCriticalRegion, KeSetTimer, NdisAllocateMemoryWithTagPriority,
    NdisFPauseComplete, NdisFSetAttributes, NdisFreeMemory, NdisSetOptionalHandlers,
    NdisWriteEventLogEntry, memcpy, sleep_ms,
};
use crate::layout::restart as attribute;
use crate::layout::{At, Pointer, Room, attach as parameter, attributes, oid as o, partial};
use crate::lock::Lock;
use crate::publish::publish;
use crate::{DRIVER_HANDLE, DRIVER_OBJECT, REGISTERED, TAG, device, event, oid, packet};

pub const PAUSED: u32 = 0;
pub const RESTARTING: u32 = 1;
pub const RUNNING: u32 = 2;
pub const PAUSING: u32 = 3;

/// The module context. The adapter's name follows it in the same block.
pub struct Module {
    /// From NDIS; names this module in every call.
    pub handle: Pointer,
    pub if_index: u32,
    /// Bytes of the name.
    name_length: u32,
    /// Guards `state` and `outstanding`.
    pub lock: Lock,
    pub state: AtomicU32,
    /// The clone that was passed down and has not come back.
    pub outstanding: AtomicPtr<core::ffi::c_void>,
    /// From the restart attributes.
    lookahead: AtomicU32,
    /// The next module; guarded by `LIST_LOCK`.
    next: AtomicPtr<Module>,
    /// How often the module was restarted. For wrong filters, as all below.
    pub restarts: AtomicU32,
    /// A block, packet or list that a wrong filter keeps.
    pub kept: AtomicPtr<core::ffi::c_void>,
}

/// Guards the list.
pub static LIST_LOCK: Lock = Lock::new();
static LIST: AtomicPtr<Module> = AtomicPtr::new(ptr::null_mut());

impl Module {
    /// # Safety
    ///
    /// `context` is what NDIS passed to a callback of a module that is not yet detached.
    pub unsafe fn of<'a>(context: Pointer) -> &'a Self {
        // SAFETY: the context is the block that `attach` filled.
        unsafe { &*context.cast() }
    }

    fn address(&self) -> *mut Self {
        ptr::from_ref(self).cast_mut()
    }

    pub fn name(&self) -> (Pointer, usize) {
        (self.address().wrapping_add(1).cast(), self.name_length as usize)
    }

    pub fn is_running(&self, dispatch: bool) -> bool {
        self.lock.with_dispatch(dispatch, || self.state.load(Relaxed) == RUNNING)
    }

    fn enter(&self, state: u32) {
        self.lock.with(|| self.state.store(state, Relaxed));
    }

    fn link(&self) {
        LIST_LOCK.with(|| {
            self.next.store(LIST.load(Relaxed), Relaxed);
            LIST.store(self.address(), Relaxed);
        });
    }

    fn unlink(&self) {
        LIST_LOCK.with(|| {
            let mut link = &LIST;
            while let Some(module) = follow(link) {
                if ptr::eq(module, self) {
                    link.store(self.next.load(Relaxed), Relaxed);
                    return;
                }
                link = &module.next;
            }
        });
    }
}

/// The module behind a link, with `LIST_LOCK` held.
fn follow<'a>(link: &AtomicPtr<Module>) -> Option<&'a Module> {
    // SAFETY: modules are unlinked before they are freed, and the caller holds the lock.
    unsafe { link.load(Relaxed).as_ref() }
}

/// Calls `body` for every module, at DISPATCH_LEVEL with the list locked.
pub fn for_each(mut body: impl FnMut(&Module)) {
    LIST_LOCK.with(|| {
        let mut link = &LIST;
        while let Some(module) = follow(link) {
            body(module);
            link = &module.next;
        }
    });
}

/// FilterSetOptions: nothing to set. PASSIVE_LEVEL, inside NdisFRegisterFilterDriver, which has written
/// the driver's handle: as Microsoft's sample does, this looks whether it is the same.
pub unsafe extern "system" fn set_options(handle: Pointer, _context: Pointer) -> NDIS_STATUS {
    if handle == DRIVER_HANDLE.load(Relaxed) { NDIS_STATUS_SUCCESS } else { NDIS_STATUS_FAILURE }
}

/// FilterSetModuleOptions: the handlers stay as registered. PASSIVE_LEVEL, Paused.
pub unsafe extern "system" fn set_module_options(context: Pointer) -> NDIS_STATUS {
    // SAFETY: NDIS passes the module's context.
    let module = unsafe { Module::of(context) };
    publish(b"SetModuleOptions\0", module.if_index, 0);
    if cfg!(feature = "nv-16") {
        packet::send_own(module);
    }
    NDIS_STATUS_SUCCESS
}

/// FilterAttach. PASSIVE_LEVEL. The parameters live for the call only.
pub unsafe extern "system" fn attach(
    handle: Pointer,
    _driver_context: Pointer,
    parameters: Pointer,
) -> NDIS_STATUS {
    // SAFETY: NDIS passes NDIS_FILTER_ATTACH_PARAMETERS.
    let parameters = unsafe { At::new(parameters) };
    let status = attach_module(handle, parameters);
    publish(b"Attach\0", interface_index(parameters), status.0.cast_unsigned());
    status
}

/// The module's interface index, which is another one than the adapter's.
fn interface_index(parameters: At) -> u32 {
    if cfg!(feature = "nv-52") {
        return parameters.u32(parameter::BASE_MINIPORT_IF_INDEX);
    }
    parameters.u32(parameter::IF_INDEX)
}

fn attach_module(handle: Pointer, parameters: At) -> NDIS_STATUS {
    if cfg!(feature = "nv-06") {
        return NDIS_STATUS_PENDING;
    }
    if cfg!(feature = "nv-45") && parameters.u16(2) != parameter::SIZE_4 {
        return NDIS_STATUS_FAILURE;
    }
    if cfg!(feature = "nv-03") && !REGISTERED.load(Relaxed) {
        return NDIS_STATUS_FAILURE;
    }
    if cfg!(feature = "nv-09") {
        sleep_ms(100);
    }
    // SAFETY: a UNICODE_STRING, which lives for the call; NDIS always names the adapter.
    let name = unsafe { At::new(parameters.pointer(parameter::BASE_MINIPORT_INSTANCE_NAME)) };
    let name_length = u32::from(name.u16(0));
    let length = size_of::<Module>() as u32 + name_length;
    // SAFETY: PASSIVE_LEVEL; NormalPoolPriority is 16.
    let block = unsafe { NdisAllocateMemoryWithTagPriority(handle, length, TAG, 16) };
    if block.is_null() {
        return NDIS_STATUS_RESOURCES;
    }
    let fresh = Module {
        handle,
        if_index: interface_index(parameters),
        name_length,
        lock: Lock::new(),
        state: AtomicU32::new(PAUSED),
        outstanding: AtomicPtr::new(ptr::null_mut()),
        lookahead: AtomicU32::new(0),
        next: AtomicPtr::new(ptr::null_mut()),
        restarts: AtomicU32::new(0),
        kept: AtomicPtr::new(ptr::null_mut()),
    };
    // SAFETY: a block of this length, ours alone; pool is aligned to 16.
    unsafe { block.cast::<Module>().write(fresh) };
    // SAFETY: just written.
    let module = unsafe { Module::of(block) };
    // SAFETY: the block has room for the name behind the module.
    unsafe { memcpy(module.name().0, name.pointer(8), name_length as usize) };
    module.lock.initialise();
    attach_wrongly(module, parameters);

    let mut room = Room::<{ attributes::SIZE as usize }>::zeroed();
    let at = room.at();
    at.set_header(attributes::KIND, 1, attributes::SIZE);
    // SAFETY: inside FilterAttach with its handle; everything lives for the call.
    let status = unsafe { NdisFSetAttributes(handle, block, at.pointer_to(0)) };
    if status != NDIS_STATUS_SUCCESS {
        if !cfg!(feature = "nv-08") {
            free(module);
        }
        return status;
    }
    if cfg!(feature = "nv-07") {
        // SAFETY: as above, but for the second time: the mistake.
        let _status = unsafe { NdisFSetAttributes(handle, block, at.pointer_to(0)) };
    }
    module.link();
    NDIS_STATUS_SUCCESS
}

/// What wrong filters do before NdisFSetAttributes.
fn attach_wrongly(module: &Module, parameters: At) {
    if cfg!(feature = "nv-10") {
        event::indicate_own(module.handle);
    }
    if cfg!(feature = "nv-32") {
        parameters.set_u64(parameter::XMIT_LINK_SPEED, 0);
    }
    if cfg!(feature = "nv-36") {
        share();
    }
    if cfg!(feature = "nv-38") {
        // SAFETY: POOL_FLAG_NON_PAGED at PASSIVE_LEVEL.
        let _lost = unsafe { ExAllocatePool2(0x40, 48, TAG) };
    }
    if cfg!(feature = "nv-54") {
        // SAFETY: POOL_FLAG_PAGED at PASSIVE_LEVEL.
        module.kept.store(unsafe { ExAllocatePool2(0x100, 64, TAG) }, Relaxed);
    }
    if cfg!(feature = "nv-62") {
        // SAFETY: NonPagedPoolNx at PASSIVE_LEVEL.
        module.kept.store(unsafe { ExAllocatePoolWithTag(512, 64, TAG) }, Relaxed);
    }
    if cfg!(feature = "nv-55") {
        // SAFETY: NonPagedPool, which is executable: the mistake.
        module.kept.store(unsafe { ExAllocatePoolWithTag(0, 64, TAG) }, Relaxed);
    }
}

/// FilterDetach. PASSIVE_LEVEL, Paused; cannot fail.
pub unsafe extern "system" fn detach(context: Pointer) {
    // SAFETY: NDIS passes the module's context, for the last time.
    let module = unsafe { Module::of(context) };
    if !cfg!(feature = "nv-51") {
        publish(b"Detach\0", module.if_index, 0);
    }
    if cfg!(feature = "nv-25") {
        event::indicate_own(module.handle);
    }
    while cfg!(feature = "nv-49") && device::is_parked() {
        sleep_ms(100);
    }
    module.unlink();
    free(module);
}

fn free(module: &Module) {
    if cfg!(feature = "nv-36") {
        unshare();
    }
    if cfg!(feature = "nv-48") {
        event::free_records(module);
    }
    if cfg!(any(feature = "nv-54", feature = "nv-55", feature = "nv-62")) {
        let kept = module.kept.swap(ptr::null_mut(), Relaxed);
        if !kept.is_null() {
            // SAFETY: pool of ours with this tag, not used again.
            unsafe { ExFreePoolWithTag(kept, TAG) };
        }
    }
    // SAFETY: from NdisAllocateMemoryWithTagPriority, so length and flags are 0; not used again.
    unsafe { NdisFreeMemory(module.address().cast(), 0, 0) };
}

/// FilterPause: nothing is ever held back, so nothing is waited for. PASSIVE_LEVEL, Running.
pub unsafe extern "system" fn pause(context: Pointer, _parameters: Pointer) -> NDIS_STATUS {
    // SAFETY: NDIS passes the module's context.
    let module = unsafe { Module::of(context) };
    module.enter(PAUSING);
    publish(b"Pause\0", module.if_index, 0);
    if cfg!(feature = "nv-14") {
        sleep_ms(11_000);
    }
    while cfg!(feature = "nv-46") && !module.outstanding.load(Relaxed).is_null() {
        sleep_ms(100);
    }
    if cfg!(feature = "nv-37") {
        set_timer(module);
    }
    module.enter(PAUSED);
    if cfg!(feature = "nv-64") {
        KeLeaveCriticalRegion();
    }
    if cfg!(feature = "nv-11") {
        return NDIS_STATUS_FAILURE;
    }
    if cfg!(feature = "nv-12") {
        // SAFETY: the module's handle, but no PENDING: the mistake.
        unsafe { NdisFPauseComplete(module.handle) };
    }
    if cfg!(feature = "nv-61") {
        return NDIS_STATUS_PENDING;
    }
    NDIS_STATUS_SUCCESS
}

/// FilterRestart. PASSIVE_LEVEL, Paused.
pub unsafe extern "system" fn restart(context: Pointer, parameters: Pointer) -> NDIS_STATUS {
    // SAFETY: NDIS passes the module's context.
    let module = unsafe { Module::of(context) };
    // SAFETY: NDIS passes NDIS_FILTER_RESTART_PARAMETERS.
    let parameters = unsafe { At::new(parameters) };
    module.enter(RESTARTING);
    publish(b"Restart\0", module.if_index, 0);
    if cfg!(feature = "nv-60") {
        // SAFETY: there is none: the mistake.
        let state = unsafe { ptr::null::<u32>().wrapping_add(4).read_volatile() };
        module.lookahead.store(state, Relaxed);
    }
    let first = parameters.pointer(attribute::ATTRIBUTES);
    read_attributes(module, first);
    if cfg!(feature = "nv-70") && !first.is_null() {
        // SAFETY: an NDIS_RESTART_ATTRIBUTES, which lives for the call.
        let next = unsafe { At::new(first) }.pointer(0);
        parameters.set_pointer(attribute::ATTRIBUTES, next);
    }
    restart_wrongly(module);
    module.restarts.fetch_add(1, Relaxed);
    module.enter(RUNNING);
    NDIS_STATUS_SUCCESS
}

/// Reads the lookahead size from the list of restart attributes, which may be empty.
fn read_attributes(module: &Module, first: Pointer) {
    let mut link = first;
    // The list is NDIS's and short; a bound keeps a broken one from hanging the machine.
    for _ in 0..64 {
        if link.is_null() && !cfg!(feature = "nv-29") {
            return;
        }
        // SAFETY: an NDIS_RESTART_ATTRIBUTES, which lives for the call.
        let entry = unsafe { At::new(link) };
        if entry.u32(attribute::ATTRIBUTE_OID) == attribute::OID_GEN_MINIPORT_RESTART_ATTRIBUTES {
            // SAFETY: NDIS_RESTART_GENERAL_ATTRIBUTES follows, 84 bytes at least.
            let general = unsafe { At::new(entry.pointer_to(attribute::ATTRIBUTE_DATA)) };
            module.lookahead.store(general.u32(attribute::LOOKAHEAD_SIZE), Relaxed);
            if cfg!(feature = "nv-31") {
                general.set_u32(attribute::LOOKAHEAD_SIZE, 128);
            }
            return;
        }
        link = entry.pointer(0);
    }
}

/// What wrong filters do in FilterRestart.
fn restart_wrongly(module: &Module) {
    if cfg!(feature = "nv-27") {
        let mut room = Room::<{ partial::SIZE as usize }>::zeroed();
        let at = room.at();
        at.set_header(partial::KIND, 1, partial::SIZE);
        at.set_pointer(partial::SEND, packet::send as Pointer);
        at.set_pointer(partial::SEND_COMPLETE, packet::send_complete as Pointer);
        at.set_pointer(partial::CANCEL_SEND, packet::cancel_send as Pointer);
        at.set_pointer(partial::RECEIVE, packet::receive as Pointer);
        at.set_pointer(partial::RETURN, packet::give_back as Pointer);
        // SAFETY: the module's handle at PASSIVE_LEVEL, but not in FilterSetModuleOptions.
        let _status = unsafe { NdisSetOptionalHandlers(module.handle, at.pointer_to(0)) };
    }
    if cfg!(any(feature = "nv-33", feature = "nv-68")) {
        oid::originate(module, o::SET, o::OID_GEN_CURRENT_PACKET_FILTER);
    }
    if cfg!(feature = "nv-35") {
        let none = ptr::null_mut();
        // SAFETY: PASSIVE_LEVEL with the driver object; no strings, no data.
        let _status = unsafe {
            NdisWriteEventLogEntry(DRIVER_OBJECT.load(Relaxed), 0x4000_1388, 0, 0, none, 0, none)
        };
    }
    let kept = module.kept.load(Relaxed);
    if cfg!(feature = "nv-62") && !kept.is_null() {
        // SAFETY: 64 bytes of pool, though nobody has written them: the mistake.
        let flag = unsafe { kept.cast::<u32>().read_volatile() };
        if flag != 0 {
            publish(b"Flagged\0", module.if_index, flag);
        }
    }
    if cfg!(feature = "nv-62-status") {
        event::indicate_unwritten(module.handle);
    }
    if cfg!(any(feature = "nv-40", feature = "nv-67")) {
        oid::originate(module, o::QUERY, o::OID_GEN_LINK_STATE);
    }
}

/// A block for all modules, made by the first and freed by the last. Nothing guards the count.
static SHARED: AtomicPtr<core::ffi::c_void> = AtomicPtr::new(ptr::null_mut());
static SHARERS: AtomicU32 = AtomicU32::new(0);

fn share() {
    let before = SHARERS.load(Relaxed);
    let _irql = KeGetCurrentIrql();
    if before == 0 {
        // SAFETY: POOL_FLAG_NON_PAGED at PASSIVE_LEVEL.
        SHARED.store(unsafe { ExAllocatePool2(0x40, 64, TAG) }, Relaxed);
    }
    SHARERS.store(before + 1, Relaxed);
}

fn unshare() {
    let before = SHARERS.load(Relaxed);
    let _irql = KeGetCurrentIrql();
    SHARERS.store(before.wrapping_sub(1), Relaxed);
    if before == 1 && !SHARED.load(Relaxed).is_null() {
        // SAFETY: pool of ours; another module may think the same: the mistake.
        unsafe { ExFreePoolWithTag(SHARED.load(Relaxed), TAG) };
        SHARED.store(ptr::null_mut(), Relaxed);
    }
}

/// KTIMER and KDPC, 64 bytes each.
struct Timer(core::cell::UnsafeCell<Room<128>>);

// SAFETY: the kernel's after KeInitializeTimer and KeInitializeDpc.
unsafe impl Sync for Timer {}

static TIMER: Timer = Timer(core::cell::UnsafeCell::new(Room::zeroed()));

/// Has `late` run a second from now; nobody cancels it.
fn set_timer(module: &Module) {
    let timer: Pointer = TIMER.0.get().cast();
    let dpc = timer.wrapping_byte_add(64);
    // SAFETY: static room for a KTIMER.
    unsafe { KeInitializeTimer(timer) };
    // SAFETY: static room for a KDPC.
    unsafe { KeInitializeDpc(dpc, late as Pointer, module.address().cast()) };
    // SAFETY: both are initialised.
    let _was_set = unsafe { KeSetTimer(timer, -10_000_000, dpc) };
}

/// A KDEFERRED_ROUTINE, at DISPATCH_LEVEL.
unsafe extern "system" fn late(_dpc: Pointer, context: Pointer, _one: Pointer, _two: Pointer) {
    // SAFETY: there is none, the module may be freed: the mistake.
    let module = unsafe { Module::of(context) };
    module.restarts.fetch_add(1, Relaxed);
}
