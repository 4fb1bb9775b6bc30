//! Where events are drawn: a group of lanes for each adapter, a lane for each filter module in it.
//!
//! Unlike a table, which has to name a layer in its first line, a page knows the whole trace, so
//! layers are counted along `LowerIfIndex`, from the miniport up.

use super::super::super::decode::Event;
use super::super::super::value::Value;

/// Key of the group for events of no adapter.
const NO_ADAPTER: &str = "";

pub(super) struct Group {
    /// `MiniportLuid`, else the name.
    pub(super) key: String,
    /// `Adapter`, as the first event said; empty for events of no adapter.
    pub(super) name: String,
    miniports: Vec<u64>,
    pub(super) modules: Vec<Module>,
}

pub(super) struct Module {
    /// `IfIndex`; `None` for events of the adapter, or of the provider, as a whole.
    pub(super) index: Option<u64>,
    lower: Option<u64>,
    /// What the lane is called, such as `L1`.
    pub(super) name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LaneKey {
    pub(super) group: usize,
    pub(super) module: usize,
}

#[derive(Default)]
pub(super) struct Stacks {
    pub(super) groups: Vec<Group>,
}

impl Stacks {
    /// The place an event names by itself; a new one if need be.
    pub(super) fn place(&mut self, event: &Event) -> Option<LaneKey> {
        let name = event.field("Adapter").map(ToString::to_string);
        let luid = event.field("MiniportLuid").map(ToString::to_string);
        let key = luid.or_else(|| name.clone()).filter(|key| !key.is_empty())?;
        let group = self.group(&key, || name.unwrap_or_else(|| key.clone()));
        let (lower, index) = (number(event, "LowerIfIndex"), number(event, "IfIndex"));
        if let Some(miniport) = number(event, "MiniportIfIndex")
            && !self.groups[group].miniports.contains(&miniport)
        {
            self.groups[group].miniports.push(miniport);
        }
        let make = || Module { index, lower: None, name: "adapter".to_owned() };
        let module = self.module(group, |module| module.index == index, make);
        // Stacks change; the last word counts.
        let known = &mut self.groups[group].modules[module].lower;
        *known = lower.or(*known);
        Some(LaneKey { group, module })
    }

    /// The place of events that name none and are in nobody's span.
    pub(super) fn place_of_provider(&mut self, provider: &str) -> LaneKey {
        let group = self.group(NO_ADAPTER, String::new);
        let module = self.module(
            group,
            |module| module.name == provider,
            || Module { index: None, lower: None, name: provider.to_owned() },
        );
        LaneKey { group, module }
    }

    fn group(&mut self, key: &str, name: impl FnOnce() -> String) -> usize {
        self.groups.iter().position(|group| group.key == key).unwrap_or_else(|| {
            let (key, name) = (key.to_owned(), name());
            self.groups.push(Group { key, name, miniports: Vec::new(), modules: Vec::new() });
            self.groups.len() - 1
        })
    }

    fn module(
        &mut self,
        group: usize,
        is_it: impl Fn(&Module) -> bool,
        make: impl FnOnce() -> Module,
    ) -> usize {
        let modules = &mut self.groups[group].modules;
        modules.iter().position(is_it).unwrap_or_else(|| {
            modules.push(make());
            modules.len() - 1
        })
    }

    /// Names the layers, and gives all places from the lowest layer of each group up.
    pub(super) fn order(&mut self) -> Vec<LaneKey> {
        let mut places = Vec::new();
        for (at, group) in self.groups.iter_mut().enumerate() {
            for (module, layer) in layers(group) {
                if let Some(layer) = layer {
                    group.modules[module].name = format!("L{layer}");
                }
                places.push(LaneKey { group: at, module });
            }
        }
        places
    }
}

/// Modules with their layers, upwards. Modules that no chain from the miniport reaches, because what
/// is below them was not traced, count on from the top.
fn layers(group: &Group) -> Vec<(usize, Option<usize>)> {
    let mut out: Vec<(usize, Option<usize>)> = Vec::new();
    let mut left: Vec<usize> = (0..group.modules.len()).collect();
    let mut below: Vec<Option<u64>> = group.miniports.iter().copied().map(Some).collect();
    let mut layer = 1;
    left.retain(|module| {
        let whole = group.modules[*module].index.is_none();
        if whole {
            out.push((*module, None));
        }
        !whole
    });
    while !left.is_empty() {
        let (mut here, rest): (Vec<_>, Vec<_>) = left.into_iter().partition(|module| {
            let lower = group.modules[*module].lower;
            lower.is_some() && below.contains(&lower)
        });
        left = rest;
        if here.is_empty() {
            layer = layer.max(2);
            // A module with nothing traced below it first; in a circle, any.
            let index_of = |module: usize| group.modules[module].index;
            let root = left.iter().position(|module| {
                let lower = group.modules[*module].lower;
                lower.is_none() || !left.iter().any(|other| index_of(*other) == lower)
            });
            here.push(left.remove(root.unwrap_or(0)));
        }
        below = here.iter().map(|module| group.modules[*module].index).collect();
        out.extend(here.into_iter().map(|module| (module, Some(layer))));
        layer += 1;
    }
    out
}

fn number(event: &Event, name: &str) -> Option<u64> {
    match event.field(name)? {
        Value::Unsigned(number) | Value::Hex(number) => Some(*number),
        _ => None,
    }
}
