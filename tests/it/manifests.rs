//! How manifests and folders look.

use std::path::Path;

use toml::{Table, Value};

use crate::workspace::{Package, packages, root, text};

/// Dependencies of a manifest that do not come from `[workspace.dependencies]`.
fn own_versions(manifest: &Table) -> Vec<String> {
    let tables = ["dependencies", "dev-dependencies", "build-dependencies"];
    let named = tables.iter().filter_map(|name| manifest.get(*name)?.as_table());
    named
        .flatten()
        .filter(|(_, value)| value.get("workspace").and_then(Value::as_bool) != Some(true))
        .map(|(name, _)| name.clone())
        .collect()
}

/// Lines of `[workspace.dependencies]` that do not say what the dependency is for. Our own crates
/// say it in their READMEs.
fn unexplained(manifest: &str) -> Vec<&str> {
    manifest
        .lines()
        .skip_while(|line| line.trim() != "[workspace.dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| line.contains(" = ") && !line.contains("path = "))
        .filter(|line| line.split_once('#').is_none_or(|(_, why)| why.trim().is_empty()))
        .collect()
}

/// Why a package's name does not fit its folder.
fn misnamed(package: &Package, all: &[Package]) -> Option<String> {
    let folder = package.folder.file_name()?.to_str()?;
    if package.folder == Path::new("tests") {
        return None;
    }
    let shared = all.iter().any(|other| other.has_library && other.name == folder);
    let expected = match (package.has_library, shared) {
        (false, true) => format!("{folder}-bin"),
        _ => folder.to_owned(),
    };
    if package.name != expected {
        let Package { name, folder, .. } = package;
        return Some(format!("{}: the package is {name}, call it {expected}", folder.display()));
    }
    let binary_fits = package.has_library || package.binaries == [folder];
    (!binary_fits).then(|| format!("{expected}: its binary must be called {folder}"))
}

#[test]
fn every_dependency_comes_from_the_workspace() {
    for package in packages() {
        let manifest: Table = text(package.folder.join("Cargo.toml")).parse().unwrap();
        let own = own_versions(&manifest);
        assert!(
            own.is_empty(),
            "{}: {own:?} name a version of their own; put it into [workspace.dependencies] with a \
             comment and write `workspace = true` here",
            package.name
        );
    }
}

#[test]
fn every_dependency_says_what_it_is_for() {
    let manifest = text("Cargo.toml");
    let unexplained = unexplained(&manifest);
    assert!(
        unexplained.is_empty(),
        "Cargo.toml: say behind each of these, after `#`, what it is for: {unexplained:#?}"
    );
}

#[test]
fn folders_are_named_like_their_packages() {
    let all = packages();
    let found: Vec<String> = all.iter().filter_map(|package| misnamed(package, &all)).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_binary_that_shares_its_name_with_a_library_has_no_documentation_of_its_own() {
    for package in packages().iter().filter(|package| package.name.ends_with("-bin")) {
        let manifest: Table = text(package.folder.join("Cargo.toml")).parse().unwrap();
        let documented = manifest["bin"][0].get("doc").and_then(Value::as_bool) != Some(false);
        assert!(
            !documented,
            "{}: set `doc = false` in its [[bin]]: two crates of one name overwrite each other's pages",
            package.name
        );
    }
}

#[test]
fn every_library_opens_with_its_readme() {
    for package in packages().iter().filter(|package| package.has_library) {
        let readme = package.folder.join("README.md");
        assert!(root().join(&readme).is_file(), "{}: write a README.md", package.name);
        let library = text(package.folder.join("src/lib.rs"));
        assert!(
            library.contains(r#"#![doc = include_str!("../README.md")]"#),
            "{}: put #![doc = include_str!(\"../README.md\")] on top of src/lib.rs",
            package.name
        );
    }
}

#[test]
fn every_package_takes_the_lints_of_the_workspace() {
    for package in packages() {
        let manifest: Table = text(package.folder.join("Cargo.toml")).parse().unwrap();
        let inherited = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        assert_eq!(
            inherited.and_then(Value::as_bool),
            Some(true),
            "{}: add [lints] workspace = true",
            package.name
        );
    }
}

#[test]
fn a_version_of_its_own_is_found() {
    let manifest: Table =
        "[dependencies]\na.workspace = true\nb = \"1\"\n[dev-dependencies]\nc = { version = \"2\" }"
            .parse()
            .unwrap();
    assert_eq!(own_versions(&manifest), ["b", "c"]);
}

#[test]
fn a_dependency_without_a_comment_is_found() {
    let manifest = "[workspace.dependencies]\n# Group.\na = \"1\" # why\nb = \"1\"\nc = \"1\" #\n\
                    d = { path = \"d\" }\n[profile.dev]\ne = 1";
    assert_eq!(unexplained(manifest), ["b = \"1\"", "c = \"1\" #"]);
}

#[test]
fn a_package_that_is_named_unlike_its_folder_is_found() {
    let package = |name: &str, folder: &str, has_library, binary: Option<&str>| Package {
        name: name.to_owned(),
        folder: folder.into(),
        has_library,
        binaries: binary.into_iter().map(str::to_owned).collect(),
        dependencies: Vec::new(),
    };
    let all = [
        package("sandbox", "crates/sandbox", true, None),
        package("sandbox-bin", "bins/sandbox", false, Some("sandbox")),
        package("settings", "crates/config", true, None),
        package("voice-bin", "bins/voice", false, Some("voice")),
        package("worker", "bins/worker", false, Some("other")),
    ];
    let found: Vec<bool> = all.iter().map(|package| misnamed(package, &all).is_some()).collect();
    assert_eq!(found, [false, false, true, true, true]);
}
