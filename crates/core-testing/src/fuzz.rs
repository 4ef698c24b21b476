/// Runs the body of a fuzz target without a fuzzer: on each seed, on random bytes, and on seeds that are changed, cut, repeated and
/// spliced at random. The same sequence in every run. What must hold is asserted by the body.
///
/// The bodies are plain functions beside the parsers, so that a coverage-guided fuzzer (`fuzz/`) runs the same ones for longer.
pub fn fuzz(seeds: &[&[u8]], rounds: usize, mut body: impl FnMut(&[u8])) {
    for seed in seeds {
        body(seed);
    }
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for round in 0..rounds {
        let mut bytes = if round % 4 == 0 { random_bytes(&mut dice) } else { dice.pick(seeds).to_vec() };
        for _ in 0..=dice.below(4) {
            change(&mut bytes, seeds, &mut dice);
        }
        body(&bytes);
    }
}

/// A xorshift generator: what is drawn is no secret.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `bound`; 0 for 0.
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or(0) % bound.max(1)
    }

    /// One of the seeds; nothing where there is none.
    fn pick<'a>(&mut self, seeds: &[&'a [u8]]) -> &'a [u8] {
        seeds.get(self.below(seeds.len())).copied().unwrap_or_default()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[3]
    }
}

fn random_bytes(dice: &mut Dice) -> Vec<u8> {
    let printable = dice.below(2) == 0;
    let length = dice.below(120);
    (0..length).map(|_| if printable { 32 + dice.byte() % 95 } else { dice.byte() }).collect()
}

fn change(bytes: &mut Vec<u8>, seeds: &[&[u8]], dice: &mut Dice) {
    let at = dice.below(bytes.len() + 1);
    match dice.below(6) {
        0 => bytes.truncate(at),
        1 => bytes.insert(at, dice.byte()),
        2 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << dice.below(8)),
        3 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = dice.byte()),
        4 => {
            let again = bytes.get(at..(at + dice.below(40)).min(bytes.len())).unwrap_or_default().to_vec();
            bytes.splice(at..at, again);
        }
        _ => {
            let other = dice.pick(seeds);
            bytes.truncate(at);
            bytes.extend(other.iter().skip(dice.below(other.len() + 1)));
        }
    }
}
