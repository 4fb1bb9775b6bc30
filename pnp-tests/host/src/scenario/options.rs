//! The same words on a command line: `--set predetach=absent`, `--runtime 6.30`.

use super::ast::Switch;
use lang::{Lexicon, Words};
use ndis::switches::{SWITCHES, readings};
use ndis::words::version;

/// `predetach=absent`, or what would have been right.
pub fn reading(text: &str) -> Result<Switch, String> {
    let all = || SWITCHES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let (name, value) =
        text.split_once('=').ok_or_else(|| format!("`{text}` is not SWITCH=READING"))?;
    let table = readings(name)
        .ok_or_else(|| format!("no switch is called `{name}`; there are {}", all()))?;
    table
        .iter()
        .find(|(reading, _)| *reading == value)
        .map(|(_, switch)| Switch::Ndis(*switch))
        .ok_or_else(|| {
            let choices: Vec<&str> = table.iter().map(|(reading, _)| *reading).collect();
            format!("`{name}` has no reading `{value}`; there are {}", choices.join(", "))
        })
}

/// `6.30`, or what would have been right.
pub fn runtime(text: &str) -> Result<(u8, u8), String> {
    let wrong = || format!("`{text}` is not an NDIS version such as 6.89");
    let (mut words, _) = Words::split(text, Lexicon::EMPTY).map_err(|_| wrong())?;
    let word = words.need("an NDIS version", &["6.89"]).map_err(|_| wrong())?;
    version(&word).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndis::switches::{self, Predetach};

    #[test]
    fn a_reading_is_written_as_in_a_scenarios_name() {
        let absent = Switch::Ndis(switches::Switch::Predetach(Predetach::Absent));
        assert_eq!(reading("predetach=absent"), Ok(absent));
        assert!(reading("predetach").unwrap_err().contains("SWITCH=READING"));
        assert!(reading("predetached=absent").unwrap_err().contains("predetach, attach"));
        assert!(reading("predetach=never").unwrap_err().contains("before-pause"));
    }

    #[test]
    fn a_runtime_is_a_version() {
        assert_eq!(runtime("6.30"), Ok((6, 30)));
        assert!(runtime("vista").is_err());
    }
}
