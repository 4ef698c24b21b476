use super::{Graph, Ranked};

/// How much of a file's importance goes to what it uses (Page and Brin 1998).
const DAMPING: f64 = 0.85;
/// Rounds at most; the change shrinks by the damping each round, so that 100 are far below any difference that shows.
const ROUNDS: usize = 100;
/// The change of a round, all files together, below which ranking ends: what is left is then below a thousandth of the whole. The library
/// that repository maps are commonly ranked with, networkx, ends at a millionth per file.
const ENOUGH: f64 = 1e-4;
/// How much more the surfer begins at what the question names.
const FOCUS: f64 = 50.0;

/// Ranks the symbols of a graph, the most important first. `focus`: paths, directories or names of symbols that the question is about.
/// Ends on every graph, cycles and loops included.
pub fn rank(graph: &Graph, focus: &[String]) -> Vec<Ranked> {
    best(graph, &importance(graph, focus), focus, usize::MAX)
}

/// How important each file is to a question; all together 1.
pub(crate) fn importance(graph: &Graph, focus: &[String]) -> Vec<f64> {
    page_rank(graph, &personalisation(graph, focus))
}

/// The `most` best symbols, the most important first, by the importance of files.
pub(crate) fn best(graph: &Graph, files: &[f64], focus: &[String], most: usize) -> Vec<Ranked> {
    let mut scores: Vec<Vec<f64>> = graph.slots.iter().map(|slots| vec![0.0; slots.counts.len()]).collect();
    for (uses, rank) in graph.uses.iter().zip(files).filter(|(uses, _)| uses.total > 0.0) {
        let part = rank / uses.total;
        for edge in &uses.edges {
            if let Some(score) = scores.get_mut(edge.to as usize).and_then(|names| names.get_mut(edge.slot as usize)) {
                *score += part * edge.weight;
            }
        }
    }
    let mut ranked = Best { most, floor: f64::NEG_INFINITY, kept: Vec::new() };
    for (file, ((tags, rank), (slots, scores))) in graph.files.iter().zip(files).zip(graph.slots.iter().zip(scores)).enumerate() {
        // What nobody uses still has a little of its file's importance.
        #[expect(clippy::cast_precision_loss, reason = "symbols of one file")]
        let share = rank * 0.05 / (tags.tags.symbols.len().max(1) as f64);
        for (symbol, (found, slot)) in tags.tags.symbols.iter().zip(&slots.of_symbol).enumerate() {
            let used = slot.and_then(|slot| Some((scores.get(slot as usize)?, slots.counts.get(slot as usize)?)));
            let used = used.map_or(0.0, |(score, count)| score / f64::from(*count));
            let named = !focus.is_empty() && focus.contains(&found.name);
            let weight = if found.exported { 1.0 } else { 0.5 };
            ranked.push(Ranked { file, symbol, score: used + share * weight + if named { 1.0 } else { 0.0 } });
        }
    }
    ranked.finish()
}

/// The best of many, in memory for twice as many as are wanted.
struct Best {
    most: usize,
    /// What is below this is not among them.
    floor: f64,
    kept: Vec<Ranked>,
}

fn order(a: &Ranked, b: &Ranked) -> std::cmp::Ordering {
    b.score.total_cmp(&a.score).then_with(|| (a.file, a.symbol).cmp(&(b.file, b.symbol)))
}

impl Best {
    fn push(&mut self, one: Ranked) {
        if one.score < self.floor {
            return;
        }
        self.kept.push(one);
        if self.kept.len() >= self.most.saturating_mul(2).max(1024) {
            self.cut();
        }
    }

    fn cut(&mut self) {
        if self.most < self.kept.len() {
            let (_, last, _) = self.kept.select_nth_unstable_by(self.most, order);
            self.floor = last.score;
            self.kept.truncate(self.most);
        }
    }

    fn finish(mut self) -> Vec<Ranked> {
        self.cut();
        self.kept.sort_unstable_by(order);
        self.kept
    }
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
    for file in focus.iter().flat_map(|name| graph.definitions_of(name)) {
        if let Some(weight) = start.get_mut(file) {
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
        for (uses, rank) in graph.uses.iter().zip(&ranks) {
            if uses.links.is_empty() {
                stranded += rank;
            }
            for (to, share) in &uses.links {
                if let Some(target) = next.get_mut(*to as usize) {
                    *target += rank * f64::from(*share);
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
