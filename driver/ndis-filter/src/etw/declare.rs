//! The table of events: [`events!`](crate::events) and what it makes.

use super::field::Field;
use super::payload::Pieces;

/// WINEVENT_OPCODE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Opcode {
    /// A point in time.
    Info = 0,
    /// A span begins.
    Start = 1,
    /// A span ends.
    Stop = 2,
}

/// TRACE_LEVEL_*.
pub mod level {
    /// An operation failed.
    pub const ERROR: u8 = 2;
    /// Something that should not have happened.
    pub const WARNING: u8 = 3;
    /// What happens.
    pub const INFORMATIONAL: u8 = 4;
}

/// Fields with their values; made by [`fields!`](crate::fields).
pub trait Group<'a> {
    /// In order.
    const FIELDS: &'static [Field];
    /// The most descriptors that the values become.
    const DESCRIPTORS: usize;
    /// Bytes of numbers and counts among the values.
    const INLINE: usize;

    /// Adds the values to a payload.
    fn put(&self, pieces: &mut Pieces<'a>);
}

/// No fields.
pub struct Nothing;

impl Group<'_> for Nothing {
    const FIELDS: &'static [Field] = &[];
    const DESCRIPTORS: usize = 0;
    const INLINE: usize = 0;

    fn put(&self, _pieces: &mut Pieces<'_>) {}
}

/// An event with its values; made by [`events!`](crate::events).
pub trait Event<'a>: Group<'a> {
    /// The fields that it begins with, as others of its kind do.
    type Head: Group<'a>;
    /// As the table has it.
    const DECLARED: Declared;
    /// Its TraceLogging schema.
    const SCHEMA: &'static [u8];
}

/// A row of the table, for documents and profiles.
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    /// As every reader of the trace sees it. Start and Stop of a span share it.
    pub name: &'static str,
    /// Point, Start or Stop.
    pub opcode: Opcode,
    /// TRACE_LEVEL_*.
    pub level: u8,
    /// What it says, in a sentence.
    pub meaning: &'static str,
    /// The fields it begins with.
    pub head: &'static [Field],
    /// Its own fields.
    pub fields: &'static [Field],
}

/// Makes a structure of typed fields: `Name { /// meaning \n Field: Kind, ... }`.
#[macro_export]
macro_rules! fields {
    ($(#[$doc:meta])* $Name:ident {
        $($(#[doc = $meaning:literal])+ $field:ident: $kind:ident,)+
    }) => {
        $(#[$doc])*
        #[allow(non_snake_case, reason = "the names of the trace")]
        pub struct $Name<'a> {
            $($(#[doc = $meaning])+ pub $field: <$crate::etw::$kind as $crate::etw::Kind>::Value<'a>,)+
        }

        impl<'a> $crate::etw::Group<'a> for $Name<'a> {
            const FIELDS: &'static [$crate::etw::Field] = &[$($crate::etw::Field {
                name: stringify!($field),
                in_type: <$crate::etw::$kind as $crate::etw::Kind>::IN,
                out_type: <$crate::etw::$kind as $crate::etw::Kind>::OUT,
                meaning: concat!($($meaning),+),
            }),+];
            // A run of numbers before each text, the text, and a run after the last one.
            const DESCRIPTORS: usize =
                1 $(+ 2 * <$crate::etw::$kind as $crate::etw::Kind>::POINTS as usize)+;
            const INLINE: usize = 0 $(+ <$crate::etw::$kind as $crate::etw::Kind>::INLINE)+;

            #[inline]
            fn put(&self, pieces: &mut $crate::etw::Pieces<'a>) {
                $(<$crate::etw::$kind as $crate::etw::Kind>::put(&self.$field, pieces);)+
            }
        }
    };
}

/// Declares the events of a provider as a table.
///
/// ```text
/// TABLE;
/// /// What it says.
/// StructName = "EventName", Start, INFORMATIONAL, Head { /// meaning \n Field: Kind, ... }
/// ```
#[macro_export]
macro_rules! events {
    ($(#[$about:meta])* $TABLE:ident; $(
        $(#[doc = $says:literal])+
        $Name:ident = $text:literal, $opcode:ident, $level:ident, $Head:ty
        { $($fields:tt)+ }
    )+) => {
        $(
            $crate::fields! { $(#[doc = $says])+ $Name { $($fields)+ } }

            impl<'a> $crate::etw::Event<'a> for $Name<'a> {
                type Head = $Head;
                const DECLARED: $crate::etw::Declared = $crate::etw::Declared {
                    name: $text,
                    opcode: $crate::etw::Opcode::$opcode,
                    level: $crate::etw::level::$level,
                    meaning: concat!($($says),+),
                    head: <$Head as $crate::etw::Group<'_>>::FIELDS,
                    fields: <Self as $crate::etw::Group<'_>>::FIELDS,
                };
                const SCHEMA: &'static [u8] = {
                    const GROUPS: &[&[$crate::etw::Field]] = &[
                        <<$Name<'static> as $crate::etw::Event<'static>>::Head
                            as $crate::etw::Group<'static>>::FIELDS,
                        <$Name<'static> as $crate::etw::Group<'static>>::FIELDS,
                    ];
                    &$crate::etw::blob::<{ $crate::etw::length($text, GROUPS) }>($text, GROUPS)
                };
            }
        )+

        $(#[$about])*
        pub const $TABLE: &[$crate::etw::Declared] =
            &[$(<$Name<'static> as $crate::etw::Event<'static>>::DECLARED),+];
    };
}
