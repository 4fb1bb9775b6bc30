//! What FilterAttach is passed is gone when it returns: a module must copy it.
#![no_std]
mod support;
use support::*;

struct Module {
    name: Utf16<'static>, //-
    //= name: PoolBytes,
}

impl FilterModule for Module {
    quiet!(everything);
}

static MODULES: ModuleList<Module> = ModuleList::new();

struct Driver;

impl FilterDriver for Driver {
    type Module = Module;
    type Attach = ();
    const POOL_TAG: [u8; 4] = *b"Case";

    fn modules(&self) -> &ModuleList<Module> {
        &MODULES
    }

    fn attach_begins(&self, _: &AttachParameters<'_>) {}

    fn attach(&self, parameters: &AttachParameters<'_>, pool: Pool) -> Result<Module, AttachError> {
        let _ = pool; //-
        Ok(Module { name: parameters.module_guid_name }) //~- lifetime may not live long enough
        //= Ok(Module { name: pool.copy(parameters.module_guid_name.bytes())? })
    }

    fn attach_ends(
        &self,
        _: Option<(&AttachParameters<'_>, ())>,
        _: Result<Applied, AttachError>,
    ) {
    }
}
