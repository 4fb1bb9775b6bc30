/* What the drivers in C use of the kernel: layouts and prototypes as in wdm.h, x86-64. */
#pragma once

typedef unsigned char UCHAR;
typedef unsigned short USHORT;
typedef int LONG, NTSTATUS;
typedef unsigned int ULONG;
typedef long long LONG64;
typedef unsigned long long ULONG64, SIZE_T;
typedef void *PVOID;

#define NULL ((void *)0)
#define offsetof(type, field) __builtin_offsetof(type, field)
#define AT(type, field, offset) _Static_assert(offsetof(type, field) == (offset), #field)
#define SIZED(type, size) _Static_assert(sizeof(type) == (size), #type)

#define STATUS_SUCCESS ((NTSTATUS)0)
#define STATUS_TIMEOUT ((NTSTATUS)0x102)
#define STATUS_UNSUCCESSFUL ((NTSTATUS)0xC0000001)
#define STATUS_ACCESS_VIOLATION ((NTSTATUS)0xC0000005)
#define STATUS_DATATYPE_MISALIGNMENT ((NTSTATUS)0x80000002)
#define STATUS_BREAKPOINT ((NTSTATUS)0x80000003)
#define STATUS_MUTANT_NOT_OWNED ((NTSTATUS)0xC0000046)
#define STATUS_SEMAPHORE_LIMIT_EXCEEDED ((NTSTATUS)0xC0000047)
#define STATUS_INTEGER_DIVIDE_BY_ZERO ((NTSTATUS)0xC0000094)
#define STATUS_MUTANT_LIMIT_EXCEEDED ((NTSTATUS)0xC0000191)

#define APC_LEVEL 1
#define DISPATCH_LEVEL 2

enum { Executive = 0, KernelMode = 0, NotificationEvent = 0, DelayedWorkQueue = 1, MmCached = 1 };
enum { NonPagedPoolExecute = 0, NonPagedPoolNx = 512, NormalPagePriority = 16, MdlMappingNoExecute = 0x40000000 };
enum { MDL_MAPPED_TO_SYSTEM_VA = 1, MDL_SOURCE_IS_NONPAGED_POOL = 4 };

typedef struct {
    USHORT Length, MaximumLength;
    USHORT *Buffer;
} UNICODE_STRING;
SIZED(UNICODE_STRING, 16);

typedef struct LIST_ENTRY {
    struct LIST_ENTRY *Flink, *Blink;
} LIST_ENTRY;

#define CONTAINING_RECORD(address, type, field) ((type *)((UCHAR *)(address) - offsetof(type, field)))

typedef struct {
    ULONG Data1;
    USHORT Data2, Data3;
    UCHAR Data4[8];
} GUID;

typedef struct DRIVER_OBJECT {
    UCHAR Opaque[104];
    void (*DriverUnload)(struct DRIVER_OBJECT *);
    PVOID MajorFunction[28];
} DRIVER_OBJECT;
SIZED(DRIVER_OBJECT, 336);

typedef struct {
    UCHAR Type, Signalling, Size, DebugActive;
    LONG SignalState;
    PVOID WaitListHead[2];
} DISPATCHER_HEADER;
SIZED(DISPATCHER_HEADER, 24);

typedef struct {
    DISPATCHER_HEADER Header;
} KEVENT;

typedef struct {
    DISPATCHER_HEADER Header;
    PVOID MutantListEntry[2], OwnerThread;
    UCHAR Abandoned, ApcDisable;
} KMUTEX;
SIZED(KMUTEX, 56);

typedef struct {
    DISPATCHER_HEADER Header;
    LONG Limit;
} KSEMAPHORE;
SIZED(KSEMAPHORE, 32);

typedef struct {
    DISPATCHER_HEADER Header;
    ULONG64 DueTime;
    PVOID TimerListEntry[2], Dpc;
    ULONG Processor, Period;
} KTIMER;
SIZED(KTIMER, 64);

typedef struct {
    UCHAR Type, Importance;
    USHORT Number;
    PVOID DpcListEntry;
    ULONG64 ProcessorHistory;
    PVOID DeferredRoutine, DeferredContext, SystemArgument1, SystemArgument2, DpcData;
} KDPC;
SIZED(KDPC, 64);

typedef struct {
    LONG Count;
    PVOID Owner;
    ULONG Contention;
    KEVENT Event;
    ULONG OldIrql;
} FAST_MUTEX;
SIZED(FAST_MUTEX, 56);

typedef struct MDL {
    struct MDL *Next;
    USHORT Size, MdlFlags;
    PVOID Process, MappedSystemVa, StartVa;
    ULONG ByteCount, ByteOffset;
} MDL;
AT(MDL, MappedSystemVa, 24);
SIZED(MDL, 48);

typedef struct {
    NTSTATUS ExceptionCode;
    ULONG ExceptionFlags;
    PVOID ExceptionRecord, ExceptionAddress;
    ULONG NumberParameters;
    ULONG64 ExceptionInformation[15];
} EXCEPTION_RECORD;
SIZED(EXCEPTION_RECORD, 152);

typedef struct {
    UCHAR Opaque[0x80];
    ULONG64 Rcx;
} CONTEXT;

typedef struct {
    EXCEPTION_RECORD *ExceptionRecord;
    CONTEXT *ContextRecord;
} EXCEPTION_POINTERS;

#define EXCEPTION_EXECUTE_HANDLER 1
#define EXCEPTION_CONTINUE_SEARCH 0
#define EXCEPTION_CONTINUE_EXECUTION (-1)
#define GetExceptionCode() ((NTSTATUS)_exception_code())
#define GetExceptionInformation() ((EXCEPTION_POINTERS *)_exception_info())
#define AbnormalTermination() _abnormal_termination()

typedef struct {
    UCHAR Opaque[104];
} RTL_AVL_TABLE;

typedef struct {
    ULONG SizeOfBitMap;
    ULONG *Buffer;
} RTL_BITMAP;

#define IMPORT __declspec(dllimport)
extern IMPORT ULONG NtBuildNumber;
IMPORT LONG KeReadStateEvent(KEVENT *Event);
IMPORT UCHAR MmIsAddressValid(PVOID Address);
IMPORT NTSTATUS ZwCreateEvent(PVOID *Handle, ULONG Access, PVOID Attributes, LONG Type, UCHAR State);
IMPORT NTSTATUS ZwSetEvent(PVOID Handle, LONG *Before);
IMPORT NTSTATUS ZwWaitForSingleObject(PVOID Handle, UCHAR Alertable, LONG64 *Timeout);
IMPORT void KeInitializeGuardedMutex(FAST_MUTEX *Mutex);
IMPORT void KeAcquireGuardedMutex(FAST_MUTEX *Mutex);
IMPORT void KeReleaseGuardedMutex(FAST_MUTEX *Mutex);
IMPORT void RtlInitializeGenericTableAvl(RTL_AVL_TABLE *Table, PVOID Compare, PVOID Allocate, PVOID Free, PVOID Context);
IMPORT PVOID RtlInsertElementGenericTableAvl(RTL_AVL_TABLE *Table, PVOID Buffer, ULONG Size, UCHAR *New);
IMPORT UCHAR RtlDeleteElementGenericTableAvl(RTL_AVL_TABLE *Table, PVOID Buffer);
IMPORT PVOID RtlEnumerateGenericTableAvl(RTL_AVL_TABLE *Table, UCHAR Restart);
IMPORT ULONG RtlFindClearBitsAndSet(RTL_BITMAP *Bitmap, ULONG Count, ULONG Hint);
IMPORT ULONG DbgPrint(const char *Format, ...);
IMPORT PVOID KeGetCurrentThread(void);
IMPORT PVOID PsGetCurrentProcess(void);
IMPORT ULONG KeGetCurrentProcessorNumberEx(PVOID Number);
IMPORT UCHAR KeGetCurrentIrql(void);
IMPORT UCHAR KfRaiseIrql(UCHAR Irql);
IMPORT void KeLowerIrql(UCHAR Irql);
IMPORT LONG64 KeQueryPerformanceCounter(LONG64 *Frequency);
IMPORT UCHAR KeAreApcsDisabled(void);
IMPORT UCHAR KeAreAllApcsDisabled(void);
IMPORT void KeEnterCriticalRegion(void);
IMPORT void KeLeaveCriticalRegion(void);
IMPORT void KeInitializeEvent(KEVENT *Event, LONG Type, UCHAR State);
IMPORT LONG KeSetEvent(KEVENT *Event, LONG Increment, UCHAR Wait);
IMPORT void KeClearEvent(KEVENT *Event);
IMPORT void KeInitializeMutex(KMUTEX *Mutex, ULONG Level);
IMPORT LONG KeReleaseMutex(KMUTEX *Mutex, UCHAR Wait);
IMPORT void KeInitializeSemaphore(KSEMAPHORE *Semaphore, LONG Count, LONG Limit);
IMPORT LONG KeReleaseSemaphore(KSEMAPHORE *Semaphore, LONG Increment, LONG Adjustment, UCHAR Wait);
IMPORT void KeInitializeTimerEx(KTIMER *Timer, LONG Type);
IMPORT void KeInitializeTimer(KTIMER *Timer);
IMPORT UCHAR KeSetTimer(KTIMER *Timer, LONG64 DueTime, KDPC *Dpc);
IMPORT UCHAR KeSetTimerEx(KTIMER *Timer, LONG64 DueTime, LONG Period, KDPC *Dpc);
IMPORT UCHAR KeCancelTimer(KTIMER *Timer);
IMPORT void KeFlushQueuedDpcs(void);
IMPORT void KeInitializeDpc(KDPC *Dpc, PVOID Routine, PVOID Context);
IMPORT void KeInitializeThreadedDpc(KDPC *Dpc, PVOID Routine, PVOID Context);
IMPORT NTSTATUS KeWaitForSingleObject(PVOID Object, LONG Reason, UCHAR Mode, UCHAR Alertable, LONG64 *Timeout);
IMPORT NTSTATUS KeDelayExecutionThread(UCHAR Mode, UCHAR Alertable, LONG64 *Interval);
IMPORT void KeStallExecutionProcessor(ULONG Microseconds);
IMPORT void KeInitializeSpinLock(ULONG64 *Lock);
IMPORT UCHAR KeAcquireSpinLockRaiseToDpc(ULONG64 *Lock);
IMPORT void KeReleaseSpinLock(ULONG64 *Lock, UCHAR Irql);
IMPORT void KeAcquireSpinLockAtDpcLevel(ULONG64 *Lock);
IMPORT void KeReleaseSpinLockFromDpcLevel(ULONG64 *Lock);
IMPORT ULONG64 KeSetSystemAffinityThreadEx(ULONG64 Affinity);
IMPORT void KeRevertToUserAffinityThreadEx(ULONG64 Affinity);
IMPORT void ExAcquireFastMutex(FAST_MUTEX *Mutex);
IMPORT void ExReleaseFastMutex(FAST_MUTEX *Mutex);
IMPORT PVOID ExAllocatePoolWithTag(ULONG Type, SIZE_T Bytes, ULONG Tag);
IMPORT void ExFreePoolWithTag(PVOID Block, ULONG Tag);
IMPORT KEVENT *IoCreateNotificationEvent(UNICODE_STRING *Name, PVOID *Handle);
IMPORT NTSTATUS ZwClose(PVOID Handle);
IMPORT PVOID MmMapLockedPagesSpecifyCache(MDL *Mdl, ULONG Mode, ULONG Caching, PVOID Base, ULONG BugCheck,
                                          ULONG Priority);
IMPORT NTSTATUS EtwRegister(const GUID *Provider, PVOID Callback, PVOID Context, ULONG64 *Handle);
IMPORT NTSTATUS EtwUnregister(ULONG64 Handle);
IMPORT void RtlInitUnicodeString(UNICODE_STRING *String, const USHORT *Text);
IMPORT NTSTATUS RtlAppendUnicodeStringToString(UNICODE_STRING *Target, const UNICODE_STRING *Source);
IMPORT LONG RtlCompareUnicodeString(const UNICODE_STRING *One, const UNICODE_STRING *Other, UCHAR NoCase);
IMPORT void ExRaiseStatus(NTSTATUS Status);
IMPORT void ExRaiseAccessViolation(void);
IMPORT void ExRaiseDatatypeMisalignment(void);
IMPORT void ProbeForRead(const volatile void *Address, SIZE_T Length, ULONG Alignment);
IMPORT void ProbeForWrite(volatile void *Address, SIZE_T Length, ULONG Alignment);
IMPORT PVOID memcpy(PVOID To, const void *From, SIZE_T Length);
IMPORT PVOID memset(PVOID To, int Byte, SIZE_T Length);
