use serde::Serialize;

/// Whose link it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkProvider {
    /// GitHub, on its own hosts or an enterprise's.
    Github,
    /// Notion.
    Notion,
    /// Jira, on Atlassian's cloud or an own host.
    Jira,
}

/// What it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// A repository.
    Repository,
    /// A directory at a ref.
    Tree,
    /// A file at a ref.
    Blob,
    /// A file's bytes.
    Raw,
    /// Who wrote which line.
    Blame,
    /// A file in the web editor.
    Edit,
    /// The commits of a ref or path.
    History,
    /// An issue, of GitHub or Jira.
    Issue,
    /// A pull request.
    PullRequest,
    /// A discussion.
    Discussion,
    /// A commit.
    Commit,
    /// Two refs beside each other.
    Compare,
    /// A release.
    Release,
    /// A run of a workflow.
    WorkflowRun,
    /// A page of a wiki.
    Wiki,
    /// A security advisory.
    Advisory,
    /// A gist.
    Gist,
    /// A resource of the REST API.
    Api,
    /// A repository as an archive.
    Archive,
    /// A repository in the editor at github.dev.
    Editor,
    /// What `git clone` takes.
    Clone,
    /// A Notion page.
    Page,
    /// A Notion database.
    Database,
    /// A Jira board.
    Board,
    /// A Jira project.
    Project,
}

/// How sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// It may be something else: a shorthand, a key in prose.
    Low,
    /// A known place, an unknown page of it.
    Medium,
    /// No doubt.
    High,
}

/// Where in the text: bytes, the end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// After the last byte.
    pub end: usize,
}

/// Lines of a file, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Lines {
    /// The first.
    pub start: u32,
    /// The last.
    pub end: u32,
    /// The first column of the first line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_column: Option<u32>,
    /// The last column of the last line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<u32>,
}

/// One way to read a ref and a path from what follows `blob/`: names of branches contain slashes, so offline there are several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefSplit {
    /// Branch, tag or commit.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The path in it; empty for the root.
    pub path: String,
}

/// A link and what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Whose.
    pub provider: LinkProvider,
    /// To what.
    pub kind: LinkKind,
    /// How sure it is.
    pub confidence: Confidence,
    /// Where in the text.
    pub span: Span,
    /// The host, in small letters, without port. Shorthands have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The shortest address of the same thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canonical_url: Option<String>,
    /// What it names.
    #[serde(flatten)]
    pub target: Target,
}

macro_rules! target {
    ($($(#[$meta:meta])* $name:ident: $type:ty,)*) => {
        /// What a link names. What it does not name is absent.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
        pub struct Target {
            $($(#[$meta])*
            #[serde(skip_serializing_if = "Option::is_none")]
            pub $name: Option<$type>,)*
            /// GitHub: the ways to read ref and path, the likeliest first.
            #[serde(skip_serializing_if = "Vec::is_empty")]
            pub candidates: Vec<RefSplit>,
        }
    };
}

target! {
    /// GitHub: who owns the repository or gist.
    owner: String,
    /// GitHub: the repository.
    repo: String,
    /// GitHub: the likeliest ref.
    #[serde(rename = "ref")]
    reference: String,
    /// GitHub: the likeliest path; wiki page or file of a gist.
    path: String,
    /// GitHub: ref and path as they stand, where they can't be told apart.
    ref_path: String,
    /// GitHub: number of the issue, pull request or discussion, id of the workflow run; Jira: number of the board.
    number: u64,
    /// GitHub: the commit.
    sha: String,
    /// GitHub: what is compared with.
    base: String,
    /// GitHub: what is compared.
    head: String,
    /// GitHub: the tag of a release.
    tag: String,
    /// GitHub: id of the gist or advisory.
    id: String,
    /// GitHub, Jira: the comment, review or job that is pointed at.
    anchor: String,
    /// GitHub: which lines.
    lines: Lines,
    /// Notion: the page or database, 8-4-4-4-12.
    page_id: String,
    /// Notion: the view of a database.
    view_id: String,
    /// Notion: the page that is opened over the database.
    peek_page_id: String,
    /// Notion: the block.
    block_id: String,
    /// Jira: the base of the site, or `cloud:` and its id.
    site: String,
    /// Jira: the key of the project.
    project: String,
    /// Jira: the key of the issue.
    issue_key: String,
}

/// A repository that `#12` is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Its owner.
    pub owner: String,
    /// Its name.
    pub name: String,
}

/// A Jira on a host of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JiraSite {
    /// The host, with `:port` where it is not the default.
    pub host: String,
    /// The path before `/browse`; empty, or `/jira`.
    pub context_path: String,
}

/// What the parser knows beyond the vendors' own hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkOptions {
    /// Hosts of GitHub Enterprise, with `:port` where it is not the default.
    pub github_hosts: Vec<String>,
    /// Domains that show Notion pages.
    pub notion_hosts: Vec<String>,
    /// Own hosts of Jira.
    pub jira_sites: Vec<JiraSite>,
    /// Keys of projects: `PROJ-1` in prose is then no guess.
    pub jira_projects: Vec<String>,
    /// What `#12` is about; without it `#12` is nothing.
    pub default_repository: Option<Repository>,
    /// Look into code spans and fenced code too.
    pub include_code: bool,
}
