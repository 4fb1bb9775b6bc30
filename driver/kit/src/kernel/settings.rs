//! Settings of a driver in the registry: numbers under the service's key `Parameters`.

use core::ffi::c_void;
use core::ptr;

use driver_abi::nt::{
    KEY_READ, KEY_VALUE_INFORMATION_CLASS, KEY_VALUE_PARTIAL_INFORMATION, OBJ_CASE_INSENSITIVE,
    OBJ_KERNEL_HANDLE, OBJECT_ATTRIBUTES, REG_DWORD, STATUS_SUCCESS, UNICODE_STRING,
};

use super::import::{ZwClose, ZwOpenKey, ZwQueryValueKey};
use crate::text::{counted, utf16};

/// An open key, closed on drop.
struct Key(*mut c_void);

impl Key {
    /// Opens the key `name` below `root`; None for every failure. PASSIVE_LEVEL. Source:
    /// ddi:wdm/nf-wdm-zwopenkey.
    ///
    /// # Safety
    ///
    /// `name` is a valid counted string.
    unsafe fn open(root: *mut c_void, name: *mut UNICODE_STRING) -> Option<Self> {
        let mut attributes = OBJECT_ATTRIBUTES {
            #[expect(clippy::cast_possible_truncation, reason = "48")]
            Length: size_of::<OBJECT_ATTRIBUTES>() as u32,
            RootDirectory: root,
            ObjectName: name,
            Attributes: OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
            SecurityDescriptor: ptr::null_mut(),
            SecurityQualityOfService: ptr::null_mut(),
        };
        let mut key = ptr::null_mut();
        // SAFETY: PASSIVE_LEVEL in DriverEntry; all three live for the call (caller for the name).
        let status = unsafe { ZwOpenKey(&raw mut key, KEY_READ, &raw mut attributes) };
        (status == STATUS_SUCCESS).then_some(Self(key))
    }

    /// The REG_DWORD `name` of the key; None when it is absent or of another type. PASSIVE_LEVEL. Source:
    /// ddi:wdm/nf-wdm-zwqueryvaluekey.
    fn number(&self, name: &'static [u16]) -> Option<u32> {
        const PARTIAL: KEY_VALUE_INFORMATION_CLASS =
            KEY_VALUE_INFORMATION_CLASS::KeyValuePartialInformation;
        let mut value =
            KEY_VALUE_PARTIAL_INFORMATION { TitleIndex: 0, Type: 0, DataLength: 0, Data: 0 };
        let mut name = counted(name);
        let mut needed = 0;
        #[expect(clippy::cast_possible_truncation, reason = "16")]
        let length = size_of::<KEY_VALUE_PARTIAL_INFORMATION>() as u32;
        let into = (&raw mut value).cast::<c_void>();
        // SAFETY: PASSIVE_LEVEL in DriverEntry; an open key; everything lives for the call.
        let status = unsafe {
            ZwQueryValueKey(self.0, &raw mut name, PARTIAL, into, length, &raw mut needed)
        };
        if status != STATUS_SUCCESS || value.Type != REG_DWORD || value.DataLength != 4 {
            return None;
        }
        // SAFETY: the four bytes at offset 12, of 16, which the call has written; aligned to 4.
        Some(unsafe { into.cast::<u32>().wrapping_add(3).read() })
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: opened by `open`, closed once; PASSIVE_LEVEL in DriverEntry.
        let _ = unsafe { ZwClose(self.0) };
    }
}

/// The REG_DWORD `name` under `Parameters` of the driver's service key. None when it is absent, when it has
/// another type, and when a key cannot be opened. PASSIVE_LEVEL, in DriverEntry.
///
/// # Safety
///
/// `registry_path` is what DriverEntry received, and DriverEntry has not returned.
#[must_use]
pub unsafe fn parameter(registry_path: *mut UNICODE_STRING, name: &'static [u16]) -> Option<u32> {
    static PARAMETERS: [u16; 10] = utf16(b"Parameters");
    // SAFETY: DriverEntry's own path (caller).
    let service = unsafe { Key::open(ptr::null_mut(), registry_path) }?;
    let mut name_of_key = counted(&PARAMETERS);
    // SAFETY: a counted string over static text.
    let parameters = unsafe { Key::open(service.0, &raw mut name_of_key) }?;
    parameters.number(name)
}
