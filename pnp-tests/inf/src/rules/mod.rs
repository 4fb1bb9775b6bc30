//! The rules, INF-01 to INF-55: each a constant, in the file of what it is about.

mod file;
mod files;
mod image;
mod install;
mod models;
mod ndi;
mod service;
mod version;

use super::{Findings, Rule, Severity, Subject};

/// Every rule.
pub const RULES: [&Rule; 55] = [
    &file::ENCODING,
    &file::SYNTAX,
    &file::TWICE,
    &file::UNDEFINED_SECTION,
    &file::UNUSED_SECTION,
    &file::UNDEFINED_STRING,
    &file::UNUSED_STRING,
    &file::PLACEHOLDER,
    &version::SIGNATURE,
    &version::CLASS,
    &version::PROVIDER,
    &version::CATALOG,
    &version::DRIVER_VERSION,
    &version::LOCKDOWN,
    &models::ARCHITECTURE,
    &models::PRODUCT,
    &models::DRIVER_STORE,
    &models::LOWER_BOUND,
    &models::HARDWARE_ID,
    &files::SOURCE,
    &files::NOT_COPIED,
    &files::DESTINATION,
    &files::RENAMED,
    &files::BINARY,
    &install::CHARACTERISTICS,
    &install::MORE_CHARACTERISTICS,
    &install::INSTANCE,
    &install::OF_THE_SAMPLE,
    &install::TWINS,
    &ndi::SERVICE,
    &ndi::CO_SERVICES,
    &ndi::HELP,
    &ndi::FILTER_TYPE,
    &ndi::RUN_TYPE,
    &ndi::OPTIONAL,
    &ndi::FILTER_CLASS,
    &ndi::RANGES,
    &ndi::MEDIA,
    &ndi::ETHERNET,
    &ndi::UNBIND,
    &ndi::BOOT_START,
    &service::ADDED,
    &service::TYPE,
    &service::START,
    &service::ERROR_CONTROL,
    &service::GROUP,
    &service::PARAMETERS,
    &service::TEAMS,
    &service::REMOVED,
    &install::ROOTS,
    &install::LEGACY,
    &image::UNIQUE_NAME,
    &image::SERVICE_NAME,
    &image::FILE_NAME,
    &image::MACHINE,
];

/// Pages that several rules rest on.
const MONITORING: &str = "docs:network/configuring-an-inf-file-for-a-monitoring-filter-driver";
const MODIFYING: &str = "docs:network/configuring-an-inf-file-for-a-modifying-filter-driver";
const REQUIREMENTS: &str = "docs:network/installation-requirements-for-network-filter-drivers";
const UNIVERSAL: &str = "docs:install/using-a-universal-inf-file";
const BINDING: &str = "docs:network/specifying-filter-driver-binding-relationships";

#[cfg(test)]
mod tests {
    use super::RULES;

    #[test]
    fn ids_count_up_and_every_rule_says_why_and_what_to_do() {
        for (number, rule) in (1..).zip(RULES) {
            assert_eq!(rule.id, format!("INF-{number:02}"));
            assert!(!rule.source.is_empty() && !rule.remedy.is_empty(), "{}", rule.id);
            assert!(!rule.says.ends_with('.'), "{}", rule.id);
        }
    }
}
