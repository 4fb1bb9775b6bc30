//! The rows of what the simulated kernel exports: their page, and what they say of faults.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::{env, fs};

use host::subsystems::SUBSYSTEMS;
use kernel::door::exports::ExportTables;
use kernel::machine::export::{Fault, Row};

use crate::report;
use crate::repository::{files, root};

/// The page, and what stands in it above the tables.
const PAGE: &str = "docs/imports.md";
const HEAD: &str = "\
# What the simulated kernel exports

A driver that imports anything else does not load. `netpnp imports FILE` compares a driver with this
list, and with `--table` shows the rows of its imports. The tables are made of the rows beside the
functions (`exports!`). A test compares them; with NETPNP_WRITE=1 in its environment,
`NETPNP_WRITE=1 cargo test -p netpnp --test docs`, it writes this page. What the headers define and no Windows
exports (`pnp-tests/kernel/src/door/ntoskrnl/inline.rs`) is refused by an error of its own.

- **IRQL**: where the function may be called; a call above it breaks NV-30. Some arguments lower it, such
  as paged pool. A lowest IRQL is what the page says, and is not checked.
- **Fails with**: what it can answer by its page: `NTSTATUS` and `NDIS_STATUS` where the page does not
  list them, `EXCEPTION` where it raises one.
- **Fault**: what `netpnp verify` makes fail here, one at a time: a call (`--fail-call`), an allocation
  (`--fail-allocation`).
- **Back**: other drivers run inside the call, so no spin lock may be held across it (NV-53).
- **Since**: the first build of Windows that has it, by its page or its header (2195 is Windows 2000,
  2600 XP, 3790 Server 2003, 6000 Vista, 6001 Vista SP1, 7600 Windows 7, 9200 Windows 8, 9600
  Windows 8.1, 10240 Windows 10). `inline`: today's headers define it, and only drivers of other headers
  import it. `unknown`: neither says.
- **Page**: `ddi:` is learn.microsoft.com/windows-hardware/drivers/ddi; `undocumented:` names the header.

Variables are exported, too (`pnp-tests/kernel/src/door/ntoskrnl/data.rs`): `PsThreadType` and others like it, which
hold a pointer to an object type, and numbers such as `NtBuildNumber` and `KdDebuggerEnabled`.
";

fn in_code(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn line(row: &Row) -> String {
    let faults: Vec<_> = row.failure.faults.iter().map(Fault::to_string).collect();
    format!(
        "| `{}` | {} | {} | {} | {} | {} | `{}` |",
        row.name,
        row.irql(),
        in_code(row.failure.answers),
        faults.join(", "),
        if row.calls_back { "yes" } else { "" },
        row.since,
        row.page
    )
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for module in ExportTables(SUBSYSTEMS).modules() {
        let names = module.names.join(", ");
        let mut rows: Vec<&Row> = module.rows().collect();
        rows.sort_by_key(|row| row.name.to_lowercase());
        writeln!(page, "\n## {names}\n\n{} functions.\n", rows.len()).expect("a string");
        page.push_str("| Function | IRQL | Fails with | Fault | Back | Since | Page |\n");
        page.push_str("|---|---|---|---|---|---|---|\n");
        for row in rows {
            writeln!(page, "{}", line(row)).expect("a string");
        }
    }
    page
}

#[test]
fn the_page_of_imports_shows_every_row() {
    let (path, wanted) = (root().join(PAGE), page());
    if env::var_os("NETPNP_WRITE").is_some() {
        fs::write(&path, &wanted).expect("the page is written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    let same = |(one, other): (&str, &str)| (one != other).then(|| format!("{one}\n  {other}"));
    let differ: Vec<_> = found.lines().zip(wanted.lines()).filter_map(same).take(3).collect();
    report("docs/imports.md has, the rows say (NETPNP_WRITE=1 writes the page)", &differ);
    assert_eq!(found, wanted, "NETPNP_WRITE=1 writes the page");
}

#[test]
fn a_module_exports_a_name_once() {
    for module in ExportTables(SUBSYSTEMS).modules() {
        let mut seen = BTreeSet::new();
        let again: Vec<_> =
            module.rows().filter(|row| !seen.insert(row.name)).map(|r| r.name.to_owned()).collect();
        report("exported twice", &again);
    }
}

/// What injects a fault, as it stands in the sources.
const INJECTORS: [(Fault, &str); 10] = [
    (Fault::Call, "world.fails()"),
    (Fault::Call, "work::allocate("),
    (Fault::Call, "io::create_link("),
    (Fault::Allocation, "pool::allocate("),
    (Fault::Allocation, "mdls::allocate("),
    (Fault::Allocation, "packet_pool::memory("),
    (Fault::Allocation, "irp::allocate("),
    (Fault::Allocation, "New::for_device("),
    (Fault::Allocation, "io::create_device("),
    (Fault::Allocation, ".next_allocation_fails("),
];

/// The functions of a file by name, each with its body. Tests are left out.
fn functions(text: &str) -> BTreeMap<&str, String> {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let mut functions = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(first) = lines.next() {
        let Some((before, rest)) = first.split_once("fn ") else { continue };
        if before.starts_with([' ', '/']) {
            continue;
        }
        let name = rest.split(['(', '<']).next().unwrap_or_default();
        let body = lines.by_ref().take_while(|line| *line != "}").collect::<Vec<_>>().join("\n");
        functions.insert(name, body);
    }
    functions
}

/// Whether `body` calls the function `name` of its own file.
fn calls(body: &str, name: &str) -> bool {
    let call = format!("{name}(");
    let is_whole =
        |at: usize| !body[..at].ends_with(|c: char| c.is_alphanumeric() || "_:.".contains(c));
    body.match_indices(&call).any(|(at, _)| is_whole(at))
}

/// The faults that a function injects, by itself or through others of its file.
fn injected(functions: &BTreeMap<&str, String>, name: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::from([name]);
    loop {
        let called = |other: &&str| reached.iter().any(|known| calls(&functions[known], other));
        let more: Vec<_> = functions.keys().copied().filter(called).collect();
        let before = reached.len();
        reached.extend(more);
        if reached.len() == before {
            break;
        }
    }
    let does = |needle: &str| reached.iter().any(|name| functions[name].contains(needle));
    let injects = |(fault, needle): &(Fault, &str)| does(needle).then(|| fault.to_string());
    INJECTORS.iter().filter_map(injects).collect()
}

#[test]
fn a_row_names_the_faults_that_its_function_injects_and_no_others() {
    let sources: Vec<_> =
        files(".rs").into_iter().filter(|(_, text)| text.contains("\nexports! {")).collect();
    let unused = |(_, needle): &&(Fault, &str)| !sources.iter().any(|(_, s)| s.contains(needle));
    let unused: Vec<_> = INJECTORS.iter().filter(unused).map(|(_, needle)| *needle).collect();
    assert!(unused.is_empty(), "nothing injects by {unused:?} any more");
    let mut found = BTreeMap::new();
    for (_, text) in &sources {
        let functions = functions(text);
        for name in functions.keys() {
            found.insert(*name, injected(&functions, name));
        }
    }
    let mut faults = Vec::new();
    for row in
        ExportTables(SUBSYSTEMS).modules().flat_map(kernel::machine::export::ExportModule::rows)
    {
        let says: BTreeSet<_> = row.failure.faults.iter().map(Fault::to_string).collect();
        let does = found.get(row.recorded).unwrap_or_else(|| panic!("no {}", row.recorded));
        if says != *does {
            faults.push(format!(
                "{}: the row says {says:?}, the function injects {does:?}",
                row.name
            ));
        }
        if row.failure.answers.is_empty() && !says.is_empty() {
            faults.push(format!("{}: a fault, and nothing that it answers", row.name));
        }
    }
    report("rows whose faults are not those of their functions", &faults);
}
