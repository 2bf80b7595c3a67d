//! Documents point to things that exist.

use std::path::Path;

use crate::workspace::{markdown, root, text};

/// Targets of the links in a Markdown text that are files: no addresses, no places in the same text,
/// no items of rustdoc.
fn linked_files(markdown: &str) -> Vec<&str> {
    let mut fenced = false;
    let prose = markdown.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    });
    prose
        .flat_map(|line| line.split("](").skip(1))
        .filter_map(|rest| rest.split(')').next())
        .map(|target| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains("://") && !target.contains("::"))
        .filter(|target| !target.starts_with("mailto:"))
        .collect()
}

#[test]
fn links_lead_to_files_that_exist() {
    for document in markdown() {
        let folder = document.parent().unwrap_or(Path::new(""));
        for target in linked_files(&text(&document)) {
            let path = root().join(folder).join(target);
            assert!(
                path.exists(),
                "{}: the link to {target} leads nowhere; mend or drop it",
                document.display()
            );
        }
    }
}

#[test]
fn every_library_and_binary_is_on_the_code_map() {
    let map = text("docs/architecture.md");
    for package in crate::workspace::packages() {
        let folder = package.folder.display().to_string();
        assert!(
            map.contains(&format!("`{folder}`")),
            "docs/architecture.md: the code map does not name `{folder}`"
        );
    }
}

#[test]
fn only_links_to_files_are_looked_at() {
    let markdown = "See [a](docs/a.md) and [b](https://b.example/), [c](#c), [d](d.md#e),\n\
                    [`Item`](crate::Item).\n```\n[no](missing.md)\n```\n[last](last.md)";
    assert_eq!(linked_files(markdown), ["docs/a.md", "d.md", "last.md"]);
}
