//! Connections to GitHub, Notion and Jira.

pub mod links;
