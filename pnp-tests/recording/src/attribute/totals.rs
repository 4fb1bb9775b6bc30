//! What each component took of all events together.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;

use super::chain::{Chain, Component};
use super::spans::Text;

/// A component of one adapter's stack.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Total {
    /// The adapter's name.
    pub adapter: Text,
    /// `NET_LUID` of the adapter.
    pub miniport_luid: u64,
    /// The component.
    #[serde(flatten)]
    pub component: Component,
    /// The number of events of which the component took a share.
    pub events: u64,
    /// Sum of its shares.
    pub total_100ns: u64,
    /// 95 of 100 shares are not larger.
    pub p95_100ns: u64,
    /// The largest share.
    pub worst_100ns: u64,
    /// The event of the largest share.
    pub worst_event: String,
    /// Events that it did not give back before the trace ended.
    pub holds: u64,
}

pub(super) fn totals(chains: &[Chain]) -> Vec<Total> {
    let mut shares: BTreeMap<(u64, &Component), Vec<(u64, &Chain)>> = BTreeMap::new();
    let mut holds: BTreeMap<(u64, &Component), u64> = BTreeMap::new();
    for chain in chains {
        for share in &chain.shares {
            let key = (chain.miniport_luid, &share.component);
            shares.entry(key).or_default().push((share.took_100ns, chain));
            *holds.entry(key).or_default() += u64::from(share.holds);
        }
    }
    let mut totals: Vec<Total> = shares
        .into_iter()
        .filter_map(|(key, mut shares)| {
            shares.sort_by_key(|(took, chain)| (*took, std::cmp::Reverse(chain.start_100ns)));
            let (worst, chain) = *shares.last()?;
            // Nearest rank: the smallest share that at least 95 of 100 do not exceed.
            let rank = (shares.len() * 95).div_ceil(100).max(1) - 1;
            Some(Total {
                adapter: Rc::clone(&chain.adapter),
                miniport_luid: key.0,
                component: key.1.clone(),
                events: shares.len() as u64,
                total_100ns: shares.iter().map(|(took, _)| took).sum(),
                p95_100ns: shares[rank].0,
                worst_100ns: worst,
                worst_event: chain.title(),
                holds: holds.get(&key).copied().unwrap_or(0),
            })
        })
        .collect();
    totals.sort_by_key(|total| std::cmp::Reverse((total.holds, total.total_100ns)));
    totals
}
