//! The registry: keys by path, typed values. Paths and names are compared without regard to case.

use std::collections::BTreeMap;

/// Keys and what they hold.
#[derive(Debug, Default)]
pub struct Registry {
    keys: BTreeMap<String, BTreeMap<String, Value>>,
    /// Paths of open keys, by the number that their handle carries.
    open: Vec<String>,
}

/// A value and its REG_ type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The type, REG_.
    pub kind: u32,
    /// The data, as the registry returns them.
    pub data: Vec<u8>,
}

impl Registry {
    /// Makes a key and those above it.
    pub fn create(&mut self, path: &str) {
        let path = path.to_uppercase();
        for (at, _) in path.match_indices('\\').skip(1) {
            self.keys.entry(path[..at].to_owned()).or_default();
        }
        self.keys.entry(path).or_default();
    }

    /// Whether a key exists.
    pub fn exists(&self, path: &str) -> bool {
        self.keys.contains_key(&path.to_uppercase())
    }

    /// A number for an open key.
    pub fn open(&mut self, path: &str) -> Option<usize> {
        let path = path.to_uppercase();
        self.keys.contains_key(&path).then(|| {
            self.open.push(path);
            self.open.len() - 1
        })
    }

    /// Names of the keys right below an open key, in order.
    pub fn subkeys(&self, key: usize) -> impl Iterator<Item = &str> {
        let prefix = self.open.get(key).map(|path| format!("{path}\\"));
        self.keys.keys().filter_map(move |path| {
            let name = path.strip_prefix(prefix.as_ref()?)?;
            (!name.contains('\\')).then_some(name)
        })
    }

    /// A value of an open key.
    pub fn value(&self, key: usize, name: &str) -> Option<&Value> {
        self.keys.get(self.open.get(key)?)?.get(&name.to_uppercase())
    }

    /// The values of an open key and their names, in order.
    pub fn values(&self, key: usize) -> impl Iterator<Item = (&str, &Value)> {
        let values = self.open.get(key).and_then(|path| self.keys.get(path));
        values.into_iter().flatten().map(|(name, value)| (name.as_str(), value))
    }

    /// Sets a value of an open key; without effect for a key that is not open.
    pub fn set(&mut self, key: usize, name: &str, value: Value) {
        if let Some(values) = self.open.get(key).and_then(|path| self.keys.get_mut(path)) {
            values.insert(name.to_uppercase(), value);
        }
    }

    /// Deletes a value of an open key; false when there is none of this name.
    pub fn remove(&mut self, key: usize, name: &str) -> bool {
        let values = self.open.get(key).and_then(|path| self.keys.get_mut(path));
        values.is_some_and(|values| values.remove(&name.to_uppercase()).is_some())
    }

    /// The path of an open key, in capitals.
    pub fn path(&self, key: usize) -> Option<&str> {
        self.open.get(key).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_are_found_in_any_case() {
        let mut registry = Registry::default();
        registry.create("\\Registry\\Machine\\System\\Services\\flt");
        assert!(registry.exists("\\REGISTRY\\MACHINE\\SYSTEM"));
        let key = registry.open("\\registry\\machine\\system\\services\\FLT").expect("it is there");
        let value = Value { kind: 4, data: vec![1, 0, 0, 0] };
        registry.set(key, "Start", value.clone());
        assert_eq!(registry.value(key, "START"), Some(&value));
        assert_eq!(registry.open("\\Registry\\Machine\\Nowhere"), None);
    }
}
