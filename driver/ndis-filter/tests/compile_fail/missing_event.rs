//! A network event that a filter forgot does not compile.
#![no_std]
mod support;
use support::*;

pub fn is_about_power(event: &NetPnpEvent<'_>) -> bool {
    match event { //~ E0004
        NetPnpEvent::SetPower(_) | NetPnpEvent::QueryPower(_) => true,
        NetPnpEvent::QueryRemoveDevice
        | NetPnpEvent::CancelRemoveDevice
        | NetPnpEvent::Reconfigure(_)
        | NetPnpEvent::BindList(_)
        | NetPnpEvent::BindsComplete
        | NetPnpEvent::PnpCapabilities(_)
        | NetPnpEvent::Pause(_)
        | NetPnpEvent::Restart(_)
        | NetPnpEvent::PortActivation(_)
        | NetPnpEvent::PortDeactivation(_)
        | NetPnpEvent::ImReEnableDevice(_)
        | NetPnpEvent::NdkEnable
        | NetPnpEvent::NdkDisable
        //= | NetPnpEvent::FilterPreDetach
        | NetPnpEvent::BindFailed(_)
        | NetPnpEvent::SwitchActivate
        | NetPnpEvent::AllowBindsAbove
        | NetPnpEvent::InhibitBindsAbove
        | NetPnpEvent::AllowStart
        | NetPnpEvent::RequirePause
        | NetPnpEvent::UploadGftFlowEntries(_) => false,
    }
}
