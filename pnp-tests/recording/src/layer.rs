//! Which layer of its adapter's stack a module is: `L1` sits on the miniport, the others count up as
//! they appear.

use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct Layers {
    /// By miniport: the modules above `L1`, by their own index.
    above: BTreeMap<u64, Vec<u64>>,
}

impl Layers {
    /// Interface indices of the miniport, of what is right below the module, and of the module.
    pub(super) fn name(&mut self, miniport: u64, lower: Option<u64>, module: u64) -> String {
        if lower == Some(miniport) {
            return "L1".to_owned();
        }
        let above = self.above.entry(miniport).or_default();
        let place = above.iter().position(|other| *other == module).unwrap_or_else(|| {
            above.push(module);
            above.len() - 1
        });
        format!("L{}", place + 2)
    }
}

#[cfg(test)]
mod tests {
    use super::Layers;

    #[test]
    fn the_module_on_the_miniport_is_l1_and_others_count_in_order_of_appearance() {
        let mut layers = Layers::default();
        let seen = [(1, Some(12), 13), (1, Some(1), 11), (1, Some(11), 12), (2, None, 21)];
        let names = seen.map(|(miniport, lower, module)| layers.name(miniport, lower, module));
        assert_eq!(names, ["L2", "L1", "L3", "L2"]);
        assert_eq!(layers.name(1, Some(12), 13), "L2");
    }
}
