//! A module is lent to a visitor for the length of one visit: FilterDetach frees it afterwards.
#![no_std]
mod support;
use support::*;

struct Module {
    number: u32,
}

impl FilterModule for Module {
    quiet!(everything);
}

static MODULES: ModuleList<Module> = ModuleList::new();

pub fn last_number() -> u32 {
    let mut kept: Option<&Module> = None;
    let mut number = 0;
    MODULES.visit(|module, _| {
        kept = Some(module); //~- E0521
        number = module.number;
    });
    kept.map_or(number, |module| module.number)
}
