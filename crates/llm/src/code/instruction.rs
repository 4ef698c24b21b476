use serde::Serialize;
use serde_json::json;

use super::guess_language;
use super::language::named_language;

/// What an instruction asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Tell what code does.
    Explain,
    /// Find and mend a fault.
    Fix,
    /// Change the form and keep the behaviour.
    Refactor,
    /// Write tests.
    Test,
    /// Write documentation.
    Document,
    /// Judge code.
    Review,
    /// Make it faster or smaller.
    Optimise,
    /// Carry code over to another language.
    Convert,
    /// Write new code.
    Write,
}

/// Cue words; the first entry that occurs earliest in the text counts.
const CUES: &[(Task, &[&str])] = &[
    (
        Task::Explain,
        &[
            "explain",
            "what does",
            "what is",
            "describe",
            "understand",
            "how does",
            "walk me through",
            "summarise",
            "summarize",
            "outline",
            "erkläre",
        ],
    ),
    (
        Task::Fix,
        &["fix", "debug", "bug", "error", "doesn't work", "does not work", "broken", "crash", "fails", "repair", "correct"],
    ),
    (Task::Refactor, &["refactor", "clean up", "simplify", "restructure", "rename", "extract a", "tidy"]),
    (Task::Test, &["write tests", "unit test", "add tests", "test for", "test this", "tests for", "coverage"]),
    (Task::Document, &["document", "docstring", "comment", "readme"]),
    (Task::Review, &["review", "audit", "is this safe", "secure", "code smell", "critique"]),
    (Task::Optimise, &["optimise", "optimize", "faster", "speed up", "performance", "memory usage"]),
    (Task::Convert, &["translate", "convert", "port ", "rewrite in", "rewrite it in", "migrate"]),
    (Task::Write, &["write", "create", "implement", "generate", "build", "add", "make"]),
];

impl Task {
    /// What a text asks for; to write where nothing else is said.
    pub fn of(text: &str) -> Self {
        let text = text.to_lowercase();
        let first = |cues: &[&str]| cues.iter().filter_map(|cue| text.find(cue)).min();
        let mut found: Vec<(usize, Self)> = CUES.iter().filter_map(|(task, cues)| Some((first(cues)?, *task))).collect();
        // Of two at one place the more particular one, which stands first in the table.
        found.sort_by_key(|(at, _)| *at);
        found.first().map_or(Self::Write, |(_, task)| *task)
    }

    /// True when code is to be changed or written.
    pub const fn edits(self) -> bool {
        !matches!(self, Self::Explain | Self::Review)
    }

    const fn opening(self) -> &'static str {
        match self {
            Self::Explain => "Explain the code that is given: what it does, how, and what a reader would miss at first sight.",
            Self::Fix => "Find the fault in the code that is given, say what causes it, and mend it with the smallest change.",
            Self::Refactor => "Improve the form of the code that is given. Its behaviour stays exactly as it is.",
            Self::Test => "Write tests for the code that is given: the usual case, the borders, and what must fail.",
            Self::Document => "Write documentation for the code that is given, for somebody who uses it and has not read it.",
            Self::Review => "Review the code that is given: faults first, then risks, then what could be simpler. Name lines.",
            Self::Optimise => "Make the code that is given cheaper to run. Say what was slow, and by how much the change helps.",
            Self::Convert => "Carry the code that is given over to the target language, in that language's own manner.",
            Self::Write => "Write code that does what is asked below.",
        }
    }

    const fn steps(self) -> &'static [&'static str] {
        match self {
            Self::Explain => &[
                "Say in one sentence what it is for.",
                "Go through it in the order in which it runs.",
                "Name what is unusual or risky.",
            ],
            Self::Fix => &[
                "Say what goes wrong and why.",
                "Give the changed code whole.",
                "Give a test that fails before and passes after.",
            ],
            Self::Refactor => &[
                "Say what is hard to read or to change.",
                "Give the changed code whole.",
                "Say how to see that the behaviour is the same.",
            ],
            Self::Test => {
                &["List the cases.", "Give the tests whole, ready to run.", "Say what can't be tested without changing the code."]
            }
            Self::Document => &["Say what it is for.", "Describe input, output and errors.", "Give a short example."],
            Self::Review => {
                &["List what is wrong, worst first.", "For each: where, why, what instead.", "Say what is good and should stay."]
            }
            Self::Optimise => &["Say where the time or memory goes.", "Give the changed code whole.", "Say how to measure it."],
            Self::Convert => &[
                "Name what has no counterpart.",
                "Give the whole code in the target language.",
                "Say where the behaviour differs.",
            ],
            Self::Write => {
                &["Say what you take for granted.", "Give the whole code, ready to run.", "Give an example of its use."]
            }
        }
    }
}

/// An instruction taken apart, and what the template makes a prompt of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Translated {
    /// What is asked for.
    pub task: Task,
    /// In which language; none where nothing tells.
    pub language: Option<String>,
    /// Sentences that say what must be or must not be.
    pub constraints: Vec<String>,
    /// What goes in.
    pub inputs: Vec<String>,
    /// What comes out.
    pub outputs: Vec<String>,
}

impl Translated {
    /// The variables of the template `llm.instruction`.
    pub(crate) fn variables(&self, instruction: &str) -> serde_json::Value {
        json!({
            "opening": self.task.opening(), "steps": self.task.steps(), "language": self.language, "constraints": self.constraints,
            "inputs": self.inputs, "outputs": self.outputs,
            "instruction": instruction.replace("</instruction>", "< /instruction>"),
        })
    }
}

/// Takes an instruction apart by its words; the same text gives the same parts, and no model is asked.
pub fn translate(instruction: &str, language: Option<&str>) -> Translated {
    let sentences = crate::provider::sentences(instruction);
    let cues = [
        "must",
        "should",
        "without",
        "only",
        "don't",
        "do not",
        "never",
        "at most",
        "at least",
        "no more than",
        "always",
        "needs to",
        "using ",
    ];
    let lower = |sentence: &str| format!(" {} ", sentence.to_lowercase());
    let binding = |sentence: &&&str| cues.iter().any(|cue| lower(sentence).contains(&format!(" {}", cue.trim_end())));
    let told = |marks: &[&str]| -> Vec<String> {
        let find = |sentence: &&str| {
            let text = lower(sentence);
            let (at, mark) = marks.iter().filter_map(|mark| Some((text.find(mark)?, mark))).min()?;
            let rest = text.get(at + mark.len()..)?.split([',', '.', ';', '\n']).next()?;
            let rest = ["and returns", "and return", "that returns", "and prints", "and outputs", "and give"]
                .iter()
                .fold(rest, |rest, end| rest.split(end).next().unwrap_or(rest));
            Some(rest.trim().chars().take(120).collect::<String>()).filter(|text| !text.is_empty())
        };
        sentences.iter().filter_map(find).take(5).collect()
    };
    Translated {
        task: Task::of(instruction),
        language: language
            .map(str::to_owned)
            .or_else(|| named_language(instruction).or_else(|| guess_language(instruction)).map(str::to_owned)),
        constraints: sentences.iter().filter(binding).map(|sentence| (*sentence).to_owned()).take(20).collect(),
        inputs: told(&[" takes ", " given ", " accepts ", " input is ", " reads "]),
        outputs: told(&[" returns ", " return ", " prints ", " outputs ", " produces ", " gives back "]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_cue_says_what_is_asked_for() {
        let cases = [
            ("explain this code", Task::Explain),
            ("Please fix the crash and explain it", Task::Fix),
            ("Rewrite it in Go", Task::Convert),
            ("write tests for the parser", Task::Test),
            ("a function that sorts names", Task::Write),
            ("Make this faster", Task::Write),
        ];
        for (text, task) in cases {
            assert_eq!(Task::of(text), task, "{text}");
        }
    }

    #[test]
    fn an_instruction_is_taken_apart() {
        let parts = translate(
            "Write a Python function that takes a list of names and returns the longest one. It must not use recursion.",
            None,
        );
        assert_eq!((parts.task, parts.language.as_deref()), (Task::Write, Some("python")));
        assert_eq!(parts.constraints, ["It must not use recursion."]);
        assert_eq!((parts.inputs, parts.outputs), (vec!["a list of names".to_owned()], vec!["the longest one".to_owned()]));
    }
}
