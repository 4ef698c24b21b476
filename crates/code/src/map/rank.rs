use super::{Graph, Ranked};

/// How much of a file's importance goes to what it uses (Page and Brin 1998).
const DAMPING: f64 = 0.85;
/// Rounds at most; the change shrinks by the damping each round, so that 100 are far below any difference that shows.
const ROUNDS: usize = 100;
const ENOUGH: f64 = 1e-7;
/// How much more the surfer begins at what the question names.
const FOCUS: f64 = 50.0;

/// Ranks the symbols of a graph, the most important first. `focus`: paths, directories or names of symbols that the question is about.
/// Ends on every graph, cycles and loops included.
pub fn rank(graph: &Graph, focus: &[String]) -> Vec<Ranked> {
    let start = personalisation(graph, focus);
    let files = page_rank(graph, &start);
    let mut scores: Vec<Vec<f64>> = graph.files.iter().map(|file| vec![0.0; file.tags.symbols.len()]).collect();
    for (file, edges) in graph.edges.iter().enumerate() {
        let (Some(rank), Some(total)) = (files.get(file), graph.totals.get(file).filter(|total| **total > 0.0)) else { continue };
        for edge in edges {
            if let Some(score) = scores.get_mut(edge.to as usize).and_then(|symbols| symbols.get_mut(edge.symbol as usize)) {
                *score += rank * edge.weight / total;
            }
        }
    }
    // What nobody uses still has a little of its file's importance.
    let mut ranked = Vec::with_capacity(scores.iter().map(Vec::len).sum());
    for (file, ((tags, rank), scores)) in graph.files.iter().zip(&files).zip(scores).enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "symbols of one file")]
        let share = rank * 0.05 / (tags.tags.symbols.len().max(1) as f64);
        for (symbol, (found, score)) in tags.tags.symbols.iter().zip(scores).enumerate() {
            let named = focus.contains(&found.name);
            let weight = if found.exported { 1.0 } else { 0.5 };
            ranked.push(Ranked { file, symbol, score: score + share * weight + if named { 1.0 } else { 0.0 } });
        }
    }
    ranked.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then_with(|| (a.file, a.symbol).cmp(&(b.file, b.symbol))));
    ranked
}

/// Where the surfer begins: everywhere alike, and rather at what the question names.
fn personalisation(graph: &Graph, focus: &[String]) -> Vec<f64> {
    let named = |path: &str| {
        let is = |focus: &String| {
            path == focus || path.strip_prefix(focus.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'))
        };
        focus.iter().any(is)
    };
    let mut start: Vec<f64> = graph.files.iter().map(|file| if named(&file.path) { FOCUS } else { 1.0 }).collect();
    for (file, _) in focus.iter().flat_map(|name| graph.definitions_of(name)) {
        if let Some(weight) = start.get_mut(*file as usize) {
            *weight = FOCUS;
        }
    }
    let total: f64 = start.iter().sum();
    for weight in &mut start {
        *weight /= total.max(f64::MIN_POSITIVE);
    }
    start
}

fn page_rank(graph: &Graph, start: &[f64]) -> Vec<f64> {
    let mut ranks = start.to_vec();
    for _ in 0..ROUNDS {
        let mut next: Vec<f64> = vec![0.0; ranks.len()];
        let mut stranded = 0.0;
        for (links, rank) in graph.links.iter().zip(&ranks) {
            if links.is_empty() {
                stranded += rank;
            }
            for (to, share) in links {
                if let Some(target) = next.get_mut(*to as usize) {
                    *target += rank * share;
                }
            }
        }
        // Whoever can't go on begins anew.
        for (value, begin) in next.iter_mut().zip(start) {
            *value = DAMPING * (*value + stranded * begin) + (1.0 - DAMPING) * begin;
        }
        let change: f64 = next.iter().zip(&ranks).map(|(a, b)| (a - b).abs()).sum();
        ranks = next;
        if change < ENOUGH {
            break;
        }
    }
    ranks
}
