//! The workspace, as small as the rules need it.

use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand, TargetKind};

/// A package of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Its folder, from the top of the workspace: `crates/voice-model`.
    pub(crate) folder: PathBuf,
    pub(crate) has_library: bool,
    pub(crate) binaries: Vec<String>,
    pub(crate) dependencies: Vec<Dependency>,
}

/// An edge from a package to another, ours or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// Only tests, examples and benches see it.
    pub(crate) only_for_tests: bool,
}

impl Package {
    /// What ends up in the product.
    pub(crate) fn shipped(&self) -> impl Iterator<Item = &str> {
        let shipped = self.dependencies.iter().filter(|dependency| !dependency.only_for_tests);
        shipped.map(|dependency| dependency.name.as_str())
    }
}

/// The top of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The text of a file, by its path from the top.
pub(crate) fn text(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All packages, as cargo sees them.
pub(crate) fn packages() -> Vec<Package> {
    let metadata =
        MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().unwrap();
    metadata.workspace_packages().into_iter().map(read).collect()
}

fn read(package: &cargo_metadata::Package) -> Package {
    let folder = package.manifest_path.parent().unwrap();
    let target_of =
        |kind: TargetKind| package.targets.iter().filter(move |target| target.kind.contains(&kind));
    let dependencies = package.dependencies.iter().map(|dependency| Dependency {
        name: dependency.name.clone(),
        only_for_tests: dependency.kind == DependencyKind::Development,
    });
    Package {
        name: package.name.to_string(),
        folder: Path::new(folder).strip_prefix(root()).unwrap().to_owned(),
        has_library: target_of(TargetKind::Lib).next().is_some(),
        binaries: target_of(TargetKind::Bin).map(|target| target.name.clone()).collect(),
        dependencies: dependencies.collect(),
    }
}

/// All Markdown files of ours, from the top of the workspace.
pub(crate) fn markdown() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = folder.join(&name);
            if entry.file_type().unwrap().is_dir() {
                if !name.starts_with('.') && name != "target" && name != "node_modules" {
                    folders.push(path);
                }
            } else if name.ends_with(".md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
