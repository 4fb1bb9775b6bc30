//! Facts of the Windows kernel, each checked by a driver in C (`filters/c/conformance.c`), and the mistakes that such a
//! driver can make with exceptions: a test that fails names the fact.

use crate::netpnp::{image, play};

const FLOW: &str = "flows/load_unload";

/// Every fact, in the order in which the driver looks at it.
const FACTS: [&str; 84] = [
    "gs-thread",
    "gs-processor-index",
    "gs-processor-number",
    "gs-self",
    "gs-prcb",
    "shared-version",
    "shared-build",
    "shared-system-root",
    "shared-folded-add",
    "clock-moves-inline",
    "clock-moves",
    "apcs-at-raised-irql",
    "mutex-disables-apcs",
    "mutex-owner",
    "mutex-enables-apcs",
    "region-left-too-often",
    "event-header",
    "mutex-header",
    "timer-header",
    "dpc-fields",
    "threaded-dpc-type",
    "fast-mutex-owned",
    "fast-mutex-free",
    "event-by-name",
    "process-can-be-waited-for",
    "process-header",
    "affinity-of-no-processor",
    "affinity-is-clipped",
    "pool-is-executable",
    "append-nothing-to-nothing",
    "append-nothing-to-full",
    "compare-is-a-difference",
    "compare-lengths",
    "micro-is-no-letter",
    "device-attached",
    "device-highest",
    "irp-fields",
    "irp-kept",
    "irp-reused",
    "irp-answer",
    "irp-data-and-event",
    "irp-path",
    "irp-error-at-once",
    "table-inserts-once",
    "table-in-order",
    "table-deletes-once",
    "bits-found-past-the-hint",
    "bits-not-found",
    "event-handle-times-out",
    "event-handle-was-not-set",
    "event-handle-is-waited-for",
    "address-valid",
    "guarded-mutex-holds-apcs",
    "build-number",
    "exception-of-a-read",
    "exception-of-a-write",
    "exception-of-null",
    "exception-of-a-jump",
    "exception-in-memcpy",
    "exception-of-a-division",
    "exception-of-a-breakpoint",
    "raise-status",
    "raise-access-violation",
    "raise-misalignment",
    "mutex-not-owned",
    "semaphore-limit",
    "mutex-limit",
    "probe-kernel-address",
    "probe-own-variable",
    "probe-odd-address",
    "probe-wrapped-length",
    "probe-nothing",
    "probe-for-read-does-not-read",
    "probe-for-write-writes",
    "no-exception",
    "record-of-a-read",
    "record-of-a-write",
    "nested-order-and-locals",
    "exception-in-finally",
    "exception-handled-in-a-filter",
    "continue-execution",
    "leave-a-guarded-block",
    "many-exceptions",
    "irql-stays-raised",
];

/// The facts that the driver tells, each with what it says of it.
fn told(stem: &str) -> Vec<(String, String)> {
    let ran = play(stem, FLOW, &["--journal"]);
    let line = |line: &str| {
        let text = line.split_once("prints \"")?.1.split_once('"')?.0;
        let (verdict, fact) = text.split_once(' ')?;
        Some((fact.to_owned(), verdict.to_owned()))
    };
    ran.stdout.lines().filter_map(line).collect()
}

fn is_built(stem: &str) -> bool {
    let built = image(stem).is_file();
    if !built {
        println!("{stem}.sys was not built: there is no clang here");
    }
    built
}

#[test]
fn the_kernel_keeps_every_fact_that_a_driver_can_check() {
    if !is_built("conformance") {
        return;
    }
    // Twice, since the flow loads the driver twice.
    let told = told("conformance");
    let facts: Vec<&str> = told.iter().map(|(fact, _)| fact.as_str()).collect();
    let expected: Vec<&str> = [FACTS, FACTS].concat();
    assert_eq!(facts, expected);
    let wrong: Vec<&(String, String)> =
        told.iter().filter(|(_, verdict)| verdict != "right").collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn a_mistake_with_an_exception_is_one_finding_and_the_host_lives() {
    let expected = [
        (
            "conformance-1",
            "bugcheck 0x1e (KMODE_EXCEPTION_NOT_HANDLED): exception 0xc0000005 in an exception filter, conformance",
        ),
        (
            "conformance-2",
            "bugcheck 0x7f (UNEXPECTED_KERNEL_MODE_TRAP): the kernel stack overflowed",
        ),
        (
            "conformance-3",
            "bugcheck 0x1e (KMODE_EXCEPTION_NOT_HANDLED): ExRaiseStatus(0xc0000123), which nobody handles, conformance",
        ),
        // Kernel memory that is not there stops Windows inside __try, too.
        (
            "conformance-4",
            "bugcheck 0x50 (PAGE_FAULT_IN_NONPAGED_AREA): access to offset 0 of freed pool block 1",
        ),
        ("conformance-5", "bugcheck 0x133 (DPC_WATCHDOG_VIOLATION): no call of the kernel for"),
    ];
    for (stem, finding) in expected {
        if !is_built(stem) {
            return;
        }
        let ran = play(stem, FLOW, &[]);
        assert_eq!(ran.code, Some(1), "{stem}\n{}{}", ran.stdout, ran.stderr);
        let found = ran.stdout.lines().filter(|line| line.contains("bugcheck")).count();
        assert_eq!(found, 1, "{stem}\n{}", ran.stdout);
        assert!(ran.stdout.contains(finding), "{stem}\n{}", ran.stdout);
    }
}
