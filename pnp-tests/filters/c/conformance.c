/* Facts of the Windows kernel, each checked by a driver: DriverEntry prints "right NAME" or "wrong NAME" for every one.
   Sources: the reference pages of the functions, wdm.h and ntddk.h, and for exceptions docs:kernel/handling-exceptions.
   With MISTAKE it makes one instead, which must stop the machine with a finding. */
#include "ntirp.h"

#define NOINLINE __declspec(noinline)
#define CHECK(name, condition) Tell((condition) ? "right " name : "wrong " name)

static NOINLINE void Tell(const char *Line)
{
    DbgPrint(Line);
}

/* A user's address where nothing is. */
#define NOWHERE ((volatile LONG *)0x12340)

static NOINLINE LONG Read(volatile LONG *Address)
{
    return *Address;
}

static NOINLINE void Write(volatile LONG *Address)
{
    *Address = 1;
}

static NOINLINE void Raise(NTSTATUS Status)
{
    ExRaiseStatus(Status);
}

/* ---- loads that headers put into drivers inline ---- */

#define GS(type, offset) (*(volatile type __attribute__((address_space(256))) *)(ULONG64)(offset))
#define SHARED(type, offset) (*(volatile type *)(0xFFFFF78000000000ULL + (offset)))

static void Loads(void)
{
    PVOID Pcr = GS(PVOID, 0x18);
    CHECK("gs-thread", GS(PVOID, 0x188) == KeGetCurrentThread());
    CHECK("gs-processor-index", GS(ULONG, 0x1A4) == KeGetCurrentProcessorNumberEx(NULL));
    CHECK("gs-processor-number", GS(UCHAR, 0x184) == KeGetCurrentProcessorNumberEx(NULL));
    CHECK("gs-self", *(PVOID *)((UCHAR *)Pcr + 0x18) == Pcr);
    CHECK("gs-prcb", GS(UCHAR *, 0x20) == (UCHAR *)Pcr + 0x180);
    CHECK("shared-version", SHARED(ULONG, 0x26C) == 10 && SHARED(ULONG, 0x270) == 0);
    CHECK("shared-build", SHARED(ULONG, 0x260) >= 17763);
    CHECK("shared-system-root", SHARED(USHORT, 0x30) == 'C' && SHARED(USHORT, 0x32) == ':');
    CHECK("shared-folded-add", SHARED(ULONG64, 0x14) + 5 - SHARED(ULONG64, 0x14) <= 5);
}

static void Clocks(void)
{
    ULONG64 Until = SHARED(ULONG64, 0x8) + 10000, Turns = 0;
    LONG64 Count = KeQueryPerformanceCounter(NULL) + 10000;
    while (SHARED(ULONG64, 0x8) < Until)
        Turns++;
    CHECK("clock-moves-inline", Turns > 0);
    while (KeQueryPerformanceCounter(NULL) < Count)
        Turns++;
    CHECK("clock-moves", Turns > 1);
}

/* ---- threads, objects, fields ---- */

static void Apcs(void)
{
    KMUTEX Mutex;
    UCHAR Irql = KfRaiseIrql(DISPATCH_LEVEL), Some = KeAreApcsDisabled(), All = KeAreAllApcsDisabled();
    KeLowerIrql(Irql);
    CHECK("apcs-at-raised-irql", !Some && All);
    KeInitializeMutex(&Mutex, 0);
    KeWaitForSingleObject(&Mutex, 0, 0, 0, NULL);
    CHECK("mutex-disables-apcs", KeAreApcsDisabled() && !KeAreAllApcsDisabled());
    CHECK("mutex-owner", Mutex.OwnerThread == KeGetCurrentThread());
    KeReleaseMutex(&Mutex, 0);
    CHECK("mutex-enables-apcs", !KeAreApcsDisabled() && Mutex.OwnerThread == NULL);
    KeLeaveCriticalRegion();
    Some = KeAreApcsDisabled();
    KeEnterCriticalRegion();
    CHECK("region-left-too-often", Some && !KeAreApcsDisabled());
}

static void Fields(void)
{
    KEVENT Event;
    KMUTEX Mutex;
    KTIMER Timer;
    KDPC Dpc, Threaded;
    FAST_MUTEX Fast = { 1, NULL, 0, { { 0 } }, 0 };
    KeInitializeEvent(&Event, 1, 0);
    KeInitializeEvent(&Fast.Event, 1, 0);
    KeInitializeMutex(&Mutex, 0);
    KeInitializeTimerEx(&Timer, 1);
    KeInitializeDpc(&Dpc, &Fast, &Event);
    KeInitializeThreadedDpc(&Threaded, &Fast, &Event);
    CHECK("event-header", Event.Header.Type == 1 && Event.Header.Size == 6);
    CHECK("mutex-header", Mutex.Header.Type == 2 && Mutex.Header.SignalState == 1 && Mutex.ApcDisable == 1 &&
                              !Mutex.Abandoned && Mutex.OwnerThread == NULL);
    CHECK("timer-header", Timer.Header.Type == 9);
    CHECK("dpc-fields", Dpc.Type == 19 && Dpc.Importance == 1 && Dpc.Number == 0 && Dpc.DeferredRoutine == &Fast &&
                            Dpc.DeferredContext == &Event && Dpc.DpcData == NULL);
    CHECK("threaded-dpc-type", Threaded.Type == 26);
    ExAcquireFastMutex(&Fast);
    CHECK("fast-mutex-owned", Fast.Owner == KeGetCurrentThread() && Fast.OldIrql == 0 && Fast.Count == 0);
    ExReleaseFastMutex(&Fast);
    CHECK("fast-mutex-free", Fast.Owner == NULL && Fast.Count == 1);
}

#define TEXT(literal) { sizeof(literal) - 2, sizeof(literal) - 2, (USHORT *)(literal) }

static void Objects(void)
{
    UNICODE_STRING Name = TEXT(L"\\BaseNamedObjects\\Fact"), Other = TEXT(L"\\BaseNamedObjects\\Other");
    PVOID One = NULL, Two = NULL, Three = NULL;
    KEVENT *First = IoCreateNotificationEvent(&Name, &One), *Again = IoCreateNotificationEvent(&Name, &Two),
           *Elsewhere = IoCreateNotificationEvent(&Other, &Three);
    LONG64 Now = 0;
    CHECK("event-by-name", First == Again && First != Elsewhere && One != Two);
    ZwClose(One), ZwClose(Two), ZwClose(Three);
    CHECK("process-can-be-waited-for",
          KeWaitForSingleObject(PsGetCurrentProcess(), 0, 0, 0, &Now) == STATUS_TIMEOUT);
    CHECK("process-header", ((DISPATCHER_HEADER *)PsGetCurrentProcess())->Type == 3);
    KeSetSystemAffinityThreadEx(1);
    CHECK("affinity-of-no-processor", KeSetSystemAffinityThreadEx(0) == 0);
    KeRevertToUserAffinityThreadEx(~0ULL);
    CHECK("affinity-is-clipped", KeSetSystemAffinityThreadEx(1) != ~0ULL);
    KeRevertToUserAffinityThreadEx(0);
}

static void Pool(void)
{
    /* mov eax, 7; ret */
    static const UCHAR Code[] = { 0xB8, 7, 0, 0, 0, 0xC3 };
    PVOID Block = ExAllocatePoolWithTag(0, sizeof(Code), 'tcaF');
    if (Block == NULL)
        return;
    memcpy(Block, Code, sizeof(Code));
    CHECK("pool-is-executable", ((LONG(*)(void))Block)() == 7);
    ExFreePoolWithTag(Block, 'tcaF');
}

static void Strings(void)
{
    UNICODE_STRING None = { 0, 0, NULL }, Full = { 4, 2, (USHORT *)L"ab" }, A = TEXT(L"ka"), C = TEXT(L"kc"),
                   Micro = TEXT(L"\u00B5"), Mu = TEXT(L"\u039C"), Longer = TEXT(L"kab");
    CHECK("append-nothing-to-nothing", RtlAppendUnicodeStringToString(&None, &None) == STATUS_SUCCESS);
    CHECK("append-nothing-to-full", RtlAppendUnicodeStringToString(&Full, &None) == STATUS_SUCCESS);
    CHECK("compare-is-a-difference", RtlCompareUnicodeString(&A, &C, 0) == 'a' - 'c');
    CHECK("compare-lengths", RtlCompareUnicodeString(&A, &Longer, 1) < 0);
    CHECK("micro-is-no-letter", RtlCompareUnicodeString(&Micro, &Mu, 1) != 0);
}

/* ---- requests down a stack of devices ---- */

static DEVICE_OBJECT *Lower, *Upper;
static NTSTATUS Answer;
static ULONG Path[4], Passed;

/* IoCallDriver, IoMarkIrpPending, IoCopyCurrentIrpStackLocationToNext and IoSetCompletionRoutine, as wdm.h has them. */
static IO_STACK_LOCATION *Next(IRP *Irp)
{
    return Irp->CurrentStackLocation - 1;
}

static void CopyToNext(IRP *Irp)
{
    memcpy(Next(Irp), Irp->CurrentStackLocation, offsetof(IO_STACK_LOCATION, CompletionRoutine));
    Next(Irp)->Control = 0;
}

static void SetCompletion(IRP *Irp, PVOID Routine, PVOID Context)
{
    Next(Irp)->CompletionRoutine = Routine;
    Next(Irp)->Context = Context;
    Next(Irp)->Control = SL_INVOKE_ON_ALL;
}

static NTSTATUS OnTheWayUp(DEVICE_OBJECT *Device, IRP *Irp, PVOID Context)
{
    Path[Passed++ % 4] = Device == Upper && Context == &Lower ? 3 : 99;
    if (Irp->PendingReturned)
        Irp->CurrentStackLocation->Control |= SL_PENDING_RETURNED;
    return STATUS_SUCCESS;
}

static NTSTATUS Keep(DEVICE_OBJECT *Device, IRP *Irp, PVOID Context)
{
    (void)Device, (void)Irp, (void)Context;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS Control(DEVICE_OBJECT *Device, IRP *Irp)
{
    if (Device == Upper) {
        Path[Passed++ % 4] = 1;
        CopyToNext(Irp);
        SetCompletion(Irp, (PVOID)OnTheWayUp, &Lower);
        return IofCallDriver(Lower, Irp);
    }
    Path[Passed++ % 4] = Irp->CurrentStackLocation->DeviceObject == Lower && Irp->CurrentLocation == 1 ? 2 : 98;
    if (Answer == STATUS_SUCCESS && Irp->SystemBuffer != NULL)
        *(ULONG *)Irp->SystemBuffer += 1;
    Irp->IoStatus.Status = Answer;
    Irp->IoStatus.Information = sizeof(ULONG);
    IofCompleteRequest(Irp, 0);
    return Answer;
}

/* A buffered control code to the highest device: its answer. */
static NTSTATUS Ask(ULONG *Value, KEVENT *Event, IO_STATUS_BLOCK *Block)
{
    IRP *Irp;
    Passed = 0;
    Block->Status = STATUS_TIMEOUT;
    KeInitializeEvent(Event, 0, 0);
    Irp = IoBuildDeviceIoControlRequest(0x122000, Upper, Value, sizeof(*Value), Value, sizeof(*Value), 0, Event, Block);
    return Irp == NULL ? STATUS_UNSUCCESSFUL : IofCallDriver(Upper, Irp);
}

static void Requests(DRIVER_OBJECT *Object)
{
    KEVENT Event;
    IO_STATUS_BLOCK Block;
    ULONG Value = 41;
    NTSTATUS Status;
    IRP *Irp;
    Object->MajorFunction[IRP_MJ_DEVICE_CONTROL] = (PVOID)Control;
    if (IoCreateDevice(Object, 0, NULL, 0x22, 0, 0, &Lower) || IoCreateDevice(Object, 0, NULL, 0x22, 0, 0, &Upper))
        return;
    Lower->Flags &= ~DO_DEVICE_INITIALIZING;
    Status = IoAttachDeviceToDeviceStack(Upper, Lower) == Lower;
    CHECK("device-attached", Status && Upper->StackSize == 2 && Lower->AttachedDevice == Upper);
    CHECK("device-highest", IoGetAttachedDeviceReference(Lower) == Upper);
    ObfDereferenceObject(Upper);
    Irp = IoAllocateIrp(2, 0);
    CHECK("irp-fields", Irp != NULL && Irp->Type == 6 && Irp->Size == sizeof(IRP) + 2 * sizeof(IO_STACK_LOCATION) &&
                            Irp->StackCount == 2 && Irp->CurrentLocation == 3 &&
                            (UCHAR *)Irp->CurrentStackLocation == (UCHAR *)Irp + Irp->Size);
    if (Irp == NULL)
        return;
    SetCompletion(Irp, (PVOID)Keep, NULL);
    Next(Irp)->MajorFunction = IRP_MJ_DEVICE_CONTROL;
    Answer = STATUS_SUCCESS;
    Status = IofCallDriver(Upper, Irp);
    CHECK("irp-kept", Status == STATUS_SUCCESS && Irp->IoStatus.Information == 4 && Irp->CurrentLocation == 3);
    IoReuseIrp(Irp, STATUS_UNSUCCESSFUL);
    CHECK("irp-reused", Irp->IoStatus.Status == STATUS_UNSUCCESSFUL && Irp->IoStatus.Information == 0 &&
                            Irp->CurrentLocation == 3 && Next(Irp)->Control == 0);
    IoFreeIrp(Irp);
    Status = Ask(&Value, &Event, &Block);
    CHECK("irp-answer", Status == STATUS_SUCCESS && Block.Status == STATUS_SUCCESS && Block.Information == 4);
    CHECK("irp-data-and-event", Value == 42 && KeReadStateEvent(&Event) != 0);
    CHECK("irp-path", Passed == 3 && Path[0] == 1 && Path[1] == 2 && Path[2] == 3);
    Answer = STATUS_UNSUCCESSFUL;
    Status = Ask(&Value, &Event, &Block);
    CHECK("irp-error-at-once", Status == STATUS_UNSUCCESSFUL && Block.Status == STATUS_TIMEOUT && Value == 42 &&
                                   KeReadStateEvent(&Event) == 0);
    IoDetachDevice(Lower);
    IoDeleteDevice(Upper);
    IoDeleteDevice(Lower);
}

/* ---- tables, bits, handles, addresses ---- */

static UCHAR Room[4][64];
static ULONG Used;

static LONG Compare(PVOID Table, const ULONG *One, const ULONG *Other)
{
    (void)Table;
    return *One < *Other ? 0 : *One > *Other ? 1 : 2;
}

static PVOID Allocate(PVOID Table, ULONG Bytes)
{
    (void)Table;
    return Bytes == 32 + sizeof(ULONG) && Used < 4 ? Room[Used++] : NULL;
}

static void Free(PVOID Table, PVOID Element)
{
    (void)Table;
    *(ULONG *)((UCHAR *)Element + 32) = 0;
}

static void Tables(void)
{
    static const ULONG Elements[] = { 7, 3, 5, 7 };
    RTL_AVL_TABLE Table;
    ULONG Index, Right = 0, Bits = 0xFFFFFFF1, *Found;
    RTL_BITMAP Bitmap = { 32, &Bits };
    UCHAR New;
    RtlInitializeGenericTableAvl(&Table, (PVOID)Compare, (PVOID)Allocate, (PVOID)Free, NULL);
    for (Index = 0; Index < 4; Index++) {
        Found = RtlInsertElementGenericTableAvl(&Table, (PVOID)&Elements[Index], sizeof(ULONG), &New);
        Right += Found != NULL && *Found == Elements[Index] && New == (Index != 3);
    }
    CHECK("table-inserts-once", Right == 4 && Used == 3);
    Index = 0;
    for (Found = RtlEnumerateGenericTableAvl(&Table, 1); Found != NULL; Found = RtlEnumerateGenericTableAvl(&Table, 0))
        Index = Index * 10 + *Found;
    CHECK("table-in-order", Index == 357);
    Index = 5;
    New = RtlDeleteElementGenericTableAvl(&Table, &Index);
    CHECK("table-deletes-once", New && !RtlDeleteElementGenericTableAvl(&Table, &Index));
    CHECK("bits-found-past-the-hint", RtlFindClearBitsAndSet(&Bitmap, 2, 8) == 1 && Bits == 0xFFFFFFF7);
    CHECK("bits-not-found", RtlFindClearBitsAndSet(&Bitmap, 2, 0) == ~0U);
}

static void Handles(void)
{
    FAST_MUTEX Mutex;
    PVOID Handle = NULL;
    LONG64 Now = 0;
    LONG Before = 7;
    UCHAR Held;
    if (ZwCreateEvent(&Handle, 0x1F0003, NULL, 1, 0) != STATUS_SUCCESS)
        return;
    CHECK("event-handle-times-out", ZwWaitForSingleObject(Handle, 0, &Now) == STATUS_TIMEOUT);
    CHECK("event-handle-was-not-set", ZwSetEvent(Handle, &Before) == STATUS_SUCCESS && Before == 0);
    CHECK("event-handle-is-waited-for", ZwWaitForSingleObject(Handle, 0, NULL) == STATUS_SUCCESS);
    ZwClose(Handle);
    CHECK("address-valid", MmIsAddressValid(&Now) && !MmIsAddressValid((PVOID)NOWHERE));
    KeInitializeGuardedMutex(&Mutex);
    KeAcquireGuardedMutex(&Mutex);
    Held = KeAreAllApcsDisabled() && KeGetCurrentIrql() == 0;
    KeReleaseGuardedMutex(&Mutex);
    CHECK("guarded-mutex-holds-apcs", Held && !KeAreAllApcsDisabled());
    CHECK("build-number", (NtBuildNumber & 0xFFFF) == SHARED(ULONG, 0x260) && NtBuildNumber >> 28 == 0xF);
}

/* ---- exceptions ---- */

/* The status with which a call of each kind ends. */
#define STATUS_OF(name, call)                                                                                          \
    static NOINLINE NTSTATUS name(void)                                                                                \
    {                                                                                                                  \
        __try {                                                                                                        \
            call;                                                                                                      \
        } __except (EXCEPTION_EXECUTE_HANDLER) {                                                                       \
            return GetExceptionCode();                                                                                 \
        }                                                                                                              \
        return STATUS_SUCCESS;                                                                                         \
    }

static NOINLINE LONG Divide(LONG By)
{
    LONG Result = 7;
    __asm__ volatile("xorl %%edx, %%edx; idivl %1" : "+a"(Result) : "r"(By) : "edx");
    return Result;
}

static NOINLINE void Break(void)
{
    __asm__ volatile("int3");
}

static NOINLINE void ReleaseForeignMutex(void)
{
    KMUTEX Mutex;
    KeInitializeMutex(&Mutex, 0);
    KeReleaseMutex(&Mutex, 0);
}

static NOINLINE void ReleasePastLimit(void)
{
    KSEMAPHORE Semaphore;
    KeInitializeSemaphore(&Semaphore, 1, 1);
    KeReleaseSemaphore(&Semaphore, 0, 1, 0);
}

static KMUTEX Often;

static NOINLINE void TakeTooOften(void)
{
    KeInitializeMutex(&Often, 0);
    KeWaitForSingleObject(&Often, 0, 0, 0, NULL);
    Often.Header.SignalState = -0x7FFFFFFF - 1;
    KeWaitForSingleObject(&Often, 0, 0, 0, NULL);
}

static NOINLINE LONG Jump(void)
{
    return ((LONG(*)(void))(ULONG64)NOWHERE)();
}

static LONG Copied;

STATUS_OF(ByRead, Read(NOWHERE))
STATUS_OF(ByWrite, Write(NOWHERE))
STATUS_OF(ByNull, Read(NULL))
STATUS_OF(ByJump, Jump())
STATUS_OF(ByCopy, memcpy(&Copied, (const void *)NOWHERE, sizeof(Copied)))
STATUS_OF(ByDivision, Divide(0))
STATUS_OF(ByBreakpoint, Break())
STATUS_OF(ByRaise, Raise((NTSTATUS)0xC0000123))
STATUS_OF(ByAccessViolation, ExRaiseAccessViolation())
STATUS_OF(ByMisalignment, ExRaiseDatatypeMisalignment())
STATUS_OF(ByForeignMutex, ReleaseForeignMutex())
STATUS_OF(BySemaphore, ReleasePastLimit())
STATUS_OF(ByMutexLimit, TakeTooOften())
STATUS_OF(ByKernelProbe, ProbeForRead((const void *)0xFFFF800000000000ULL, 4, 4))
STATUS_OF(ByOwnProbe, ProbeForRead(&Copied, 4, 4))
STATUS_OF(ByOddProbe, ProbeForRead((const void *)0x10001, 4, 4))
STATUS_OF(ByWrappedProbe, ProbeForRead((const void *)0x10000, ~0ULL, 1))
STATUS_OF(ByEmptyProbe, ProbeForRead((const void *)0xFFFF800000000001ULL, 0, 4))
STATUS_OF(ByUserProbe, ProbeForRead((const void *)0x10000, 4, 4))
STATUS_OF(ByWriteProbe, ProbeForWrite(NOWHERE, 4, 4))
STATUS_OF(ByNothing, Read(&Copied))

static EXCEPTION_RECORD Seen;

static LONG Note(EXCEPTION_POINTERS *Pointers, LONG Answer)
{
    Seen = *Pointers->ExceptionRecord;
    return Answer;
}

static NOINLINE void Watch(void (*Access)(volatile LONG *))
{
    __try {
        Access(NOWHERE);
    } __except (Note(GetExceptionInformation(), EXCEPTION_EXECUTE_HANDLER)) {
    }
}

static ULONG Steps[8], Count;

/* Once for several times in a row: where two guarded ranges of clang's meet, a filter is asked for both. */
static NOINLINE void Step(ULONG Number)
{
    if (Count == 0 || Steps[(Count - 1) % 8] != Number)
        Steps[Count++ % 8] = Number;
}

static NOINLINE LONG Decline(ULONG Number)
{
    Step(Number);
    return EXCEPTION_CONTINUE_SEARCH;
}

static NOINLINE LONG Accept(ULONG Number)
{
    Step(Number);
    return EXCEPTION_EXECUTE_HANDLER;
}

static NOINLINE void Inner(void)
{
    __try {
        __try {
            Read(NOWHERE);
        } __finally {
            Step(3 + 100 * AbnormalTermination());
        }
    } __except (Decline(1)) {
        Step(99);
    }
}

static NOINLINE LONG Order(LONG Kept)
{
    LONG Result = Kept * 3;
    Count = 0;
    __try {
        __try {
            Inner();
        } __finally {
            Step(4);
        }
    } __except (Accept(2)) {
        Step(5);
        return Result + Kept;
    }
    return 0;
}

static NOINLINE NTSTATUS Collide(void)
{
    Count = 0;
    __try {
        __try {
            __try {
                Raise((NTSTATUS)0xC0000111);
            } __finally {
                Step(1);
                Raise((NTSTATUS)0xC0000222);
            }
        } __finally {
            Step(2);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Step(3);
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NOINLINE LONG Careful(void)
{
    return ByRead() == STATUS_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}

static NOINLINE LONG InsideFilter(void)
{
    __try {
        Read(NOWHERE);
    } __except (Careful()) {
        return 1;
    }
    return 0;
}

static LONG Repair(EXCEPTION_POINTERS *Pointers)
{
    Copied = 42;
    Pointers->ContextRecord->Rcx = (ULONG64)&Copied;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static NOINLINE LONG ReadThroughRcx(volatile LONG *Address)
{
    LONG Result;
    __asm__ volatile("movl (%%rcx), %0" : "=r"(Result) : "c"(Address));
    return Result;
}

static NOINLINE LONG Continue(void)
{
    LONG Result = 0;
    __try {
        Result = ReadThroughRcx(NOWHERE);
    } __except (Repair(GetExceptionInformation())) {
        Result = 1;
    }
    return Result;
}

static NOINLINE LONG LeaveEarly(void)
{
    __try {
        return Read(&Copied);
    } __finally {
        Step(7);
    }
}

static NOINLINE ULONG ManyTimes(void)
{
    ULONG Index, Right = 0;
    for (Index = 0; Index < 1000; Index++)
        Right += ByRead() == STATUS_ACCESS_VIOLATION && ByRaise() == (NTSTATUS)0xC0000123;
    return Right;
}

static NOINLINE UCHAR IrqlInHandler(void)
{
    UCHAR Irql = 0xFF, Before = KfRaiseIrql(APC_LEVEL);
    if (ByRead() == STATUS_ACCESS_VIOLATION)
        Irql = KeGetCurrentIrql();
    KeLowerIrql(Before);
    return Irql;
}

static void Exceptions(void)
{
    CHECK("exception-of-a-read", ByRead() == STATUS_ACCESS_VIOLATION);
    CHECK("exception-of-a-write", ByWrite() == STATUS_ACCESS_VIOLATION);
    CHECK("exception-of-null", ByNull() == STATUS_ACCESS_VIOLATION);
    CHECK("exception-of-a-jump", ByJump() == STATUS_ACCESS_VIOLATION);
    CHECK("exception-in-memcpy", ByCopy() == STATUS_ACCESS_VIOLATION);
    CHECK("exception-of-a-division", ByDivision() == STATUS_INTEGER_DIVIDE_BY_ZERO);
    CHECK("exception-of-a-breakpoint", ByBreakpoint() == STATUS_BREAKPOINT);
    CHECK("raise-status", ByRaise() == (NTSTATUS)0xC0000123);
    CHECK("raise-access-violation", ByAccessViolation() == STATUS_ACCESS_VIOLATION);
    CHECK("raise-misalignment", ByMisalignment() == STATUS_DATATYPE_MISALIGNMENT);
    CHECK("mutex-not-owned", ByForeignMutex() == STATUS_MUTANT_NOT_OWNED);
    CHECK("semaphore-limit", BySemaphore() == STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    CHECK("mutex-limit", ByMutexLimit() == STATUS_MUTANT_LIMIT_EXCEEDED);
    Often.Header.SignalState = 0;
    KeReleaseMutex(&Often, 0);
    CHECK("probe-kernel-address", ByKernelProbe() == STATUS_ACCESS_VIOLATION);
    CHECK("probe-own-variable", ByOwnProbe() == STATUS_ACCESS_VIOLATION);
    CHECK("probe-odd-address", ByOddProbe() == STATUS_DATATYPE_MISALIGNMENT);
    CHECK("probe-wrapped-length", ByWrappedProbe() == STATUS_ACCESS_VIOLATION);
    CHECK("probe-nothing", ByEmptyProbe() == STATUS_SUCCESS);
    CHECK("probe-for-read-does-not-read", ByUserProbe() == STATUS_SUCCESS);
    CHECK("probe-for-write-writes", ByWriteProbe() == STATUS_ACCESS_VIOLATION);
    CHECK("no-exception", ByNothing() == STATUS_SUCCESS);
    Watch((void (*)(volatile LONG *))Read);
    CHECK("record-of-a-read", Seen.ExceptionCode == STATUS_ACCESS_VIOLATION && Seen.NumberParameters == 2 &&
                                  Seen.ExceptionInformation[0] == 0 &&
                                  Seen.ExceptionInformation[1] == (ULONG64)NOWHERE && Seen.ExceptionFlags == 0);
    Watch(Write);
    CHECK("record-of-a-write", Seen.ExceptionInformation[0] == 1);
    CHECK("nested-order-and-locals", Order(5) == 20 && Count == 5 && Steps[0] == 1 && Steps[1] == 2 &&
                                         Steps[2] == 103 && Steps[3] == 4 && Steps[4] == 5);
    CHECK("exception-in-finally", Collide() == (NTSTATUS)0xC0000222 && Count == 3 && Steps[0] == 1 && Steps[1] == 2 &&
                                      Steps[2] == 3);
    CHECK("exception-handled-in-a-filter", InsideFilter());
    CHECK("continue-execution", Continue() == 42);
    Count = 0;
    CHECK("leave-a-guarded-block", LeaveEarly() == Copied && Count == 1 && Steps[0] == 7);
    CHECK("many-exceptions", ManyTimes() == 1000);
    CHECK("irql-stays-raised", IrqlInHandler() == APC_LEVEL);
}

/* ---- mistakes, one of which each image with MISTAKE makes ---- */

#ifndef MISTAKE
#define MISTAKE 0
#endif
static volatile ULONG Mistake = MISTAKE;

static NOINLINE LONG FaultingFilter(void)
{
    return Read(NOWHERE);
}

static NOINLINE void FaultInFilter(void)
{
    __try {
        Read(NOWHERE);
    } __except (FaultingFilter()) {
    }
}

static NOINLINE ULONG Recurse(ULONG Depth)
{
    volatile ULONG Room[64];
    Room[Depth % 64] = Depth;
    if (Mistake != 2)
        return Depth;
    return Recurse(Depth + 1) + Room[(Depth + 1) % 64];
}

static NOINLINE LONG ReadFreed(void)
{
    volatile LONG *Block = ExAllocatePoolWithTag(512, 64, 'tcaF');
    if (Block == NULL)
        return 0;
    ExFreePoolWithTag((PVOID)Block, 'tcaF');
    return Read(Block);
}

STATUS_OF(ByFreedPool, ReadFreed())

static void Err(void)
{
    switch (Mistake) {
    case 1:
        FaultInFilter();
        break;
    case 2:
        Recurse(0);
        break;
    case 3:
        Raise((NTSTATUS)0xC0000123);
        break;
    case 4:
        ByFreedPool();
        break;
    case 5:
        for (;;)
            if (SHARED(ULONG, 0x26C) == 0)
                break;
        break;
    }
}

static void DriverUnload(DRIVER_OBJECT *Object)
{
    (void)Object;
}

NTSTATUS DriverEntry(DRIVER_OBJECT *Object, UNICODE_STRING *Path)
{
    (void)Path;
    Object->DriverUnload = DriverUnload;
    if (Mistake != 0) {
        Err();
        return STATUS_SUCCESS;
    }
    Loads();
    Clocks();
    Apcs();
    Fields();
    Objects();
    Pool();
    Strings();
    Requests(Object);
    Tables();
    Handles();
    Exceptions();
    return STATUS_SUCCESS;
}
