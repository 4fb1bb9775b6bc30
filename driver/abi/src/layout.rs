//! The two macros of this crate: `layout!` for structures, `callback!` for function types.

/// Declares `#[repr(C)]` structures with their offset table beside them, and asserts it.
///
/// `Name: size, align { offset => field: Type, }`. Numbers are decimal bytes, valid for x86-64 and
/// ARM64; a structure that differs between the two cannot be written here and must not be.
macro_rules! layout {
    ($(
        $(#[$meta:meta])*
        $name:ident: $size:literal, $align:literal {
            $($(#[$field_meta:meta])* $offset:literal => $field:ident: $type:ty,)*
        }
    )*) => {$(
        $(#[$meta])*
        #[repr(C)]
        #[derive(Clone, Copy, Debug)]
        #[allow(missing_docs, reason = "a field whose name says it all needs no sentence")]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
        }
        static_assertions::const_assert_eq!(core::mem::size_of::<$name>(), $size);
        static_assertions::const_assert_eq!(core::mem::align_of::<$name>(), $align);
        $(static_assertions::const_assert_eq!(core::mem::offset_of!($name, $field), $offset);)*
    )*};
}

/// Declares function types that Windows code calls or is called through.
///
/// The calling convention is decided here and nowhere else. On a Linux host `extern "system"` means
/// System V, so x86-64 spells `win64` off Windows. Not `efiapi`: it classifies some structures that
/// are passed by value the System V way on Linux.
macro_rules! callback {
    ($(
        $(#[$meta:meta])*
        $name:ident = fn($($arg:ident: $type:ty),* $(,)?) $(-> $ret:ty)?;
    )*) => {$(
        $(#[$meta])*
        #[cfg(all(target_arch = "x86_64", not(windows)))]
        pub type $name = unsafe extern "win64" fn($($arg: $type),*) $(-> $ret)?;
        $(#[$meta])*
        #[cfg(not(all(target_arch = "x86_64", not(windows))))]
        pub type $name = unsafe extern "system" fn($($arg: $type),*) $(-> $ret)?;
    )*};
}
