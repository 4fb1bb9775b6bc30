//! Exports of netio.sys: registration of WSK clients.
#![allow(non_snake_case, reason = "Windows names")]

use driver_abi::nt::STATUS_SUCCESS;
use driver_abi::wsk::{
    WSK_CLIENT_DISPATCH, WSK_CLIENT_NPI, WSK_NO_WAIT, WSK_PROVIDER_NPI, WSK_REGISTRATION,
};
use kernel::door::crossing::{DISPATCH, PASSIVE, cross, cross_at_most};
use kernel::door::exports::exports;
use kernel::machine::export::ExportModule;
use kernel::machine::raw;

use crate::provider;

exports! {
    WskCaptureProviderNPI: le DISPATCH,
        fails STATUS_DEVICE_NOT_READY | STATUS_NOINTERFACE | NTSTATUS by call, since 6000,
        "ddi:wsk/nf-wsk-wskcaptureprovidernpi";
    WskDeregister: le PASSIVE, since 6000, "ddi:wsk/nf-wsk-wskderegister";
    WskRegister: le PASSIVE, fails NTSTATUS by call, since 6000, "ddi:wsk/nf-wsk-wskregister";
    WskReleaseProviderNPI: le DISPATCH, since 6000, "ddi:wsk/nf-wsk-wskreleaseprovidernpi";
}

/// Everything that netio.sys exports here.
pub(super) static EXPORTS: ExportModule =
    ExportModule { names: &["netio.sys"], tables: &[ROWS], inline: &[] };

extern "win64" fn WskRegister(npi: usize, registration: usize) -> i32 {
    let world = cross();
    let npi: WSK_CLIENT_NPI = raw::get(npi);
    let dispatch: WSK_CLIENT_DISPATCH = raw::get(npi.Dispatch.addr());
    match provider::register(&world, registration, dispatch.Version, world.fails()) {
        Ok(number) => {
            let block = WSK_REGISTRATION {
                ReservedRegistrationState: u64::from(number),
                ReservedRegistrationContext: raw::pointer(0),
                ReservedRegistrationLock: 0,
            };
            raw::put(registration, block);
            STATUS_SUCCESS.0
        }
        Err(status) => status.0,
    }
}

extern "win64" fn WskDeregister(registration: usize) {
    let world = cross();
    provider::deregister(&world, world.import(), registration);
}

/// A caller that may wait must be at PASSIVE_LEVEL.
extern "win64" fn WskCaptureProviderNPI(registration: usize, wait_ms: u32, npi: usize) -> i32 {
    let world = cross_at_most(if wait_ms == WSK_NO_WAIT { DISPATCH } else { PASSIVE });
    match provider::capture(&world, world.import(), registration, world.fails()) {
        Ok((client, table)) => {
            let client = raw::pointer(client as usize);
            raw::put(npi, WSK_PROVIDER_NPI { Client: client, Dispatch: raw::pointer(table) });
            STATUS_SUCCESS.0
        }
        Err(status) => status.0,
    }
}

extern "win64" fn WskReleaseProviderNPI(registration: usize) {
    let world = cross();
    provider::release(&world, world.import(), registration);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::tables::not_there;
    use crate::sample::{facts, machine};
    use driver_abi::wsk::{STATUS_DEVICE_NOT_READY, WSK_INFINITE_WAIT};
    use journal::{Fact, KernelFact, Leftover, WskFact};
    use kernel::machine::block::Block;
    use kernel::world::subsystem::Subsystem;
    use kernel::world::thread::Rest;
    use std::ptr;

    /// Registers a client of version 1.0; gives its registration, which stays where it is.
    fn registered() -> &'static Block {
        let dispatch = WSK_CLIENT_DISPATCH { Version: 0x0100, Reserved: 0, WskClientEvent: None };
        let dispatch = Block::of(dispatch);
        let client = WSK_CLIENT_NPI {
            ClientContext: ptr::null_mut(),
            Dispatch: raw::pointer::<WSK_CLIENT_DISPATCH>(dispatch.address()),
        };
        let block: &'static Block = Box::leak(Box::new(Block::with(&[0; 24], false)));
        assert_eq!(WskRegister(Block::of(client).address(), block.address()), 0);
        block
    }

    #[test]
    fn deregistration_waits_until_everything_captured_is_released() {
        for seed in 0..8 {
            let (rest, journal) = machine(seed, |world| {
                let (block, npi) = (registered().address(), Block::with(&[0; 16], false));
                for _ in 0..2 {
                    assert_eq!(WskCaptureProviderNPI(block, WSK_INFINITE_WAIT, npi.address()), 0);
                }
                let table: WSK_PROVIDER_NPI = raw::get(npi.address());
                assert_eq!(raw::get::<u16>(table.Dispatch.addr()), 0x0100);
                world.threads.spawn("unload".to_owned(), move || WskDeregister(block));
                world.sleep(10);
                // Deregistration has begun: the provider is not there for this client any more.
                let status = WskCaptureProviderNPI(block, WSK_NO_WAIT, npi.address());
                assert_eq!(status, STATUS_DEVICE_NOT_READY.0);
                WskReleaseProviderNPI(block);
                world.sleep(10);
                WskReleaseProviderNPI(block);
            });
            assert!(matches!(rest, Rest::Done), "seed {seed}: {rest:?}");
            let (released, last) =
                (WskFact::Released { registration: 1 }, WskFact::Deregistered { registration: 1 });
            let seen: Vec<_> = facts(&journal).cloned().collect();
            assert!(seen.contains(&WskFact::DeregisterWaits { registration: 1, captured: 2 }));
            assert_eq!(seen[seen.len() - 2..], [released, last], "seed {seed}: {journal}");
        }
    }

    #[test]
    fn a_registration_that_is_never_released_is_a_deadlock() {
        let (rest, _) = machine(0, |_| {
            let (block, npi) = (registered().address(), Block::with(&[0; 16], false));
            assert_eq!(WskCaptureProviderNPI(block, WSK_NO_WAIT, npi.address()), 0);
            WskDeregister(block);
        });
        assert!(matches!(rest, Rest::Deadlock { .. }), "{rest:?}");
    }

    #[test]
    fn a_block_that_names_no_registration_is_a_bad_handle_and_one_is_left_behind_once() {
        let (_, journal) = machine(0, |world| {
            let (first, second) = (registered().address(), registered().address());
            assert_eq!(raw::get::<u64>(second), 2);
            let left = || super::super::NetioSys.left_behind(world);
            WskReleaseProviderNPI(first);
            WskDeregister(first);
            WskDeregister(first);
            assert_eq!(left(), [Leftover::Registration(journal::wsk::CLIENT)]);
            assert_eq!(left(), []);
        });
        let bad = |fact: &&Fact| matches!(fact, Fact::Kernel(KernelFact::BadHandle { .. }));
        assert_eq!(journal.entries().iter().map(|entry| &entry.fact).filter(bad).count(), 2);
    }

    #[test]
    fn a_function_of_a_socket_stops_the_machine_and_says_that_the_host_lacks_it() {
        let (rest, journal) = machine(0, |_| not_there());
        assert!(matches!(rest, Rest::Stopped), "{rest:?}");
        assert!(journal.to_string().contains("which this host does not implement"), "{journal}");
    }

    #[test]
    fn a_capture_that_may_wait_is_for_passive_level_only() {
        let told = |wait_ms| {
            let (_, journal) = machine(0, move |world| {
                world.threads.current().irql.set(DISPATCH);
                WskCaptureProviderNPI(0, wait_ms, 0);
            });
            journal.to_string().contains("allowed up to")
        };
        assert!(told(WSK_INFINITE_WAIT) && told(5) && !told(WSK_NO_WAIT));
    }
}
