//! The table of events: [`events!`](crate::events) and what it makes.

use driver_abi::etw::EVENT_DATA_DESCRIPTOR;

use super::field::Field;
use super::payload::{Cursor, Pieces};

/// The opcode of an event: `WINEVENT_OPCODE`, which tells points and the two ends of a span apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Opcode {
    /// Opcode of a point in time.
    Info = 0,
    /// Opcode of the beginning of a span.
    Start = 1,
    /// Opcode of the end of a span.
    Stop = 2,
}

/// Levels of events: `TRACE_LEVEL_*`. A session asks for a level and all below it.
pub mod level {
    /// Level of an operation that failed.
    pub const ERROR: u8 = 2;
    /// Level of an occurrence that should not have come, and was survived.
    pub const WARNING: u8 = 3;
    /// Level of ordinary occurrences.
    pub const INFORMATIONAL: u8 = 4;
}

/// A group of fields with their values; made by [`fields!`](crate::fields).
pub trait Group {
    /// The same group of fields with a static lifetime: two groups are the same if their `Static` is.
    type Static;
    /// The fields, in the order of the payload.
    const FIELDS: &'static [Field];
    /// Upper bound of the number of data descriptors that the values become.
    const DESCRIPTORS: usize;
    /// Bytes that the values put inline: all of each number, the count of each text.
    const INLINE: usize;

    /// The cursor after the values, when they come first.
    const END: Cursor;

    /// Adds the values to a payload and gives the cursor after them.
    fn put<'p>(&'p self, pieces: &mut Pieces<'p>, cursor: Cursor) -> Cursor;
}

/// The group without fields.
pub struct NoFields;

impl Group for NoFields {
    type Static = Self;
    const FIELDS: &'static [Field] = &[];
    const DESCRIPTORS: usize = 0;
    const INLINE: usize = 0;
    const END: Cursor = Cursor::FIRST;

    fn put<'p>(&'p self, _pieces: &mut Pieces<'p>, cursor: Cursor) -> Cursor {
        cursor
    }
}

/// An event with its values; made by [`events!`](crate::events).
pub trait Event: Group {
    /// The group of fields that this event begins with, shared with events of the same subject.
    type Head: Group;
    /// The group of fields that follows the head, shared with events of the same kind.
    type Kind: Group;
    /// The event's row in the table.
    const DECLARED: Declared;
    /// The event's TraceLogging schema, as it goes into the first data descriptor after the traits.
    const SCHEMA: &'static [u8];

    /// Lays the values out and lends the descriptors to `write`: traits, schema (which is
    /// [`Event::SCHEMA`]), `head`, `kind` and the event's own.
    fn lay_out<R>(
        &self,
        traits: &'static [u8],
        schema: &'static [u8],
        head: &impl Group<Static = Self::Head>,
        kind: &impl Group<Static = Self::Kind>,
        write: impl FnOnce(&[EVENT_DATA_DESCRIPTOR]) -> R,
    ) -> R;
}

/// A row of the table of events, for documents and profiles.
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    /// Name of the event, as every reader of the trace sees it. Start and Stop of a span share it.
    pub name: &'static str,
    /// Whether the event is a point, a Start or a Stop.
    pub opcode: Opcode,
    /// Level of the event, one of `TRACE_LEVEL_*`.
    pub level: u8,
    /// Meaning of the event, in a sentence.
    pub meaning: &'static str,
    /// Fields of the two shared groups: the head, then those of the kind.
    pub shared: [&'static [Field]; 2],
    /// Fields of this event alone.
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

        impl $crate::etw::Group for $Name<'_> {
            type Static = $Name<'static>;
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
            const END: $crate::etw::Cursor = {
                let cursor = $crate::etw::Cursor::FIRST;
                $(let cursor = cursor.after(
                    <$crate::etw::$kind as $crate::etw::Kind>::INLINE,
                    <$crate::etw::$kind as $crate::etw::Kind>::POINTS,
                );)+
                cursor
            };

            #[inline(always)]
            fn put<'p>(
                &'p self,
                pieces: &mut $crate::etw::Pieces<'p>,
                cursor: $crate::etw::Cursor,
            ) -> $crate::etw::Cursor {
                $(let cursor =
                    <$crate::etw::$kind as $crate::etw::Kind>::put(&self.$field, pieces, cursor);)+
                cursor
            }
        }
    };
}

/// Declares the events of a provider as a table.
///
/// ```text
/// TABLE;
/// /// What it says.
/// StructName = "EventName", Start, INFORMATIONAL, [Head, Kind] { /// meaning \n Field: Kind, ... }
/// ```
#[macro_export]
macro_rules! events {
    ($(#[$about:meta])* $TABLE:ident; $(
        $(#[doc = $says:literal])+
        $Name:ident = $text:literal, $opcode:ident, $level:ident, [$Head:ty, $Kind:ty]
        { $($fields:tt)+ }
    )+) => {
        $(
            $crate::fields! { $(#[doc = $says])+ $Name { $($fields)+ } }

            impl $crate::etw::Event for $Name<'_> {
                type Head = $Head;
                type Kind = $Kind;
                const DECLARED: $crate::etw::Declared = $crate::etw::Declared {
                    name: $text,
                    opcode: $crate::etw::Opcode::$opcode,
                    level: $crate::etw::level::$level,
                    meaning: concat!($($says),+),
                    shared: [
                        <$Head as $crate::etw::Group>::FIELDS,
                        <$Kind as $crate::etw::Group>::FIELDS,
                    ],
                    fields: <Self as $crate::etw::Group>::FIELDS,
                };
                const SCHEMA: &'static [u8] = {
                    const GROUPS: &[&[$crate::etw::Field]] = &[
                        <$Head as $crate::etw::Group>::FIELDS,
                        <$Kind as $crate::etw::Group>::FIELDS,
                        <$Name<'static> as $crate::etw::Group>::FIELDS,
                    ];
                    &$crate::etw::blob::<{ $crate::etw::length($text, GROUPS) }>($text, GROUPS)
                };

                #[inline(always)]
                fn lay_out<R>(
                    &self,
                    traits: &'static [u8],
                    schema: &'static [u8],
                    head: &impl $crate::etw::Group<Static = $Head>,
                    kind: &impl $crate::etw::Group<Static = $Kind>,
                    write: impl FnOnce(&[$crate::etw::Descriptor]) -> R,
                ) -> R {
                    use $crate::etw::{BLANK, Descriptor, Group, Pieces};
                    const DESCRIPTORS: usize = 2
                        + <$Head as Group>::DESCRIPTORS
                        + <$Kind as Group>::DESCRIPTORS
                        + <$Name<'static> as Group>::DESCRIPTORS;
                    const INLINE: usize = <$Head as Group>::INLINE
                        + <$Kind as Group>::INLINE
                        + <$Name<'static> as Group>::INLINE;
                    let mut descriptors: [Descriptor; DESCRIPTORS] = [BLANK; DESCRIPTORS];
                    let mut inline = [0; INLINE];
                    let (mut pieces, cursor) =
                        Pieces::new(&mut descriptors, &mut inline, traits, schema);
                    let cursor = head.put(&mut pieces, cursor);
                    let cursor = kind.put(&mut pieces, cursor);
                    let cursor = self.put(&mut pieces, cursor);
                    write(pieces.laid_out(cursor))
                }
            }
        )+

        $(#[$about])*
        pub const $TABLE: &[$crate::etw::Declared] =
            &[$(<$Name<'static> as $crate::etw::Event>::DECLARED),+];
    };
}
