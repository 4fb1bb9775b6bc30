//! Where fields are in the structures that the image and the host share, in bytes.
//!
//! Names and numbers are those of the Windows headers; `facts.json` is the copy of the facts that
//! a test holds them against.

/// Modules of offsets: `name "TYPE" size { FIELD "Field" offset, ... }`.
#[doc(hidden)]
#[macro_export]
macro_rules! __offsets {
    ($($module:ident $type:literal $size:literal { $($field:ident $name:literal $offset:literal,)* })*) => {
        $(
            pub mod $module {
                #![doc = concat!("`", $type, "`.")]
                #![allow(dead_code, reason = "a structure is written down whole")]
                /// The structure's size, bytes.
                pub const SIZEOF: usize = $size;
                $(
                    #[doc = concat!("Offset of `", $name, "`, bytes.")]
                    pub const $field: usize = $offset;
                )*
            }
        )*
        #[cfg(test)]
        const ALL: &[(&str, usize, &[(&str, usize)])] =
            &[$(($type, $size, &[$(($name, $offset)),*])),*];
    };
}
pub use __offsets as offsets;

offsets! {
    mdl "MDL" 48 {
        NEXT "Next" 0,
        SIZE "Size" 8,
        MDL_FLAGS "MdlFlags" 10,
        PROCESS "Process" 16,
        MAPPED_SYSTEM_VA "MappedSystemVa" 24,
        START_VA "StartVa" 32,
        BYTE_COUNT "ByteCount" 40,
        BYTE_OFFSET "ByteOffset" 44,
    }
    dispatcher_header "DISPATCHER_HEADER" 24 {
        TYPE "Type" 0,
        SIGNALLING "Signalling" 1,
        SIZE "Size" 2,
        SIGNAL_STATE "SignalState" 4,
        WAIT_LIST_HEAD "WaitListHead" 8,
    }
    kmutant "KMUTANT" 56 {
        MUTANT_LIST_ENTRY "MutantListEntry" 24,
        OWNER_THREAD "OwnerThread" 40,
        ABANDONED "Abandoned" 48,
        APC_DISABLE "ApcDisable" 49,
    }
    ksemaphore "KSEMAPHORE" 32 {
        LIMIT "Limit" 24,
    }
    ktimer "KTIMER" 64 {
        DUE_TIME "DueTime" 24,
        DPC "Dpc" 48,
        PERIOD "Period" 60,
    }
    kdpc "KDPC" 64 {
        TYPE "Type" 0,
        IMPORTANCE "Importance" 1,
        NUMBER "Number" 2,
        DEFERRED_ROUTINE "DeferredRoutine" 24,
        DEFERRED_CONTEXT "DeferredContext" 32,
        SYSTEM_ARGUMENT1 "SystemArgument1" 40,
        SYSTEM_ARGUMENT2 "SystemArgument2" 48,
        DPC_DATA "DpcData" 56,
    }
    fast_mutex "FAST_MUTEX" 56 {
        COUNT "Count" 0,
        OWNER "Owner" 8,
        CONTENTION "Contention" 16,
        EVENT "Event" 24,
        OLD_IRQL "OldIrql" 48,
    }
    general_lookaside "GENERAL_LOOKASIDE" 128 {
        LIST_HEAD "ListHead" 0,
        DEPTH "Depth" 16,
        MAXIMUM_DEPTH "MaximumDepth" 18,
        TYPE "Type" 36,
        TAG "Tag" 40,
        SIZE "Size" 44,
        ALLOCATE_EX "AllocateEx" 48,
        FREE_EX "FreeEx" 56,
        FUTURE "Future" 88,
    }
    driver_object "DRIVER_OBJECT" 336 {
        DEVICE_OBJECT "DeviceObject" 8,
        MAJOR_FUNCTION "MajorFunction" 112,
    }
    device_object "DEVICE_OBJECT" 336 {
        TYPE "Type" 0,
        SIZE "Size" 2,
        REFERENCE_COUNT "ReferenceCount" 4,
        DRIVER_OBJECT "DriverObject" 8,
        NEXT_DEVICE "NextDevice" 16,
        ATTACHED_DEVICE "AttachedDevice" 24,
        CURRENT_IRP "CurrentIrp" 32,
        FLAGS "Flags" 48,
        CHARACTERISTICS "Characteristics" 52,
        DEVICE_EXTENSION "DeviceExtension" 64,
        DEVICE_TYPE "DeviceType" 72,
        STACK_SIZE "StackSize" 76,
        ALIGNMENT_REQUIREMENT "AlignmentRequirement" 152,
    }
    irp "IRP" 208 {
        TYPE "Type" 0,
        SIZE "Size" 2,
        MDL_ADDRESS "MdlAddress" 8,
        FLAGS "Flags" 16,
        SYSTEM_BUFFER "SystemBuffer" 24,
        THREAD_LIST_ENTRY "ThreadListEntry" 32,
        IO_STATUS "IoStatus" 48,
        REQUESTOR_MODE "RequestorMode" 64,
        PENDING_RETURNED "PendingReturned" 65,
        STACK_COUNT "StackCount" 66,
        CURRENT_LOCATION "CurrentLocation" 67,
        CANCEL "Cancel" 68,
        CANCEL_IRQL "CancelIrql" 69,
        USER_IOSB "UserIosb" 72,
        USER_EVENT "UserEvent" 80,
        CANCEL_ROUTINE "CancelRoutine" 104,
        USER_BUFFER "UserBuffer" 112,
        DRIVER_CONTEXT "DriverContext" 120,
        THREAD "Thread" 152,
        LIST_ENTRY "ListEntry" 168,
        CURRENT_STACK_LOCATION "CurrentStackLocation" 184,
        ORIGINAL_FILE_OBJECT "OriginalFileObject" 192,
    }
    io_stack_location "IO_STACK_LOCATION" 72 {
        MAJOR_FUNCTION "MajorFunction" 0,
        MINOR_FUNCTION "MinorFunction" 1,
        FLAGS "Flags" 20,
        CONTROL "Control" 3,
        OUTPUT_BUFFER_LENGTH "OutputBufferLength" 8,
        INPUT_BUFFER_LENGTH "InputBufferLength" 16,
        IO_CONTROL_CODE "IoControlCode" 24,
        TYPE3_INPUT_BUFFER "Type3InputBuffer" 32,
        LENGTH "Length" 32,
        BYTE_OFFSET "ByteOffset" 24,
        DEVICE_OBJECT "DeviceObject" 40,
        FILE_OBJECT "FileObject" 48,
        COMPLETION_ROUTINE "CompletionRoutine" 56,
        CONTEXT "Context" 64,
    }
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn every_offset_and_size_is_that_of_the_windows_headers() {
        let facts: serde_json::Value =
            serde_json::from_str(include_str!("facts.json")).expect("the facts are JSON");
        for (name, size, fields) in ALL {
            let fact = &facts[name];
            assert_eq!(fact["size"], *size, "size of {name}");
            for (field, offset) in *fields {
                assert_eq!(fact["fields"][field], *offset, "{name}.{field}");
            }
        }
    }
}
