//! Which adapters, filters and protocols the file has named so far.

use lang::{Fault, Names, Word, Words, clip};

/// Bound to every adapter that names no protocol of its own.
const IMPLICIT_PROTOCOL: &str = "tcpip";
/// The names that a file has introduced so far.
#[derive(Debug, Default)]
pub struct Scope {
    adapters: Vec<Adapter>,
}

#[derive(Debug)]
struct Adapter {
    name: String,
    instance_name: Option<String>,
    filters: Vec<String>,
    /// Empty means the implicit one.
    protocols: Vec<String>,
    /// The implicit protocol was spoken of; naming others now would take it away.
    implicit_used: bool,
}

impl Scope {
    pub(super) fn has_adapter(&self, name: &str) -> bool {
        self.adapters.iter().any(|adapter| adapter.name == name)
    }

    /// The adapters by name; a hint where there is none.
    pub(super) fn adapter_choices(&self) -> Vec<&str> {
        if self.adapters.is_empty() {
            return vec!["an adapter given on a line above"];
        }
        self.adapters.iter().map(|adapter| adapter.name.as_str()).collect()
    }

    /// Every filter and protocol of any adapter.
    pub(super) fn component_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.adapters.iter().flat_map(Adapter::components).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    pub(super) fn add_adapter(&mut self, name: &Word) -> Result<String, Fault> {
        let text = name.new_name()?;
        if self.has_adapter(&text) {
            return Err(name.fault(format!("adapter `{}` is already given", clip(&text))));
        }
        self.adapters.push(Adapter {
            name: text.clone(),
            instance_name: None,
            filters: Vec::new(),
            protocols: Vec::new(),
            implicit_used: false,
        });
        Ok(text)
    }

    /// Names the adapter added last. Traces tell adapters apart by this name.
    pub(super) fn name_instance(&mut self, name: &Word) -> Result<String, Fault> {
        if self.adapters.iter().any(|other| other.instance_name.as_ref() == Some(&name.text)) {
            let message = format!("two adapters are called \"{}\"", clip(&name.text));
            return Err(name.fault(message).expected(&["an instance name of its own"]));
        }
        if let Some(adapter) = self.adapters.last_mut() {
            adapter.instance_name = Some(name.text.clone());
        }
        Ok(name.text.clone())
    }

    /// The next word, which names an adapter.
    pub(super) fn adapter(&self, words: &mut Words) -> Result<String, Fault> {
        let choices = self.adapter_choices();
        let word = words.need("an adapter", &choices)?;
        if !self.has_adapter(&word.text) {
            return Err(word.unknown("adapter", &choices));
        }
        Ok(word.text)
    }

    /// `on eth0`, after a filter that is new there.
    pub(super) fn add_filter_on(
        &mut self,
        filter: &Word,
        words: &mut Words,
    ) -> Result<String, Fault> {
        words.joint("on")?;
        let adapter = self.adapter(words)?;
        self.add_filter(filter, &adapter)?;
        Ok(adapter)
    }

    pub(super) fn add_filter(&mut self, filter: &Word, adapter: &str) -> Result<String, Fault> {
        let name = filter.new_name()?;
        let adapter = self.get_mut(adapter);
        adapter.refuse_second(filter)?;
        adapter.filters.push(name.clone());
        Ok(name)
    }

    /// `on eth0`, after a protocol that is new there.
    pub(super) fn add_protocol_on(
        &mut self,
        protocol: &Word,
        words: &mut Words,
    ) -> Result<String, Fault> {
        words.joint("on")?;
        let name = self.adapter(words)?;
        let text = protocol.new_name()?;
        let adapter = self.get_mut(&name);
        if adapter.implicit_used && adapter.protocols.is_empty() && text != IMPLICIT_PROTOCOL {
            let message = format!("{IMPLICIT_PROTOCOL} on {} is in use above", clip(&name));
            return Err(protocol
                .fault(message)
                .expected(&["the protocols of an adapter before the lines about them"]));
        }
        if !adapter.protocols.is_empty() || text != IMPLICIT_PROTOCOL {
            adapter.refuse_second(protocol)?;
        }
        adapter.protocols.push(text);
        Ok(name)
    }

    /// `on eth0`, after a filter or protocol that must be there.
    pub(super) fn component_on(
        &mut self,
        component: &Word,
        words: &mut Words,
    ) -> Result<String, Fault> {
        words.joint("on")?;
        let name = self.adapter(words)?;
        let adapter = self.get_mut(&name);
        adapter.check(
            component,
            "filter or protocol",
            &adapter.components().collect::<Vec<_>>(),
        )?;
        adapter.implicit_used |= component.text == IMPLICIT_PROTOCOL;
        Ok(name)
    }

    /// The next word, which names a protocol of `adapter`.
    pub(super) fn protocol(&self, words: &mut Words, adapter: &str) -> Result<String, Fault> {
        let adapter = self.get(adapter);
        let word = words.need("a protocol", &adapter.protocols())?;
        adapter.check(&word, "protocol", &adapter.protocols())
    }

    /// The next word, which names a modifying filter of `adapter`.
    pub(super) fn filter(&self, words: &mut Words, adapter: &str) -> Result<String, Fault> {
        let word = words.need("a filter", &self.get(adapter).filters)?;
        self.check_filter(&word, adapter)
    }

    /// The name of a modifying filter of `adapter`.
    pub(super) fn check_filter(&self, word: &Word, adapter: &str) -> Result<String, Fault> {
        let adapter = self.get(adapter);
        let filters: Vec<&str> = adapter.filters.iter().map(String::as_str).collect();
        adapter.check(word, "filter", &filters)
    }

    pub(super) fn remove_filter(&mut self, filter: &str, adapter: &str) {
        self.get_mut(adapter).filters.retain(|name| name != filter);
    }

    /// `name` came from `adapter()`.
    fn get(&self, name: &str) -> &Adapter {
        self.adapters.iter().find(|adapter| adapter.name == name).expect("an adapter of this scope")
    }

    fn get_mut(&mut self, name: &str) -> &mut Adapter {
        let found = self.adapters.iter_mut().find(|adapter| adapter.name == name);
        found.expect("an adapter of this scope")
    }
}

impl Names for Scope {
    fn noun(&self) -> &'static str {
        "adapter"
    }

    fn choices(&self) -> Vec<&str> {
        self.adapter_choices()
    }

    fn traced_as(&self, name: &str) -> Option<(String, String)> {
        let adapter = self.adapters.iter().find(|adapter| adapter.name == name)?;
        let instance = adapter.instance_name.as_ref().unwrap_or(&adapter.name);
        Some(("Adapter".to_owned(), instance.clone()))
    }
}

impl Adapter {
    fn protocols(&self) -> Vec<&str> {
        if self.protocols.is_empty() {
            return vec![IMPLICIT_PROTOCOL];
        }
        self.protocols.iter().map(String::as_str).collect()
    }

    fn components(&self) -> impl Iterator<Item = &str> {
        self.filters.iter().map(String::as_str).chain(self.protocols())
    }

    fn refuse_second(&self, word: &Word) -> Result<(), Fault> {
        if self.components().any(|name| name == word.text) {
            let message = format!("`{}` is already on {}", clip(&word.text), clip(&self.name));
            return Err(word.fault(message));
        }
        Ok(())
    }

    fn check(&self, word: &Word, what: &str, choices: &[&str]) -> Result<String, Fault> {
        if choices.contains(&word.text.as_str()) {
            return Ok(word.text.clone());
        }
        let message = format!("{} has no {what} `{}`", clip(&self.name), clip(&word.text));
        Err(word.instead(message, choices))
    }
}
