//! What an INF installs: models, the sections that install them, their services and files.

use super::model::{Inf, number};

/// `NTamd64.10.0...25319`, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoration {
    pub text: String,
    /// `amd64`, `arm64`, `$ARCH$`; empty where there is none.
    pub architecture: String,
    /// From which build of Windows on.
    pub build: Option<u32>,
    /// ProductType and SuiteMask.
    pub product: bool,
    /// Begins with NT, no more than six parts, all of them numbers.
    pub valid: bool,
}

/// One line of a Models section.
#[derive(Clone, Debug)]
pub struct Model {
    pub line: u32,
    /// The Models section that it is in.
    pub section: String,
    pub decoration: Option<Decoration>,
    /// The section it installs, as named here.
    pub install: String,
    pub id: String,
}

/// One section that installs: the named one, or the decorated one that Windows takes instead.
#[derive(Clone, Debug)]
pub struct Install {
    pub name: String,
    pub line: u32,
    /// The hardware id of the model: one INF can hold several filters.
    pub id: String,
    /// The earliest build of Windows that comes here; 0 without a bound.
    pub from_build: u32,
    pub services: Vec<Service>,
    pub copies: Vec<Copied>,
}

/// An AddService.
#[derive(Clone, Debug)]
pub struct Service {
    pub line: u32,
    pub name: String,
    pub flags: u32,
    pub section: String,
}

/// One file that is copied.
#[derive(Clone, Debug)]
pub struct Copied {
    pub line: u32,
    pub target: String,
    /// If it differs from the target.
    pub source: Option<String>,
    /// The list it is in; `None` for `@file`.
    pub list: Option<String>,
    pub place: Option<TargetDirectory>,
}

/// An entry of DestinationDirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetDirectory {
    pub line: u32,
    pub directory: u32,
    pub below: String,
}

#[derive(Debug, Default)]
pub struct Package {
    pub models: Vec<Model>,
    pub installs: Vec<Install>,
}

impl Package {
    pub fn of(inf: &Inf) -> Self {
        let models = models(inf);
        let mut installs: Vec<Install> = Vec::new();
        for model in &models {
            let from_build = model.decoration.as_ref().and_then(|own| own.build).unwrap_or(0);
            for name in variants(inf, &model.install) {
                let known =
                    installs.iter_mut().find(|known| known.name.eq_ignore_ascii_case(&name));
                match known {
                    Some(known) => known.from_build = known.from_build.min(from_build),
                    None => installs.push(install(inf, name, &model.id, from_build)),
                }
            }
        }
        Self { models, installs }
    }

    /// The first section that installs the same filter: its twins must agree with it.
    pub fn first_twin(&self, install: &Install) -> Option<&Install> {
        self.installs.iter().find(|other| other.id.eq_ignore_ascii_case(&install.id))
    }

    /// All services with the section that adds them.
    pub fn services(&self) -> impl Iterator<Item = (&Install, &Service)> {
        self.installs
            .iter()
            .flat_map(|install| install.services.iter().map(move |own| (install, own)))
    }

    pub fn copies(&self) -> impl Iterator<Item = &Copied> {
        self.installs.iter().flat_map(|install| &install.copies)
    }
}

impl Decoration {
    pub fn new(text: &str) -> Self {
        let mut parts = text.split('.');
        let first = parts.next().unwrap_or_default();
        let nt = first.get(..2).is_some_and(|nt| nt.eq_ignore_ascii_case("nt"));
        let architecture = if nt { first.get(2..).unwrap_or_default() } else { "" };
        let rest: Vec<_> = parts.collect();
        let part = |index: usize| rest.get(index).copied().unwrap_or_default();
        Self {
            text: text.to_owned(),
            architecture: architecture.to_owned(),
            build: number(part(4)),
            product: !part(2).is_empty() || !part(3).is_empty(),
            valid: nt
                && rest.len() <= 5
                && rest.iter().all(|part| part.is_empty() || number(part).is_some()),
        }
    }
}

fn models(inf: &Inf) -> Vec<Model> {
    let mut models = Vec::new();
    for maker in inf.entries("Manufacturer") {
        let base = inf.field(maker, 0);
        let decorations: Vec<String> =
            (1..maker.values.len()).map(|index| inf.field(maker, index)).collect();
        let undecorated = decorations.is_empty().then(|| (base.clone(), None));
        let decorated =
            decorations.iter().map(|text| (format!("{base}.{text}"), Some(Decoration::new(text))));
        for (section, decoration) in undecorated.into_iter().chain(decorated) {
            models.extend(inf.entries(&section).map(|entry| Model {
                line: entry.line,
                section: section.clone(),
                decoration: decoration.clone(),
                install: inf.field(entry, 0),
                id: inf.field(entry, 1),
            }));
        }
    }
    models
}

/// Windows looks for `name.NTamd64` and `name.NT` before it takes `name`.
fn variants(inf: &Inf, name: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for section in &inf.sections {
        let own = &section.name;
        if is_variant(own, name) && !found.iter().any(|known| known.eq_ignore_ascii_case(own)) {
            found.push(own.clone());
        }
    }
    found
}

/// `name`, `name.NT`, `name.NTamd64`.
pub fn is_variant(section: &str, name: &str) -> bool {
    let Some((front, rest)) = section.split_at_checked(name.len()) else { return false };
    let platform = |rest: &str| {
        rest.get(..3).is_some_and(|nt| nt.eq_ignore_ascii_case(".nt"))
            && !rest.get(1..).unwrap_or_default().contains('.')
    };
    front.eq_ignore_ascii_case(name) && (rest.is_empty() || platform(rest))
}

fn install(inf: &Inf, name: String, id: &str, from_build: u32) -> Install {
    let services = inf
        .with_key(&format!("{name}.Services"), "AddService")
        .map(|entry| Service {
            line: entry.line,
            name: inf.field(entry, 0),
            flags: number(&inf.field(entry, 1)).unwrap_or_default(),
            section: inf.field(entry, 2),
        })
        .collect();
    let line = inf.line_of(&name);
    let mut copies = Vec::new();
    for (line, list) in inf.listed(&name, "CopyFiles") {
        if let Some(file) = list.strip_prefix('@') {
            let place = place(inf, None);
            copies.push(Copied { line, target: file.to_owned(), source: None, list: None, place });
            continue;
        }
        for entry in inf.entries(&list) {
            let (target, source) = (inf.field(entry, 0), inf.field(entry, 1));
            let differs = !source.is_empty() && !source.eq_ignore_ascii_case(&target);
            copies.push(Copied {
                line: entry.line,
                target,
                source: differs.then_some(source),
                list: Some(list.clone()),
                place: place(inf, Some(&list)),
            });
        }
    }
    Install { name, line, id: id.to_owned(), from_build, services, copies }
}

/// Where the files of a list go.
fn place(inf: &Inf, list: Option<&str>) -> Option<TargetDirectory> {
    let own = list.and_then(|list| inf.with_key("DestinationDirs", list).next());
    let entry = own.or_else(|| inf.with_key("DestinationDirs", "DefaultDestDir").next())?;
    Some(TargetDirectory {
        line: entry.line,
        directory: number(&inf.field(entry, 0))?,
        below: inf.field(entry, 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decorations() {
        let new = Decoration::new("NTamd64.10.0...25319");
        assert_eq!((new.architecture.as_str(), new.build), ("amd64", Some(25319)));
        assert!(new.valid && !new.product);
        let template = Decoration::new("NT$ARCH$.10.0...16299");
        assert!(template.valid && template.architecture == "$ARCH$");
        assert!(Decoration::new("NTx86.6.1.1").product);
        assert!(!Decoration::new("amd64").valid && !Decoration::new("NT.ten").valid);
        assert!(!Decoration::new("NT.10.0...1.2").valid && !Decoration::new("").valid);
    }

    #[test]
    fn a_decorated_section_is_taken_for_the_named_one() {
        assert!(is_variant("Lwf", "lwf") && is_variant("LWF.NTamd64", "lwf"));
        assert!(!is_variant("Lwf.Services", "Lwf") && !is_variant("Lwf.NT.Services", "Lwf"));
        assert!(!is_variant("Lwf12", "Lwf") && !is_variant("Ü", "L"));
    }
}
