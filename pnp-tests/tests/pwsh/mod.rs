//! PowerShell, by a grammar that is not Microsoft's: for every test that reads some.

#![allow(dead_code, reason = "each test program uses some of it")]

use tree_sitter::{Node, Parser, Tree};

pub fn parse(text: &str) -> Tree {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_pwsh::LANGUAGE.into()).expect("grammar and library fit");
    parser.parse(text, None).expect("a tree, since nothing cancels it")
}

/// Every node below this one, itself included.
pub fn nodes(node: Node<'_>) -> Vec<Node<'_>> {
    let mut found = vec![node];
    let mut at = 0;
    while let Some(node) = found.get(at).copied() {
        at += 1;
        let mut cursor = node.walk();
        found.extend(node.children(&mut cursor));
    }
    found
}

/// Lines where a tree has an error or had to invent something.
pub fn mistakes(tree: &Tree) -> Vec<usize> {
    let bad =
        nodes(tree.root_node()).into_iter().filter(|node| node.is_error() || node.is_missing());
    bad.map(|node| node.start_position().row + 1).collect()
}
