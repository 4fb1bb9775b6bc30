//! A module cannot send a request while it is being attached: what it asks with is lent to callbacks in
//! which NDIS allows it, and only the layer makes one.
#![no_std]
mod support;
use support::*;

struct Module;

impl FilterModule for Module {
    quiet!(spans, paused, detached, net_pnp_event, net_pnp_event_forwarded);
    quiet!(device_pnp_event, device_pnp_event_forwarded, status);

    fn restarted(
        &self,
        _: &RestartParameters<'_>,
        _: Applied,
        _: Applied,
        requests: &Requests<'_, Self>,
    ) {
        requests.ask(Query::PmParameters);
    }
}

static MODULES: ModuleList<Module> = ModuleList::new();

struct Driver;

impl FilterDriver for Driver {
    type Module = Module;
    type Attach = ();
    const POOL_TAG: [u8; 4] = *b"Case";

    fn sends_requests(&self) -> bool {
        true
    }

    fn modules(&self) -> &ModuleList<Module> {
        &MODULES
    }

    fn attach_begins(&self, _: &AttachParameters<'_>) {}

    fn attach(&self, parameters: &AttachParameters<'_>, _: Pool) -> Result<Module, AttachError> {
        Requests::<Module>(parameters).ask(Query::PmParameters); //~- E0423
        //= let _ = parameters;
        Ok(Module)
    }

    fn attach_ends(
        &self,
        _: Option<(&AttachParameters<'_>, ())>,
        _: Result<Applied, AttachError>,
    ) {
    }
}
