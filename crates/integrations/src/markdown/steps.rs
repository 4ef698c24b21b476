//! Blocks in requests that Notion takes: a hundred blocks, a thousand with their children, half a megabyte.

use serde_json::{Value, json};

use super::notion::{CHILDREN, Node};

/// The most blocks of one request, children counted.
const MOST_BLOCKS: usize = 900;
/// The most bytes of one request.
pub(crate) const MOST_BYTES: usize = 450_000;

/// Below what the blocks of a request go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Below {
    /// The page itself.
    Page,
    /// The last block of the last step that went to the page.
    Last,
}

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) below: Below,
    pub(crate) blocks: Vec<Value>,
}

#[derive(Default)]
struct Batch {
    nodes: Vec<Node>,
    blocks: usize,
    bytes: usize,
}

impl Batch {
    fn fits(&self, node: &Node) -> bool {
        self.nodes.is_empty()
            || (self.nodes.len() < CHILDREN
                && self.blocks + node.count() <= MOST_BLOCKS
                && self.bytes + node.bytes() <= MOST_BYTES)
    }

    fn push(&mut self, node: Node) {
        self.blocks += node.count();
        self.bytes += node.bytes();
        self.nodes.push(node);
    }

    fn into_step(self, below: Below) -> Step {
        Step { below, blocks: self.nodes.iter().map(Node::to_value).collect() }
    }
}

/// Cuts blocks into requests. The first one goes out with the page itself, and may be empty; a block whose children do not all fit comes in a
/// later one, because only then its id is answered, by which the rest of them is sent.
pub(crate) fn plan(nodes: Vec<Node>) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut batch = Batch::default();
    for node in nodes {
        let (node, overflow) = split(node);
        let large = !overflow.is_empty();
        if !batch.fits(&node) || (large && steps.is_empty()) {
            steps.push(std::mem::take(&mut batch).into_step(Below::Page));
        }
        batch.push(node);
        if large {
            steps.push(std::mem::take(&mut batch).into_step(Below::Page));
            steps.extend(overflow.into_iter().map(|batch| batch.into_step(Below::Last)));
        }
    }
    if !batch.nodes.is_empty() || steps.is_empty() {
        steps.push(batch.into_step(Below::Page));
    }
    steps
}

/// A block with as many children as one request takes, and the rest of them in requests of their own.
fn split(mut node: Node) -> (Node, Vec<Batch>) {
    let children = std::mem::take(&mut node.children);
    let (own_bytes, mut batches, mut batch) = (node.bytes(), Vec::new(), Batch::default());
    for child in children {
        // The block itself goes with the first of them.
        let first = batches.is_empty();
        let room = !first || batch.bytes + child.bytes() + own_bytes <= MOST_BYTES;
        let takes = batch.nodes.is_empty() || (batch.fits(&child) && room);
        if !takes {
            batches.push(std::mem::take(&mut batch));
        }
        batch.push(child);
    }
    batches.push(batch);
    let mut batches = batches.into_iter();
    node.children = batches.next().map(|batch| batch.nodes).unwrap_or_default();
    (node, batches.collect())
}

/// How many blocks a page has when all steps are done, for people.
pub(crate) fn total(steps: &[Step]) -> usize {
    steps.iter().map(|step| step.blocks.len()).sum()
}

/// The body of a request that appends.
pub(crate) fn append_body(step: &Step) -> Value {
    json!({"children": step.blocks})
}

#[cfg(test)]
mod tests {
    use super::super::notion::convert;
    use super::super::parse;
    use super::*;

    fn steps(markdown: &str) -> Vec<Step> {
        plan(convert(&parse(markdown)).nodes)
    }

    #[test]
    fn a_hundred_and_one_blocks_are_two_requests() {
        let steps = steps(&"line\n\n".repeat(101));
        assert_eq!(steps.iter().map(|step| step.blocks.len()).collect::<Vec<_>>(), [100, 1]);
    }

    #[test]
    fn a_table_of_250_rows_grows_by_its_id() {
        let table = format!("intro\n\n| a | b |\n|---|---|\n{}\noutro\n", "| 1 | 2 |\n".repeat(249));
        let steps = steps(&table);
        let shape: Vec<(Below, usize)> = steps.iter().map(|step| (step.below, step.blocks.len())).collect();
        assert_eq!(shape, [(Below::Page, 1), (Below::Page, 1), (Below::Last, 100), (Below::Last, 50), (Below::Page, 1)]);
        assert_eq!(steps[1].blocks[0]["table"]["children"].as_array().unwrap().len(), 100);
    }

    #[test]
    fn an_empty_text_is_a_page_without_blocks() {
        assert_eq!(steps(""), [Step { below: Below::Page, blocks: Vec::new() }]);
    }
}
